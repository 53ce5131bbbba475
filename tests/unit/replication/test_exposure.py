"""Exposure: a fresh figure as it is, a stale one as unknown, and in an outage the last lag plus the time since."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dr_core.observation.model import Observation, Reading, RegionVerdict, Verdict
from dr_core.replication.exposure import application_exposure, exposure_of, store_exposures

MEASURED = datetime(2026, 1, 5, 10, 3, tzinfo=UTC)
INTERVAL = timedelta(seconds=10)


def reading(seconds: float | None = 0.4, **changes: object) -> Reading:
    known = seconds is not None
    return Reading.model_validate({
        "kind": "aurora_global", "name": "db", "region": "me-south-1", "source_region": "me-central-1", "gate": True,
        "seconds": seconds, "measured_at": MEASURED if known else None, "advanced_at": MEASURED if known else None,
        "observed_at": MEASURED, "threshold_s": 60, "source": "CloudWatch", "reason": "" if known else "no datapoint",
        **changes,
    })  # fmt: skip


def after(seconds: float) -> datetime:
    return MEASURED + timedelta(seconds=seconds)


def test_a_fresh_figure_is_shown_with_its_age() -> None:
    store = exposure_of(reading(0.4), Verdict.HEALTHY, after(75))
    assert (store.exposure_seconds, store.age_seconds, store.verdict) == (0.4, 75, "ok")


def test_a_figure_over_the_threshold_is_over() -> None:
    assert exposure_of(reading(61), Verdict.HEALTHY, after(1)).verdict == "over"


def test_in_an_outage_it_is_the_last_fresh_lag_plus_the_time_since() -> None:
    store = exposure_of(reading(0.4), Verdict.DOWN, after(75))
    assert store.exposure_seconds == 75.4
    assert store.verdict == "over"
    assert "last fresh lag 0.4 s at 10:03:00Z plus 75 s since" in store.reason


def test_in_a_long_outage_a_kept_datapoint_still_counts() -> None:
    assert exposure_of(reading(0.4), Verdict.DOWN, after(3600)).exposure_seconds == 3600.4


@pytest.mark.parametrize("source", [None, Verdict.UNKNOWN])
def test_a_source_that_nobody_observes_is_an_outage_once_figures_stop(
    source: Verdict | None,
) -> None:
    assert exposure_of(reading(0.4), source, after(60)).exposure_seconds == 0.4
    assert exposure_of(reading(0.4), source, after(300)).exposure_seconds == 300.4


def test_while_nobody_looks_the_time_since_is_in_the_figure_at_once() -> None:
    """The observer died: until its figures are stale, too, nothing but time goes by."""
    (seen,) = store_exposures(observation(reading(0.4)), after(29), INTERVAL)
    (unseen,) = store_exposures(observation(reading(0.4)), after(60), INTERVAL)
    assert (seen.exposure_seconds, unseen.exposure_seconds) == (0.4, 60.4)
    assert "not observed any more" in unseen.reason


@pytest.mark.parametrize("source", [*Verdict, None])
def test_a_figure_of_the_future_is_unknown_because_clocks_differ(source: Verdict | None) -> None:
    assert exposure_of(reading(0.4), Verdict.HEALTHY, after(-4)).age_seconds == 0
    store = exposure_of(reading(0.4), source, after(-60))
    assert (store.exposure_seconds, store.age_seconds, store.verdict) == (None, None, "unknown")
    assert "the clocks differ" in store.reason


@pytest.mark.parametrize("source", [Verdict.HEALTHY, Verdict.DEGRADED])
def test_a_figure_that_stopped_while_the_source_is_up_is_stale_and_counts_as_unknown(source: Verdict) -> None:
    store = exposure_of(reading(0.4), source, after(181))
    assert (store.exposure_seconds, store.verdict) == (0.4, "stale")
    assert "no newer datapoint since 10:03:00Z" in store.reason
    assert application_exposure([store]) is None


@pytest.mark.parametrize("source", [*Verdict, None])
def test_no_datapoint_is_unknown_with_a_reason_and_never_zero(source: Verdict | None) -> None:
    store = exposure_of(reading(None), source, after(10))
    assert (store.exposure_seconds, store.verdict, store.age_seconds) == (None, "unknown", None)
    assert store.reason == "no datapoint"


@pytest.mark.parametrize(("in_step", "verdict"), [(True, "ok"), (False, "over"), (None, "unknown")])
def test_a_compared_store_has_a_verdict_and_no_seconds(in_step: bool | None, verdict: str) -> None:
    compared = reading(None, in_step=in_step, reason="3 equal", measured_at=None if in_step is None else MEASURED)
    store = exposure_of(compared, Verdict.HEALTHY, after(5))
    assert (store.exposure_seconds, store.verdict) == (None, verdict)
    assert "3 equal" in store.reason


def test_a_comparison_is_stale_when_nobody_looks_any_more_or_the_source_is_lost() -> None:
    compared = reading(None, in_step=True, measured_at=MEASURED, period_s=20)
    assert exposure_of(compared, Verdict.HEALTHY, after(50)).verdict == "ok"
    assert exposure_of(compared, Verdict.HEALTHY, after(70)).verdict == "stale"
    assert exposure_of(compared, Verdict.DOWN, after(5)).verdict == "stale", "written since, copied nowhere"
    apart = compared.model_copy(update={"in_step": False})
    assert exposure_of(apart, Verdict.DOWN, after(5)).verdict == "over", "an outage brings nothing into step"
    assert exposure_of(compared, None, after(50), observed=False).verdict == "stale"


def observation(*readings: Reading, verdict: Verdict = Verdict.HEALTHY) -> Observation:
    judged = RegionVerdict(region="me-central-1", verdict=verdict, reasons=(), since=MEASURED, observed_at=MEASURED)
    return Observation(application="a", observed_at=MEASURED, duration_s=0.1, verdicts=(judged,), readings=readings)


def test_the_verdict_of_the_source_region_decides_about_an_outage() -> None:
    (up,) = store_exposures(observation(reading(1)), after(20), INTERVAL)
    (down,) = store_exposures(observation(reading(1), verdict=Verdict.DOWN), after(20), INTERVAL)
    assert (up.exposure_seconds, down.exposure_seconds) == (1, 21)


def test_an_observation_that_is_too_old_is_no_observation() -> None:
    (store,) = store_exposures(observation(reading(1)), after(400), INTERVAL)
    assert store.exposure_seconds == 401
    assert "not observed any more" in store.reason


def test_an_application_is_as_exposed_as_the_worst_store_that_gates() -> None:
    stores = store_exposures(
        observation(reading(1), reading(7, name="second"), reading(99, name="bucket", gate=False)), after(1), INTERVAL
    )
    assert application_exposure(stores) == 7


def test_one_unknown_gate_makes_the_application_unknown() -> None:
    stores = store_exposures(observation(reading(1), reading(None, name="second")), after(1), INTERVAL)
    assert application_exposure(stores) is None


def test_without_a_gate_nothing_is_known() -> None:
    assert application_exposure([]) is None
    assert application_exposure(store_exposures(observation(reading(1, gate=False)), after(1), INTERVAL)) is None


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from([*Verdict, None]))
def test_exposure_is_never_less_than_what_was_measured(seconds: float, age: float, source: Verdict | None) -> None:
    store = exposure_of(reading(seconds), source, after(age))
    assert store.exposure_seconds is not None
    assert store.exposure_seconds >= round(seconds, 3) - 0.001
