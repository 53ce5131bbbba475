"""How old what was seen is, and whether it still says something about now. Pure."""

from datetime import datetime, timedelta

from dr_core.observation.model import Observation

FRESH_INTERVALS = 3
"""A pass that is older than this many intervals says nothing about now."""
SHORTEST_S = 10.0
"""A pass over a region that hangs takes longer than a very short interval; such an interval counts as this long."""
SKEW_S = 5.0
"""What is this much ahead of our clock was seen by clocks that differ as clocks do; more than that is no age at all."""


def age_s(at: datetime, now: datetime) -> float | None:
    """Seconds since `at`; None where that is yet to come: two clocks differ, and nobody knows how old it is."""
    seconds = (now - at).total_seconds()
    return max(0.0, seconds) if seconds >= -SKEW_S else None


def due(at: datetime, now: datetime, every: timedelta) -> bool:
    """Whether `every` is over since `at`; a clock that was ahead and was set back must keep nothing from being done."""
    age = age_s(at, now)
    return age is None or age >= every.total_seconds()


def longest_s(interval: timedelta) -> float:
    """How long a pass speaks for the present, when one is made at each `interval`."""
    return FRESH_INTERVALS * max(interval.total_seconds(), SHORTEST_S)


def fresh(observation: Observation | None, now: datetime, interval: timedelta) -> bool:
    """Whether it says something about `now`."""
    age = None if observation is None else age_s(observation.observed_at, now)
    return age is not None and age <= longest_s(interval)
