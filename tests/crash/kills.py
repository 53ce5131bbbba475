"""One thing that is done, and killed around one of its points."""

from collections.abc import Callable
from contextlib import suppress

from dr_core.failpoints import Point, When, armed
from tests.crash.lives import KilledError


def killed(work: Callable[[], object], at: Point, when: When) -> None:
    """Do it, and die there; fails when it never comes there."""

    died: list[Point] = []

    def hook(point: Point, now: When) -> None:
        if died or (point, now) == (at, when):
            died.append(point)  # a thread of its own takes its error with it: nothing more is committed either way
            raise KilledError(point, now)

    with armed(hook), suppress(KilledError):
        work()
    assert died
