"""What is kept over time: unknown stays unknown, and a figure is kept once at the time it was measured."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.observation.model import Observation, Reading, RegionVerdict, Signal, SignalState, Vantage, Verdict
from dr_core.observation.samples import Sample, samples_of

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def observation(state: SignalState, seconds: float | None, *, stale: bool = False) -> Observation:
    return Observation(
        application="web", observed_at=NOW, duration_s=0.1,
        signals=(Signal(region="r", component="http", name="u", vantage=Vantage.PROBE, state=state, detail="",
                        latency_ms=12.0, observed_at=NOW, source=""),),
        verdicts=(RegionVerdict(region="r", verdict=Verdict.UNKNOWN, reasons=(), since=NOW, observed_at=NOW),),
        readings=(Reading(kind="aurora_global", name="db", region="s", gate=True, seconds=seconds,
                          measured_at=None if seconds is None else NOW - timedelta(seconds=60), observed_at=NOW,
                          threshold_s=60, source="", stale=stale),),
    )  # fmt: skip


def test_signals_verdicts_and_stores_become_rows() -> None:
    assert samples_of(observation(SignalState.OK, 61)) == (
        Sample("web", "r", "signal/http/u", NOW, 12.0, True),
        Sample("web", "r", "verdict", NOW, None, None),
        Sample("web", "s", "exposure/aurora_global/db", NOW - timedelta(seconds=60), 61, False),
    )


def test_unknown_counts_neither_for_nor_against() -> None:
    signal, _, store = samples_of(observation(SignalState.UNKNOWN, None))
    assert signal.ok is None
    assert (store.value, store.ok) == (None, None)


def test_a_stale_figure_is_no_new_sample_of_it() -> None:
    assert samples_of(observation(SignalState.BAD, 0.4, stale=True))[2].value is None


@pytest.mark.parametrize(("state", "up"), [(SignalState.BAD, False), (SignalState.OK, True)])
def test_a_region_that_answers_serves_although_a_run_has_stopped_something_there(state: SignalState, up: bool) -> None:
    seen = observation(state, 0.4)
    by_run = seen.verdicts[0].model_copy(update={"verdict": Verdict.DEGRADED, "run": "run-1"})
    assert samples_of(seen.model_copy(update={"verdicts": (by_run,)}))[1].ok is up
