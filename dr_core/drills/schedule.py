"""When a drill is overdue: its schedule's period and a grace have passed since the last one came to its end. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from dr_core.drills.model import Drill, DrillKind
from dr_core.topology.cron import Cron, parse_cron
from dr_core.topology.duties import Schedule

GRACE_PART = 7
"""A seventh of the period: a weekly drill may be a day late, a quarterly one two weeks."""
_FARTHEST = timedelta(days=3 * 366)

Name = Literal["drill", "full_drill"]
COUNTS: dict[Name, frozenset[DrillKind]] = {
    "drill": frozenset({DrillKind.PROBE, DrillKind.ISOLATED, DrillKind.LIVE}),
    "full_drill": frozenset({DrillKind.ISOLATED, DrillKind.LIVE}),
}
"""Which drills a schedule is kept by: a greater one stands for a lesser one, and paper for none."""
CARRIED_OUT: dict[Name, DrillKind] = {"drill": DrillKind.PROBE, "full_drill": DrillKind.ISOLATED}
"""What the schedule itself asks for."""


@dataclass(frozen=True)
class Due:
    """Where one schedule stands. `last` None: none was ever carried out. `reason`: why it is overdue, else empty."""

    name: Name
    period: timedelta
    last: datetime | None
    reason: str

    @property
    def overdue(self) -> bool:
        return bool(self.reason)


def standing(schedule: Schedule, drills: Iterable[Drill], now: datetime) -> tuple[Due, ...]:
    """Each schedule that is switched on, by the drills of one application that came to their end."""
    ended = [drill for drill in drills if drill.state.carried_out]
    found = []
    for name, cron in crons(schedule):
        kept = (drill.ended_at for drill in ended if drill.kind in COUNTS[name])
        last = max((at for at in kept if at is not None), default=None)
        found.append(_due(name, cron, str(schedule.timezone), last, now))
    return tuple(found)


def crons(schedule: Schedule) -> Iterator[tuple[Name, str]]:
    """Those that are switched on."""
    if schedule.drill is not None:
        yield "drill", schedule.drill
    if schedule.full_drill is not None:
        yield "full_drill", schedule.full_drill


def _due(name: Name, cron: str, zone: str, last: datetime | None, now: datetime) -> Due:
    gap = period(parse_cron(cron), ZoneInfo(zone), now)
    what = "full drill (isolated or live)" if name == "full_drill" else "drill"
    if last is None:
        return Due(name, gap, None, f"no {what} was ever carried out")
    late = now - last - gap - gap / GRACE_PART
    if late <= timedelta():
        return Due(name, gap, last, "")
    return Due(name, gap, last, f"the last {what} was {_days(now - last)} ago, and one is due every {_days(gap)}")


def period(cron: Cron, zone: ZoneInfo, now: datetime) -> timedelta:
    """The longer of the last two gaps between days with a slot: one that is due on two days a week has two gaps."""
    slots = []
    for slot in _slots_before(cron, now.astimezone(zone)):
        slots.append(slot)
        if len(slots) == 3:
            break
    gaps = [later - earlier for later, earlier in pairwise(slots)]
    return max(gaps, default=_FARTHEST)


def _slots_before(cron: Cron, local: datetime) -> Iterator[datetime]:
    """The last slot of each day that has one, newest first."""
    latest = time(max(cron.hours), max(cron.minutes))
    for days in range(_FARTHEST.days):
        slot = datetime.combine(local.date() - timedelta(days=days), latest, local.tzinfo)
        if slot <= local and cron.due(slot):
            yield slot


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.0f} days" if days >= 2 else f"{span / timedelta(hours=1):.0f} hours"
