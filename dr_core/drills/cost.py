"""What a drill used: calls and hours of what it made. Amounts come days later, from Cost Explorer. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dr_core.drills.agenda import CLONE, SCALE
from dr_core.drills.model import Drill, DrillKind, Exercise

NO_PRICE = "the bill tells it a day or two later: look at Cost Explorer for the day of the drill"
NOTHING = "nothing was made that is paid for by the hour"


@dataclass(frozen=True)
class Used:
    """Something that a drill made, for how long, up to now where it is still there."""

    what: str
    region: str
    hours: float


@dataclass(frozen=True)
class Cost:
    """`amount` is known where nothing was made, and never otherwise; `reason` says why."""

    calls: int
    used: tuple[Used, ...]
    reason: str


def cost(drill: Drill, now: datetime) -> Cost:
    """Of a live drill nothing is counted here: its runs scale what serves users."""
    used = tuple(_used(drill, now))
    if drill.kind is DrillKind.LIVE:
        return Cost(0, (), "its runs size the regions as any move does")
    return Cost(sum(one.calls for one in drill.exercises), used, NO_PRICE if used else NOTHING)


def _used(drill: Drill, now: datetime) -> Iterator[Used]:
    for one in drill.exercises:
        if one.since is None or one.kind not in (SCALE, CLONE):
            continue
        hours = ((one.clean_at or now) - one.since).total_seconds() / 3600
        yield Used(_what(one), one.region or "", hours)


def _what(exercise: Exercise) -> str:
    if exercise.kind == CLONE:
        return f"one {exercise.kept.get('class', 'instance')} in {exercise.params.get('name')}"
    return exercise.title.removesuffix(", and back").replace("One", "one", 1)
