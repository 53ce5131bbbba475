"""Whether a canary holds, has passed or has failed, from what was measured of both sides. Pure.

Both sides are judged by the same probes over the same time, from the start that was recorded. The answer does not
depend on who looks, or on how often: the first moment at which what was measured until then decides is the one that
counts, so that a worker that takes over finds the same.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from dr_core.canary.port import Trial
from dr_core.observation.samples import Sample
from dr_core.topology.traffic import Canary

_HALF = 0.5


class Outcome(StrEnum):
    HOLDING = "holding"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Judgement:
    """`left_s`: seconds of the hold that are left. `evidence`: the figures of both sides."""

    outcome: Outcome
    why: str
    left_s: float = 0.0
    evidence: dict[str, JsonValue] = field(default_factory=dict)


@dataclass
class _Side:
    """What was measured of one region so far; a probe whose result is unknown was none."""

    region: str
    answered: int = 0
    failed: int = 0
    latencies: list[float] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        if sample.ok is None:
            return
        self.answered += 1
        self.failed += not sample.ok
        if sample.ok and sample.value is not None:
            insort(self.latencies, sample.value)

    @property
    def error_rate(self) -> float:
        """Percent of its probes."""
        return 100 * self.failed / self.answered if self.answered else 0.0

    @property
    def median_ms(self) -> float | None:
        return self.latencies[len(self.latencies) // 2] if self.latencies else None

    @property
    def said(self) -> str:
        median = self.median_ms
        took = "no latency" if median is None else f"median {median:.0f} ms"
        return f"{self.region}: {self.failed} of {self.answered} probes failed, {took}"

    @property
    def figures(self) -> dict[str, JsonValue]:
        return {"probes": self.answered, "failed": self.failed, "median_ms": self.median_ms}


def judge(canary: Canary, source: str, target: str, begun_at: datetime, trial: Trial) -> Judgement:
    """What becomes of the canary; `source` is the active side, and `target` the one that is tried."""
    until = begun_at + canary.hold
    last = until + canary.patience
    sides = {region: _Side(region) for region in (source, target)}

    def told(outcome: Outcome, why: str) -> Judgement:
        left_s = max(0.0, (until - trial.now).total_seconds())
        evidence: dict[str, JsonValue] = {region: side.figures for region, side in sides.items()}
        return Judgement(outcome, "; ".join((why, *(side.said for side in sides.values()))), left_s, evidence)

    def enough() -> bool:
        return all(side.answered >= canary.min_samples for side in sides.values())

    for sample in _in_order(trial.samples, last):
        if sample.at > until and enough():
            break
        sides[sample.region].add(sample)
        if sample.region == target and enough():
            over = min(1.0, (sample.at - begun_at) / canary.hold) if canary.hold else 1.0
            if worse := _worse(canary, sides[source], sides[target], over):
                return told(Outcome.FAILED, worse)
    if trial.now >= until and enough():
        return told(Outcome.PASSED, f"held for {canary.hold.total_seconds():g} s")
    if trial.now >= last:
        return told(Outcome.FAILED, f"not enough was measured: {canary.min_samples} probes of each side are needed")
    held_s = (trial.now - begun_at).total_seconds()
    return told(Outcome.HOLDING, f"held for {held_s:.0f} of {canary.hold.total_seconds():g} s")


def _in_order(samples: Sequence[Sample], last: datetime) -> list[Sample]:
    return sorted((one for one in samples if one.at <= last), key=lambda one: (one.at, one.region, one.name))


def _worse(canary: Canary, source: _Side, target: _Side, over: float) -> str:
    """In what the target is worse than may be, with that share of the hold over; empty: in nothing.

    Errors decide as soon as the rest of the hold could not make them good any more, latency from its middle on: what
    starts cold is slow and not ill.
    """
    if target.error_rate * over > source.error_rate + canary.max_error_rate:
        return (
            f"{target.error_rate:.0f} % of the probes of {target.region} failed, {source.error_rate:.0f} % of those of "
            f"{source.region} (at most {canary.max_error_rate:g} % more are allowed)"
        )
    slow, known = target.median_ms, source.median_ms
    if slow is None or known is None or over < _HALF:
        return ""
    allowed = max(known * canary.max_latency_ratio, known + canary.latency_allowance.total_seconds() * 1000)
    if slow > allowed:
        return (
            f"{target.region} answers in {slow:.0f} ms, {source.region} in {known:.0f} ms "
            f"(at most {allowed:.0f} ms are allowed)"
        )
    return ""
