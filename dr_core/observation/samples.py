"""The figures of an observation as rows over time: latency and state of each signal, exposure of each store."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dr_core.health.capacity import ENDPOINTS
from dr_core.observation.model import Observation, Reading, RegionVerdict, Signal, SignalState, Verdict

_GOOD = {SignalState.OK: True, SignalState.BAD: False, SignalState.UNKNOWN: None}
_UP = {Verdict.HEALTHY: True, Verdict.DEGRADED: True, Verdict.DOWN: False, Verdict.UNKNOWN: None}


@dataclass(frozen=True)
class Sample:
    """One row. `value`: milliseconds of a signal, seconds of a store; None where nothing was measured.

    `ok` None is unknown, which counts neither for nor against availability.
    """

    application: str
    region: str
    name: str
    at: datetime
    value: float | None
    ok: bool | None


def samples_of(observation: Observation) -> tuple[Sample, ...]:
    """Signals as `signal/COMPONENT/NAME`, verdicts as `verdict`, stores as `exposure/KIND/NAME`."""
    application = observation.application
    signals = [
        Sample(application, s.region, signal_series(s.component, s.name), s.observed_at, s.latency_ms, _GOOD[s.state])
        for s in observation.signals
    ]
    verdicts = [
        Sample(application, v.region, "verdict", v.observed_at, None, _up(v, observation.signals))
        for v in observation.verdicts
    ]
    stores = [_store(application, reading) for reading in observation.readings]
    return (*signals, *verdicts, *stores)


def _up(verdict: RegionVerdict, signals: Iterable[Signal]) -> bool | None:
    """A region whose endpoints a run has silenced serves nobody, although that is no outage."""
    silent = any(s.region == verdict.region and s.vantage in ENDPOINTS and s.state is SignalState.BAD for s in signals)
    return False if verdict.run is not None and silent else _UP[verdict.verdict]


def signal_series(component: str, name: str) -> str:
    """The name of a signal's samples."""
    return f"signal/{component}/{name}"


def exposure_series(kind: str, name: str) -> str:
    """The name of a store's samples."""
    return f"exposure/{kind}/{name}"


def _store(application: str, reading: Reading) -> Sample:
    name = exposure_series(reading.kind, reading.name)
    if reading.seconds is None or reading.stale:
        compared_now = reading.measured_at == reading.observed_at
        ok = reading.in_step if compared_now else None
        return Sample(application, reading.region, name, reading.observed_at, None, ok)
    at = reading.measured_at or reading.observed_at
    return Sample(application, reading.region, name, at, reading.seconds, reading.seconds <= reading.threshold_s)
