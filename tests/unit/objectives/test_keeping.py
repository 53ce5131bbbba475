"""The history duty: what stored samples say over an hour, a day and a month, counted once and cheap to read."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.objectives.availability import endpoints
from dr_core.objectives.keeping import Keeping, history_of
from dr_core.objectives.performance import History, Window
from dr_core.observation.model import Observation, RegionVerdict, Signal, SignalState, Vantage, Verdict
from dr_core.reports.model import ObjectiveLine
from dr_core.reports.objectives import objectives
from dr_core.reports.performance import performance
from dr_core.store import observations, snapshots
from dr_core.store.engine import Store
from dr_core.store.snapshots import Snapshot
from dr_core.topology.model import Topology

CENTRAL, WEST = "eu-central-1", "eu-west-1"


@pytest.fixture
def lite(sqlite_url: str, clock: ManualClock) -> Iterator[Store]:
    store = Store(sqlite_url, clock=clock)
    yield store
    store.dispose()


def keeping(store: Store, shop: Topology, clock: ManualClock) -> Keeping:
    return Keeping(store, shop, NamedLease(store, "history", "me"), clock)


def seen(shop: Topology, at: datetime, states: dict[str, SignalState], latency_ms: float | None) -> Observation:
    [urls] = endpoints(shop.applications["shop"])
    signals = tuple(
        Signal(
            region=region, component="http", name=urls[region].removeprefix("signal/http/"), vantage=Vantage.PROBE,
            state=state, detail="", latency_ms=latency_ms, observed_at=at, source="test",
        )
        for region, state in states.items()
    )  # fmt: skip
    verdicts = tuple(
        RegionVerdict(region=region, verdict=Verdict.HEALTHY, reasons=(), since=at, observed_at=at) for region in states
    )
    return Observation(application="shop", observed_at=at, duration_s=0.1, signals=signals, verdicts=verdicts)


def sample(
    store: Store, shop: Topology, clock: ManualClock, count: int, state: SignalState, latency_ms: float | None = 20.0
) -> None:
    """`count` passes, ten seconds apart; the standby is always well."""

    def work(tx: observations.Tx) -> None:
        for number in range(count):
            at = clock.now() + timedelta(seconds=10 * number)
            observations.save(tx, seen(shop, at, {CENTRAL: state, WEST: SignalState.OK}, latency_ms))

    store.write(work)
    clock.advance(10 * count)


def kept(store: Store) -> History:
    found = store.read(lambda tx: history_of(tx, "shop"))
    assert found is not None
    return found


def knowing(history: History, known_s: float, percent: float) -> History:
    """The same with another figure for the month."""
    key = history.serving[Window.MONTH]
    spans = tuple(
        span.model_copy(
            update={
                "series": span.series
                | {key: span.series[key].model_copy(update={"known_s": known_s, "availability": percent})}
            }
        )
        if span.window is Window.MONTH
        else span
        for span in history.spans
    )
    return history.model_copy(update={"spans": spans})


def told(store: Store, shop: Topology, clock: ManualClock) -> tuple[ObjectiveLine, ...]:
    """The objectives of an application that no run has moved."""
    history = store.read(lambda tx: history_of(tx, "shop"))
    return objectives((), history, shop.objectives, clock.now())


def availability(history: History, window: Window) -> float | None:
    span = history.span(window)
    assert span is not None
    return span.series[history.serving[window]].availability


def test_the_active_regions_outage_counts_and_the_standbys_health_does_not(
    lite: Store, shop: Topology, clock: ManualClock
) -> None:
    sample(lite, shop, clock, 90, SignalState.OK)
    sample(lite, shop, clock, 10, SignalState.BAD, None)
    keeping(lite, shop, clock).pass_over("shop")
    history = kept(lite)
    assert availability(history, Window.HOUR) == pytest.approx(90, abs=0.5)
    assert availability(history, Window.MONTH) == pytest.approx(90, abs=0.5)
    lines = {(line.window, line.region): line for line in performance(history, (CENTRAL, WEST), clock.now())
             if line.series != "verdict"}  # fmt: skip
    down, well = lines["1h", CENTRAL], lines["1h", WEST]
    assert (down.error_rate, well.error_rate) == (pytest.approx(10), 0)
    assert down.p50_ms == pytest.approx(20, rel=0.03)
    assert down.results == 100


def test_unknown_results_are_left_out_and_said(lite: Store, shop: Topology, clock: ManualClock) -> None:
    sample(lite, shop, clock, 60, SignalState.OK)
    sample(lite, shop, clock, 300, SignalState.UNKNOWN, None)
    keeping(lite, shop, clock).pass_over("shop")
    line = told(lite, shop, clock)[-1]
    assert (line.name, line.reached, line.met) == ("availability", 100.0, None)
    assert "own HTTP probes of the active region" in line.method
    assert line.basis == "30 d, 10 min of them known, 0.0231 %"
    assert "the rest is unknown and left out" in line.method


def test_hours_are_counted_once_and_become_days(lite: Store, shop: Topology, clock: ManualClock) -> None:
    """An outage two days ago stays in the month when its samples are gone, and is no part of the last day."""
    duty = keeping(lite, shop, clock)
    sample(lite, shop, clock, 30, SignalState.BAD, None)
    clock.advance(2 * 86400)
    sample(lite, shop, clock, 30, SignalState.OK)
    duty.pass_over("shop")
    first = kept(lite)
    lite.write(lambda tx: observations.forget_samples(tx, clock.now() - timedelta(hours=2)))
    duty.pass_over("shop")
    assert availability(first, Window.DAY) == 100.0
    assert availability(first, Window.MONTH) == pytest.approx(50, abs=5)
    assert availability(kept(lite), Window.MONTH) == availability(first, Window.MONTH)


def test_what_is_older_than_the_month_is_forgotten(lite: Store, shop: Topology, clock: ManualClock) -> None:
    duty = keeping(lite, shop, clock)
    sample(lite, shop, clock, 30, SignalState.BAD, None)
    duty.pass_over("shop")
    clock.advance(33 * 86400)
    sample(lite, shop, clock, 30, SignalState.OK)
    duty.pass_over("shop")
    assert availability(kept(lite), Window.MONTH) == 100.0


def test_figures_that_nobody_counts_any_more_meet_nothing(lite: Store, shop: Topology, clock: ManualClock) -> None:
    sample(lite, shop, clock, 90, SignalState.OK)
    keeping(lite, shop, clock).pass_over("shop")
    history = knowing(kept(lite), 86_400, 100.0)

    def line() -> ObjectiveLine:
        return objectives((), history, shop.objectives, clock.now())[-1]

    assert line().met is True
    clock.advance(1200)
    assert (line().reached, line().met) == (100, None)
    assert "not counted since" in line().reason
    assert performance(history, (CENTRAL, WEST), clock.now()) == ()


@pytest.mark.parametrize(
    ("known_s", "percent", "met"),
    [
        (25_000, 100.0, None),
        (26_000, 100.0, True),
        (26_000, 99.0, False),
        (120, 0.0, None),
        (2_700, 0.0, False),  # 45 minutes down are over the 43 that a month of 99.9 % allows
    ],
)
def test_availability_is_judged_once_enough_is_known_or_nothing_could_mend_it(
    lite: Store, shop: Topology, clock: ManualClock, known_s: float, percent: float, met: bool | None
) -> None:
    sample(lite, shop, clock, 90, SignalState.OK)
    keeping(lite, shop, clock).pass_over("shop")
    history = knowing(kept(lite), known_s, percent)
    line = objectives((), history, shop.objectives, clock.now())[-1]
    assert (line.reached, line.met) == (percent, met)
    assert line.reason == ("too little measured yet" if met is None else "")


def test_figures_of_another_shape_are_counted_anew(lite: Store, shop: Topology, clock: ManualClock) -> None:
    sample(lite, shop, clock, 90, SignalState.OK)
    for name in ("tally/shop", "history/shop"):
        lite.write(lambda tx, name=name: snapshots.put(tx, Snapshot(name, clock.now(), '{"later": 1}')))
    assert lite.read(lambda tx: history_of(tx, "shop")) is None
    keeping(lite, shop, clock).pass_over("shop")
    assert availability(kept(lite), Window.HOUR) == 100


def test_what_was_kept_seconds_after_the_hour_ended_still_counts(
    lite: Store, shop: Topology, clock: ManualClock
) -> None:
    """A pass takes seconds, and its samples are of its beginning: the hour was counted meanwhile."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    clock.advance((hour - timedelta(minutes=15) - clock.now()).total_seconds())
    sample(lite, shop, clock, 89, SignalState.OK)
    clock.advance((hour + timedelta(seconds=2) - clock.now()).total_seconds())
    keeping(lite, shop, clock).pass_over("shop")
    late = seen(shop, hour - timedelta(seconds=9), {CENTRAL: SignalState.BAD, WEST: SignalState.OK}, None)
    lite.write(lambda tx: observations.save(tx, late))
    clock.advance(5400)
    keeping(lite, shop, clock).pass_over("shop")
    span = kept(lite).span(Window.DAY)
    assert span is not None
    assert (span.series[kept(lite).serving[Window.DAY]].error_rate or 0) > 0


def test_nothing_counted_is_not_measured(lite: Store, shop: Topology, clock: ManualClock) -> None:
    before = told(lite, shop, clock)
    assert [(line.name, line.reached, line.met) for line in before] == [
        ("rto", None, None),
        ("rpo", None, None),
        ("availability", None, None),
    ]
    assert all(line.reason for line in before)
    keeping(lite, shop, clock).pass_over("shop")
    [line] = [one for one in told(lite, shop, clock) if one.unit == "%"]
    assert (line.reached, line.met, line.reason) == (None, None, "no sample of the last 30 days is known")
