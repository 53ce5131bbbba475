"""Five-field cron expressions, strictly read: minute, hour, day of month, month, day of week."""

import re
from dataclasses import dataclass
from datetime import datetime

_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6}
_MONTHS |= {"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_LONGEST_MONTH = dict.fromkeys((1, 3, 5, 7, 8, 10, 12), 31) | dict.fromkeys((4, 6, 9, 11), 30) | {2: 29}
_PART = re.compile(r"(?P<start>\*|[0-9]{1,2}|[a-z]{3})(?:-(?P<end>[0-9]{1,2}|[a-z]{3}))?(?:/(?P<step>[0-9]{1,2}))?")


@dataclass(frozen=True)
class Field:
    """One field: what it is called, its bounds, and the names it knows."""

    title: str
    low: int
    high: int
    names: dict[str, int]


_FIELDS = (
    Field("minute", 0, 59, {}),
    Field("hour", 0, 23, {}),
    Field("day of month", 1, 31, {}),
    Field("month", 1, 12, _MONTHS),
    Field("day of week", 0, 7, _DAYS),
)


@dataclass(frozen=True)
class Cron:
    """When it is due. `weekdays` counts as cron does: 0 is Sunday. `any_day` and `any_weekday` tell a `*` field."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    numbered_weekdays: bool

    def due(self, local: datetime) -> bool:
        """Whether the minute of `local` (in the schedule's time zone) is due; as in cron, either day field suffices."""
        if local.minute not in self.minutes or local.hour not in self.hours or local.month not in self.months:
            return False
        day, weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return day and weekday if self.any_day or self.any_weekday else day or weekday


def parse_cron(text: str) -> Cron:
    """`0 9 * * mon` -> Cron; ValueError says which field is wrong and what it may hold."""
    words = text.lower().split()
    if len(words) != len(_FIELDS):
        raise ValueError(
            f"expected five fields (minute hour day-of-month month day-of-week) such as 0 8 * * mon, got {len(words)}"
        )
    minutes, hours, days, months, weekdays = (_values(word, field) for word, field in zip(words, _FIELDS, strict=True))
    cron = Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        any_day=words[2].startswith("*"),
        any_weekday=words[4].startswith("*"),
        numbered_weekdays=any(character.isdigit() for character in words[4].split("/")[0]),
    )
    if cron.any_weekday and not any(day <= _LONGEST_MONTH[month] for day in days for month in months):
        raise ValueError("no month that is named has such a day, so it would never be due")
    return cron


def _values(word: str, field: Field) -> frozenset[int]:
    return frozenset(value for part in word.split(",") for value in _part(part, field))


def _part(part: str, field: Field) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise _wrong(part, field)
    step = int(match["step"] or 1)
    if match["start"] == "*":
        low, high = field.low, min(field.high, 6) if field.names is _DAYS else field.high
        if match["end"]:
            raise _wrong(part, field)
    else:
        low = _number(match["start"], field, part)
        # cron reads 5/15 as "from 5 on, every 15"; a lone 5 is only 5.
        high = _number(match["end"], field, part) if match["end"] else (field.high if match["step"] else low)
    if field.names is _DAYS and match["end"] in ("sun", "0") and low > 0:
        high = 7
    if step < 1 or low > high:
        raise _wrong(part, field)
    return range(low, high + 1, step)


def _number(word: str, field: Field, part: str) -> int:
    value = field.names.get(word) if word.isalpha() else int(word)
    if value is None or not field.low <= value <= field.high:
        raise _wrong(part, field)
    return value


def _wrong(part: str, field: Field) -> ValueError:
    names = f" or {', '.join(field.names)}" if field.names else ""
    return ValueError(
        f"{field.title}: expected *, {field.low}-{field.high}{names}, lists, ranges and /steps, got {part!r}"
    )
