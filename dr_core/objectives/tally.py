"""What the stored samples of one series say about a span of time, as a value that can be added up. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from dr_core.value import Value

STEP = 1.05
"""Latencies are counted in classes that grow by 5 %: a quantile is within 2.5 % of a latency that really occurred."""


class Tally(Value):
    """Seconds for which a series was good, bad or unknown; how many results it had; and their latencies by class."""

    good_s: float = 0.0
    bad_s: float = 0.0
    unknown_s: float = 0.0
    good: int = 0
    bad: int = 0
    unknown: int = 0
    latencies: dict[int, int] = Field({})

    @property
    def known_s(self) -> float:
        return self.good_s + self.bad_s

    @property
    def availability(self) -> float | None:
        """Percent of the known time in which it was good; None when nothing is known."""
        return 100.0 * self.good_s / self.known_s if self.known_s > 0 else None

    @property
    def error_rate(self) -> float | None:
        """Percent of the results that were bad; None without a result."""
        counted = self.good + self.bad
        return 100.0 * self.bad / counted if counted else None

    def latency_ms(self, share: float) -> float | None:
        """The latency that this share of the answers did not exceed (nearest rank); None when none was measured."""
        total = sum(self.latencies.values())
        if not total:
            return None
        rank, seen = math.ceil(share * total), 0
        for number in sorted(self.latencies):
            seen += self.latencies[number]
            if seen >= rank:
                return _middle(number)
        return None


@dataclass(frozen=True)
class Result:
    """One stored sample, without its name: `ok` None is unknown."""

    at: datetime
    ok: bool | None
    value: float | None


def tally(results: Sequence[Result], since: datetime, until: datetime, longest_s: float) -> Tally:
    """`results` oldest first, from `longest_s` before `since` on. Each stands until the next one, but no longer than
    `longest_s`; the rest of the span is unknown. Results and latencies count where their time is within the span."""
    seconds: dict[bool | None, float] = {True: 0.0, False: 0.0, None: 0.0}
    counts: dict[bool | None, int] = {True: 0, False: 0, None: 0}
    latencies: dict[int, int] = {}
    for number, result in enumerate(results):
        end = results[number + 1].at if number + 1 < len(results) else until
        stands = min((end - result.at).total_seconds(), longest_s)
        before = max(0.0, (since - result.at).total_seconds())
        after = max(0.0, (until - result.at).total_seconds())
        seconds[result.ok] += max(0.0, min(stands, after) - before)
        if since <= result.at < until:
            counts[result.ok] += 1
            if result.value is not None:
                latencies[_class(result.value)] = latencies.get(_class(result.value), 0) + 1
    span_s = max(0.0, (until - since).total_seconds())
    return Tally(
        good_s=seconds[True],
        bad_s=seconds[False],
        unknown_s=max(0.0, span_s - seconds[True] - seconds[False]),
        good=counts[True],
        bad=counts[False],
        unknown=counts[None],
        latencies=latencies,
    )


def total(parts: Iterable[Tally]) -> Tally:
    """All of them as one."""
    found = list(parts)
    latencies: dict[int, int] = {}
    for part in found:
        for number, count in part.latencies.items():
            latencies[number] = latencies.get(number, 0) + count
    return Tally(
        good_s=sum(part.good_s for part in found),
        bad_s=sum(part.bad_s for part in found),
        unknown_s=sum(part.unknown_s for part in found),
        good=sum(part.good for part in found),
        bad=sum(part.bad for part in found),
        unknown=sum(part.unknown for part in found),
        latencies=latencies,
    )


def _class(milliseconds: float) -> int:
    """Everything up to a tenth of a millisecond is one class."""
    return max(0, math.ceil(math.log(max(milliseconds, 0.1) / 0.1, STEP)))


def _middle(number: int) -> float:
    """In the middle of the class, by ratio."""
    return 0.1 * float(STEP) ** (number - 0.5) if number else 0.1
