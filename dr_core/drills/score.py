"""The readiness score of a drill: how many of its checks passed, each by its name. Pure.

There are no weights: one check that fails can keep a failover from working, and nobody measured by how much more than
another. What could not be known is not passed. What does not apply is not counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dr_core.drills.model import Drill, DrillKind, Exercise, Result


@dataclass(frozen=True)
class Score:
    """`share` is from 0 to 1: passed of all that were asked; None where nothing was."""

    passed: int
    failed: int
    unknown: int
    skipped: int

    @property
    def asked(self) -> int:
        return self.passed + self.failed + self.unknown

    @property
    def share(self) -> float | None:
        return self.passed / self.asked if self.asked else None


@dataclass(frozen=True)
class Point:
    """One drill in the trend of its kind."""

    drill: str
    at: datetime
    share: float


def score(exercises: Iterable[Exercise]) -> Score:
    """Of a drill under way, what was not judged yet is unknown."""
    results = [one.result for one in exercises]
    unknown = sum(result in (Result.UNKNOWN, None) for result in results)
    passed, failed, skipped = (results.count(one) for one in (Result.PASSED, Result.FAILED, Result.SKIPPED))
    return Score(passed, failed, unknown, skipped)


def trend(drills: Iterable[Drill], kind: DrillKind) -> tuple[Point, ...]:
    """The drills of one kind that came to their end, oldest first: scores of different kinds do not compare."""
    found = []
    for drill in drills:
        share = score(drill.exercises).share
        if drill.kind is kind and drill.state.carried_out and share is not None:
            found.append(Point(drill.id, drill.ended_at or drill.asked_at, share))
    return tuple(sorted(found, key=lambda point: point.at))
