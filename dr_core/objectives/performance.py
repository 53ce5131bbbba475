"""Response time, error rate and availability over the last hour, day and month, as kept figures. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from dr_core.objectives.tally import Tally, total
from dr_core.observation.age import age_s
from dr_core.value import Value

KEPT_HOURS = timedelta(hours=25)
KEPT_DAYS = timedelta(days=31)
OLD_AFTER = timedelta(minutes=10)
"""It is counted every half minute."""

Series = dict[str, Tally]
"""Tallies by series; a series is `REGION|NAME of the sample`, or one of those that tell whether users were served."""


class Window(StrEnum):
    HOUR = "1h"
    DAY = "24h"
    MONTH = "30d"


LENGTHS = {Window.HOUR: timedelta(hours=1), Window.DAY: timedelta(hours=24), Window.MONTH: timedelta(days=30)}


class Buckets(Value):
    """Tallies of whole hours, and of the days that they were added up to. `until`: everything before it is counted."""

    until: datetime
    hours: dict[datetime, Series] = Field({})
    days: dict[datetime, Series] = Field({})


class Summary(Value):
    """What is known of one series in one window. Milliseconds and percent; None where nothing was measured."""

    availability: float | None
    error_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    results: int
    known_s: float


class Span(Value):
    """One window with its series; `since` is where it really begins, a little earlier than its name says."""

    window: Window
    since: datetime
    until: datetime
    series: dict[str, Summary]


class History(Value):
    """What is kept for reports. `serving` names, by window, the series that availability is judged by."""

    at: datetime
    method: str
    longest_s: float
    spans: tuple[Span, ...]
    serving: dict[Window, str] = Field({})

    def current(self, now: datetime) -> bool:
        """Whether it was counted lately: what is older leaves out what has happened since."""
        age = age_s(self.at, now)
        return age is not None and age <= OLD_AFTER.total_seconds()

    def span(self, window: Window) -> Span | None:
        return next((span for span in self.spans if span.window is window), None)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def folded(buckets: Buckets, now: datetime) -> Buckets:
    """Hours that are too old for the day's window are added to their days; days that are too old are forgotten."""
    young = {at: series for at, series in buckets.hours.items() if at > now - KEPT_HOURS}
    days = {at: dict(series) for at, series in buckets.days.items() if at > now - KEPT_DAYS - timedelta(days=1)}
    for at in sorted(buckets.hours.keys() - young.keys()):
        day = days.setdefault(day_of(at), {})
        for key, found in buckets.hours[at].items():
            day[key] = total((day[key], found)) if key in day else found
    return Buckets(until=buckets.until, hours=young, days=days)


def windows(buckets: Buckets, current: Series, now: datetime) -> dict[Window, tuple[datetime, Series]]:
    """Where each window begins, and its series. `current` is the exact last hour."""
    day_start = hour_of(now - LENGTHS[Window.DAY])
    month_start = day_of(now - LENGTHS[Window.MONTH])
    recent = [series for at, series in buckets.hours.items() if at >= day_start]
    older = [series for at, series in buckets.days.items() if at >= month_start]
    return {
        Window.HOUR: (now - LENGTHS[Window.HOUR], current),
        Window.DAY: (day_start, _added(recent)),
        Window.MONTH: (month_start, _added([*older, *buckets.hours.values()])),
    }


def summary(found: Tally) -> Summary:
    return Summary(
        availability=found.availability,
        error_rate=found.error_rate,
        p50_ms=found.latency_ms(0.5),
        p95_ms=found.latency_ms(0.95),
        results=found.good + found.bad + found.unknown,
        known_s=round(found.known_s, 1),
    )


def span_of(window: Window, since: datetime, until: datetime, series: Mapping[str, Tally]) -> Span:
    return Span(window=window, since=since, until=until, series={key: summary(found) for key, found in series.items()})


def _added(parts: list[Series]) -> Series:
    keys = {key for series in parts for key in series}
    return {key: total(series[key] for series in parts if key in series) for key in sorted(keys)}
