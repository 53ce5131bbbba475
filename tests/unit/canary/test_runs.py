"""A canary in a real run on virtual time: carried out by the runner, judged by what the store holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dr_core.canary.stored import StoredTrials
from dr_core.clock import ManualClock
from dr_core.execution.model import Run, RunState
from dr_core.execution.runner import Runner
from dr_core.observation.model import Observation, Signal, SignalState, Vantage
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Segment
from dr_core.plan.steps import make_catalogue
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.load import load_checked
from dr_core.traffic.memory import MemoryRecords
from tests.ports import some_ports
from tests.unit.execution.conftest import FakeWorld, Stage
from tests.unit.execution.test_new_owner import abort

TOPOLOGY = Path(__file__).parents[2] / "topologies" / "canary.yaml"
SOURCE, TARGET = "eu-south-1", "eu-west-3"


class Trial:
    """The run of `site`; every tick of a second both sides are probed, and `ill` are those that fail."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        topology = load_checked(TOPOLOGY)
        self.app = topology.applications["site"]
        self.spec = self.app.traffic[0].route53_records
        plan = build(topology, "site", source=SOURCE, target=TARGET, mode=Mode.PLANNED)
        start, hold = (step for step in plan.steps if step.segment is Segment.CANARY)
        hold = hold.model_copy(update={"params": {**hold.params, "application": "shop"}})  # the stage's own
        stage.begin((start, hold), Mode.PLANNED)
        values = {SOURCE: ("192.0.2.1",), TARGET: ("192.0.2.2",)}
        self.records = MemoryRecords(self.spec, SOURCE, values, stage.clock)
        ports = some_ports(records=self.records, trials=StoredTrials(stage.store))
        self.kinds = make_catalogue(ports)
        self.ill: set[str] = set()

    def runner(self, owner: str = "w1") -> Runner:
        stage = self.stage
        return Runner(stage.store, lambda plan: self.kinds, stage.judge, stage.clock, stage.executor, owner)

    def seconds(self, runner: Runner, number: int) -> Run:
        for _ in range(number):
            runner.tick()
            self.probe()
            self.stage.clock.advance(1)
        return self.stage.run

    def probe(self) -> None:
        now = self.stage.clock.now()
        signals = tuple(
            Signal(
                region=region, component="http", name=str(url), vantage=Vantage.PROBE, latency_ms=40.0, observed_at=now,
                state=SignalState.BAD if region in self.ill else SignalState.OK, detail="", source="test",
            )
            for region, url in (self.app.health[0].http or {}).items()
        )  # fmt: skip
        seen = Observation(application="shop", observed_at=now, duration_s=0.1, signals=signals)
        self.stage.store.write(lambda tx: observations.save(tx, seen))

    @property
    def weights(self) -> dict[str, int | None]:
        return {record.region: record.weight for record in self.records.records(self.spec)}


@pytest.fixture
def trial(lite: Stage) -> Trial:
    return Trial(lite)


@pytest.fixture
def lite(sqlite_url: str, clock: ManualClock) -> Iterator[Stage]:
    made = Store(sqlite_url, clock=clock)
    yield Stage(made, clock, FakeWorld(clock))
    made.dispose()


SENT, BACK = {SOURCE: 98, TARGET: 2}, {SOURCE: 100, TARGET: 0}


def test_a_canary_passes_after_its_hold_and_is_back(trial: Trial) -> None:
    runner = trial.runner()
    run = trial.seconds(runner, 18)
    assert trial.weights == SENT
    assert run.record("canary-hold").detail.startswith("held for ")
    run = trial.seconds(runner, 15)
    assert run.state is RunState.SUCCEEDED
    assert trial.weights == BACK
    assert run.record("canary-hold").evidence[TARGET] == {"probes": 21, "failed": 0, "median_ms": 40.0}


def test_a_worker_that_dies_in_the_middle_costs_no_time_of_the_hold(trial: Trial) -> None:
    run = trial.seconds(trial.runner(), 12)
    begun = run.record("canary-start").ended_at
    assert begun is not None
    trial.stage.clock.advance(30)
    run = trial.seconds(trial.runner("another"), 30)
    assert run.state is RunState.SUCCEEDED
    assert trial.weights == BACK
    ended = run.record("canary-hold").ended_at
    assert ended is not None
    assert ended - begun < timedelta(seconds=60), "counted from the start that was recorded, not from the new worker"


def test_a_canary_that_fails_ends_its_run_and_everybody_is_back(trial: Trial) -> None:
    trial.ill = {TARGET}
    run = trial.seconds(trial.runner(), 60)
    assert run.state is RunState.FAILED
    assert "The canary has failed" in run.reason
    assert trial.weights == BACK


def test_a_start_that_was_refused_does_not_begin_in_a_run_that_is_to_end(trial: Trial) -> None:
    trial.records.down = True
    runner = trial.runner()
    trial.seconds(runner, 3)
    abort(trial.stage)
    trial.records.down = False
    run = trial.seconds(runner, 90)
    assert trial.weights == BACK
    assert run.state is RunState.ABORTED


def test_a_run_that_is_aborted_takes_its_canary_back_first(trial: Trial) -> None:
    runner = trial.runner()
    trial.seconds(runner, 8)
    assert trial.weights == SENT
    abort(trial.stage)
    run = trial.seconds(runner, 30)
    assert trial.weights == BACK
    assert run.state is RunState.ABORTED
    assert "everybody is sent to eu-south-1 again" in run.record("canary-hold").detail
