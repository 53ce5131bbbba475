"""What would be lost if the switch happened now, purely: value, threshold and age together, and the worst of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from dr_core.observation.age import age_s, fresh
from dr_core.observation.model import Figure, Observation, Reading, Verdict
from dr_core.replication.history import is_stale
from dr_core.value import Value

Judgement = Literal["ok", "over", "stale", "unknown"]


class StoreExposure(Value):
    """Exposure of one store towards one region: value, threshold and age together, always."""

    kind: str
    name: str
    region: str
    gate: bool
    exposure_seconds: float | None
    threshold_seconds: float
    age_seconds: float | None
    verdict: Judgement
    source: str
    reason: str
    figures: tuple[Figure, ...] = ()


def store_exposures(observation: Observation, now: datetime, interval: timedelta) -> tuple[StoreExposure, ...]:
    """Every store of the last observation as it stands at `now`. `interval` is the time between two passes."""
    current = fresh(observation, now, interval)
    return tuple(
        exposure_of(reading, _verdict(observation, reading.source_region) if current else None, now, observed=current)
        for reading in observation.readings
    )


def _verdict(observation: Observation, region: str | None) -> Verdict | None:
    found = observation.verdict(region) if region is not None else None
    return found.verdict if found is not None else None


def exposure_of(reading: Reading, source: Verdict | None, now: datetime, *, observed: bool = True) -> StoreExposure:
    """`source` is the verdict of the region that the data comes from, None when there is none any more.

    In an outage of the source nothing new is replicated, so that exposure is the last fresh lag plus the time since;
    and so it is while nobody looks. When the source is up, a figure that stopped advancing is stale: unknown.
    """
    if reading.measured_at is not None and age_s(reading.measured_at, now) is None:
        reason = (
            f"the clocks differ: it was measured at {reading.measured_at:%H:%M:%S}Z, and it is {now:%H:%M:%S}Z here"
        )
        return _exposure(reading, now, None, "unknown", _joined(reason, reading.reason))
    if reading.seconds is None or reading.measured_at is None:
        return _compared(reading, source, now, observed)
    lost = source is Verdict.DOWN or not observed
    unwatched = source is None or source is Verdict.UNKNOWN
    stale = is_stale(reading, now)
    if lost or (unwatched and stale):
        return _in_outage(reading, source, now)
    if stale:
        since = reading.advanced_at or reading.measured_at
        reason = f"stale: no newer datapoint since {since:%H:%M:%S}Z"
        return _exposure(reading, now, reading.seconds, "stale", _joined(reason, reading.reason))
    over = reading.seconds > reading.threshold_s
    return _exposure(reading, now, reading.seconds, "over" if over else "ok", reading.reason)


def application_exposure(stores: Sequence[StoreExposure]) -> float | None:
    """The worst of the stores that gate, in seconds; None when one of them is not known, or there is none."""
    gates = [store for store in stores if store.gate]
    values = [s.exposure_seconds for s in gates if s.exposure_seconds is not None and s.verdict in ("ok", "over")]
    return max(values) if gates and len(values) == len(gates) else None


def _in_outage(reading: Reading, source: Verdict | None, now: datetime) -> StoreExposure:
    assert reading.seconds is not None
    assert reading.measured_at is not None
    since = max(0.0, (now - reading.measured_at).total_seconds())
    seconds = round(reading.seconds + since, 3)
    why = f"{reading.source_region} is {'down' if source is Verdict.DOWN else 'not observed any more'}"
    lag = f"last fresh lag {reading.seconds:.3g} s at {reading.measured_at:%H:%M:%S}Z"
    reason = f"{why}: {lag} plus {since:.0f} s since"
    return _exposure(reading, now, seconds, "over" if seconds > reading.threshold_s else "ok", reason)


def _compared(reading: Reading, source: Verdict | None, now: datetime, observed: bool) -> StoreExposure:
    """A store without a figure: compared, or unknown. What was written after the last look is in no comparison."""
    if reading.in_step is None:
        return _exposure(reading, now, None, "unknown", reading.reason or "nothing was measured")
    told = "in step" if reading.in_step else "not in step"
    if not observed or is_stale(reading, now) or (reading.in_step and source is Verdict.DOWN):
        return _exposure(reading, now, None, "stale", _joined(f"{told} when it was last compared", reading.reason))
    word: Judgement = "ok" if reading.in_step else "over"
    return _exposure(reading, now, None, word, _joined(told, reading.reason))


def _joined(first: str, second: str) -> str:
    return f"{first}; {second}" if second else first


def _exposure(reading: Reading, now: datetime, seconds: float | None, verdict: Judgement, reason: str) -> StoreExposure:
    at = reading.measured_at
    return StoreExposure(
        kind=reading.kind,
        name=reading.name,
        region=reading.region,
        gate=reading.gate,
        exposure_seconds=seconds,
        threshold_seconds=reading.threshold_s,
        age_seconds=None if at is None or (age := age_s(at, now)) is None else round(age, 3),
        verdict=verdict,
        source=reading.source,
        reason=reason,
        figures=reading.figures,
    )
