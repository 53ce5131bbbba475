"""A commit whose answer is lost: the database has done it, and the client is told that the connection broke."""

from collections.abc import Callable, Iterable

from sqlalchemy.exc import OperationalError

from dr_core.failpoints import Point, When, armed


class LostAnswer:
    """Loses the answer of one commit, the how-manieth of those at `points` (all of them, when none is named)."""

    def __init__(self, number: int, points: Iterable[Point] | None = None, *, retried: bool = True) -> None:
        """`retried`: the store asks again by itself; else whoever wrote is told that the store cannot be used."""
        self._retried = retried
        self._left = number
        self._points = frozenset(points) if points is not None else None
        self.lost: Point | None = None

    def __call__(self, point: Point, when: When) -> None:
        if when is not When.AFTER or point in (Point.STEP_OBSERVE, Point.STEP_ACT):
            return
        if self._points is not None and point not in self._points:
            return
        self._left -= 1
        if self._left == 0:
            self.lost = point
            broken = ConnectionError("the connection broke")
            raise OperationalError("COMMIT", {}, broken, connection_invalidated=self._retried)


def lost_each(tell: Callable[[], object], points: Iterable[Point] | None = None) -> list[Point]:
    """Tell the same story until no commit is left whose answer was not lost; which they were."""
    lost: list[Point] = []
    while True:
        answer = LostAnswer(len(lost) + 1, points)
        with armed(answer):
            tell()
        if answer.lost is None:
            return lost
        lost.append(answer.lost)
