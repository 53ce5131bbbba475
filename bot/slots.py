"""When a report is due: a cron expression, a time zone and the clock decide, purely."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dr_core.topology.cron import Cron, parse_cron

_MINUTE = timedelta(minutes=1)
_ALL_HOURS = 24


def due_slots(cron: str, zone: str, last: datetime | None, now: datetime, grace: timedelta) -> tuple[datetime, ...]:
    """The newest slot after `last` that is due and not older than `grace`, as UTC; empty when there is none.

    Missed slots are coalesced: one report tells of now, and several at once would tell it several times. A local time
    that the clocks skip in spring is due when they jump; one that they show twice in autumn is due the first time only,
    unless the schedule names every hour.
    """
    schedule, place = parse_cron(cron), ZoneInfo(zone)
    oldest = now - grace if last is None else max(last + _MINUTE, now - grace)
    minute = now.replace(second=0, microsecond=0)
    while minute >= oldest:
        if _due(schedule, minute, place):
            return (minute,)
        minute -= _MINUTE
    return ()


def _due(schedule: Cron, minute: datetime, place: ZoneInfo) -> bool:
    local = minute.astimezone(place)
    if local.fold and len(schedule.hours) < _ALL_HOURS:
        return False
    return any(schedule.due(shown) for shown in _shown_since(minute, local, place))


def _shown_since(minute: datetime, local: datetime, place: ZoneInfo) -> list[datetime]:
    """The local minutes that begin now: one, or those that a jump of the clocks skipped and one."""
    before = (minute - _MINUTE).astimezone(place)
    here, there = local.replace(tzinfo=None), before.replace(tzinfo=None)
    skipped = [there + _MINUTE * step for step in range(1, int((here - there) / _MINUTE))]
    return [*skipped, here]
