"""The loss of each store is recorded when the work is taken from its region, and of a database as the service told."""

from datetime import timedelta

import pytest

from dr_core.audit.events import Event, EventKind
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import ThrottledError
from dr_core.execution.loss import Toll, is_taking, losses_at, losses_of, worse
from dr_core.execution.model import Run, RunState, StepState, StoreLoss
from dr_core.objectives.rpo import last_that_moved, reached, unmeasured
from dr_core.observation.model import Observation, Reading, RegionVerdict, Verdict
from dr_core.plan.step import Mode, Purpose, Segment, Step
from dr_core.reports.objectives import objectives
from dr_core.store import events, runs
from dr_core.store.runs import Change
from dr_core.topology.model import Topology

from .conftest import STEPS, FakeWorld, Stage, step

WEST = "eu-west-1"


def lost(kind: str, seconds: float | None, *, gate: bool = False, verdict: str = "ok") -> StoreLoss:
    return StoreLoss(
        kind=kind, name="shop", gate=gate, seconds=seconds, threshold_s=60, verdict=verdict, source="test",
        measured_at=None, reason="as measured",
    )  # fmt: skip


def told(stage: Stage, kind: EventKind) -> list[Event]:
    chain = stage.store.read(lambda tx: list(events.of_chain(tx, "r-aaaa2222")))
    return [event for event in chain if event.kind == kind]


@pytest.fixture
def losing(lite: Stage) -> Stage:
    lite.judge.lost = Toll(0.5, "fake", (lost("aurora_global", 0.4, gate=True), lost("s3", 95.0, verdict="over")))
    return lite


def test_the_losses_stand_with_the_run_from_the_promotion_on(losing: Stage) -> None:
    losing.begin()
    runner = losing.runner()
    while losing.run.record("promote").started_at is None:
        assert losing.run.losses == ()
        runner.tick()
        losing.clock.advance(1)
    assert [(one.kind, one.seconds) for one in losing.run.losses] == [("aurora_global", 0.4), ("s3", 95.0)]


def growing(stage: Stage, clock: ManualClock) -> None:
    """Replication stands still and the source goes on writing: each second one more is lost."""
    begun = clock.monotonic()

    def toll(run: Run) -> Toll:
        behind = clock.monotonic() - begun
        return Toll(behind, f"{behind:g} s behind", (lost("aurora_global", behind, gate=True),))

    stage.judge.toll = toll  # type: ignore[method-assign]


def throttled(stage: Stage, step: str, until_s: float) -> None:
    """AWS takes the step's call only after so many seconds."""
    act = stage.world.act

    def late(given: Step, claim: Claim) -> None:
        if given.name == step and stage.clock.monotonic() < until_s:
            raise ThrottledError("Rate exceeded")
        act(given, claim)

    stage.world.act = late  # type: ignore[method-assign]


def test_a_promotion_that_aws_takes_late_costs_what_is_behind_by_then(stage: Stage, clock: ManualClock) -> None:
    growing(stage, clock)
    stage.begin()
    throttled(stage, "promote", clock.monotonic() + 300)
    run = stage.until_finished(stage.runner())
    took = next(e for e in told(stage, EventKind.STEP_DONE) if e.data["step"] == "promote").at
    assert (run.state, run.record("promote").attempt) == (RunState.SUCCEEDED, 1)
    assert run.loss_s is not None
    assert 300 <= run.loss_s <= 310, "as it stood at the act that AWS took, not at the first"
    assert run.loss_reason == f"{run.loss_s:g} s behind"
    assert [store.seconds for store in run.losses] == [run.loss_s]
    grew = told(stage, EventKind.RUN_LOSS_GREW)
    figures = [float(str(event.data["loss_s"])) for event in grew]
    assert len(figures) > 10
    assert figures == sorted(set(figures))
    assert (figures[-1], grew[-1].at < took) == (run.loss_s, True), "nothing is measured once the target writes"


def test_a_defect_in_measuring_makes_the_loss_unknown_and_keeps_no_promotion_from_being_made(stage: Stage) -> None:
    def toll(run: Run) -> Toll:
        raise ValueError("a body that cannot be read")

    stage.judge.toll = toll  # type: ignore[method-assign]
    stage.begin()
    run = stage.until_finished(stage.runner())
    assert (run.state, run.loss_s) == (RunState.SUCCEEDED, None)
    assert run.loss_reason == "could not be measured: internal error, ValueError"


def test_a_loss_that_does_not_grow_is_written_once(stage: Stage, clock: ManualClock) -> None:
    stage.begin()
    throttled(stage, "promote", clock.monotonic() + 60)
    assert stage.until_finished(stage.runner()).loss_s == 0.5
    assert told(stage, EventKind.RUN_LOSS_GREW) == []


def test_a_second_promotion_keeps_what_the_first_one_cost(lite: Stage, clock: ManualClock) -> None:
    growing(lite, clock)
    second = step("promote-too", Segment.PROMOTE, "promote")
    lite.begin((*STEPS[:3], second, step("switch", Segment.SWITCH, "promote-too")))
    throttled(lite, "promote", clock.monotonic() + 30)
    run = lite.until_finished(lite.runner())
    [store] = run.losses
    assert store.seconds is not None
    assert 30 <= store.seconds <= 40
    assert run.loss_s is not None
    assert run.loss_s > store.seconds, "the second one gives up what was written up to it"


def test_an_owner_that_was_overtaken_promotes_nothing_even_while_it_believes_in_its_lease(lite: Stage) -> None:
    lite.begin()
    throttled(lite, "promote", lite.clock.monotonic() + 3600)
    runner = lite.runner()
    while lite.run.record("promote").state is not StepState.RUNNING:
        runner.tick()
        lite.clock.advance(1)
    lite.world.act = FakeWorld.act.__get__(lite.world)  # type: ignore[method-assign]
    taken = (EventKind.RUN_TAKEN_OVER, {}, {}, None)
    lite.store.write(
        lambda tx: runs.command(tx, lite.run_id, Change([taken], {"epoch": runs.get(tx, lite.run_id).epoch + 1}))
    )
    for _ in range(4):
        assert runner.owned
        runner.tick()
        lite.clock.advance(0.5)
    assert "promote" not in dict(lite.world.effects)


KNOWN, MORE, UNKNOWN = (
    Toll(seconds, why, (lost("aurora_global", seconds, verdict=verdict),))
    for seconds, why, verdict in ((12.0, "lag", "ok"), (80.0, "lag", "over"), (None, "no datapoint", "stale"))
)


@pytest.mark.parametrize(
    ("before", "now", "seconds", "told"),
    [
        (Toll(), KNOWN, 12.0, "lag"),
        (KNOWN, MORE, 80.0, "lag"),
        (MORE, KNOWN, 80.0, "lag"),
        (KNOWN, UNKNOWN, None, "no datapoint; it was 12 s when promotion was first asked for"),
        (UNKNOWN, MORE, None, "no datapoint"),
        (MORE, Toll(), 80.0, "lag"),
    ],
)
def test_the_worse_figure_stands_and_unknown_is_the_worst(
    before: Toll, now: Toll, seconds: float | None, told: str
) -> None:
    found = worse(before, now)
    assert (found.seconds, found.reason) == (seconds, told)
    assert [store.seconds for store in found.stores] == [seconds]


def test_a_store_that_gets_unknown_keeps_its_last_figure_in_words() -> None:
    [store] = worse(KNOWN, UNKNOWN).stores
    assert (store.seconds, store.verdict, store.reason) == (None, "stale", "as measured; it was 12 s before")


def test_a_run_without_a_promotion_loses_at_its_switch(losing: Stage) -> None:
    steps = (step("scale", Segment.PREPARE), step("switch", Segment.SWITCH, "scale"), step("again", Segment.SWITCH))
    losing.begin(steps, mode=Mode.PLANNED)
    assert [is_taking(losing.run, one) for one in steps] == [False, True, False]
    assert is_taking(
        losing.run.model_copy(update={"plan": losing.run.plan.model_copy(update={"steps": STEPS})}), STEPS[2]
    )


def test_a_planned_run_lost_of_the_database_what_the_service_said(losing: Stage) -> None:
    losing.begin(mode=Mode.PLANNED)
    run = losing.until_finished(losing.runner())
    aurora, bucket = losses_of(run.model_copy(update={"losses": (lost("aurora_global", 0.4), lost("s3", 95.0))}))
    assert (aurora.seconds, aurora.source) == (0.0, "RDS events")
    assert bucket.seconds == 95.0, "what S3 had not copied is not made good by a switchover"


def test_a_stale_figure_is_no_loss_that_is_known(lite: Stage, shop: Topology, clock: ManualClock) -> None:
    lite.begin()
    now = clock.now()
    reading = Reading(
        kind="s3", name="shop-web", region=WEST, gate=False, seconds=3.0, measured_at=now, observed_at=now,
        threshold_s=60, stale=True, source="test", source_region="eu-central-1", advanced_at=now,
    )  # fmt: skip
    later = now + timedelta(seconds=600)
    source = RegionVerdict(region="eu-central-1", verdict=Verdict.HEALTHY, reasons=(), since=now, observed_at=later)
    seen = Observation(application="shop", observed_at=later, duration_s=0.1, readings=(reading,), verdicts=(source,))
    run = lite.run.model_copy(update={"plan": lite.run.plan.model_copy(update={"target": WEST})})
    [found] = losses_at(shop, run, seen, later)
    assert (found.seconds, found.verdict, found.measured_at) == (None, "stale", now)
    assert losses_at(shop, run, None, later) == ()


def test_a_stores_target_is_its_own_threshold_and_in_step_is_met(lite: Stage) -> None:
    lite.begin()
    losses = (
        lost("secret", None),
        lost("aurora_global", 0.4, gate=True),
        lost("s3", 95.0),
        lost("kms", None, verdict="unknown"),
        lost("ssm", None, verdict="over"),
    )
    run = lite.run.model_copy(update={"losses": losses, "loss_s": 0.4, "state": RunState.SUCCEEDED})
    assert [(one.store.kind if one.store else "", one.met) for one in reached(run, 60.0)] == [
        ("", True), ("aurora_global", True), ("kms", None), ("s3", False), ("secret", True), ("ssm", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "took", "purpose", "rto", "rpo"),
    [
        (RunState.FAILED, True, Purpose.FAILOVER, "run-b failed, and its recovery time is not known", True),
        (RunState.FAILED, False, Purpose.FAILOVER, "run-b failed, and its recovery time is not known", False),
        (RunState.ABORTED, True, Purpose.FAILOVER, "run-b was aborted, and its recovery time is not known", True),
        (RunState.ABORTED, False, Purpose.FAILOVER, "", False),
        (RunState.SUCCEEDED, True, Purpose.FAILOVER, "run-b succeeded, and its recovery time is not known", True),
        (RunState.SUCCEEDED, True, Purpose.ROLLBACK, "", False),
        (RunState.RUNNING, True, Purpose.FAILOVER, "", False),
    ],
)
def test_a_newer_run_without_a_figure_is_named_beside_the_one_that_was_measured(
    lite: Stage, shop: Topology, state: RunState, took: bool, purpose: Purpose, rto: str, rpo: bool
) -> None:
    lite.begin()
    older = lite.run.model_copy(update={"state": RunState.SUCCEEDED, "loss_s": 1.0, "rto_s": 60.0})
    fencing = {step.name for step in older.plan.steps if step.segment is Segment.FENCE}
    at = lite.clock.now() if took else None
    steps = tuple(
        record.model_copy(update={"started_at": at if record.name in fencing else None}) for record in older.steps
    )
    plan, later = older.plan.model_copy(update={"purpose": purpose}), older.created_at.replace(year=2027)
    without = {"id": "run-b", "state": state, "loss_s": None, "rto_s": None, "created_at": later}
    newer: Run = older.model_copy(update={**without, "steps": steps, "plan": plan})
    assert last_that_moved((newer, older)) is older
    assert unmeasured((older, newer), newer) is None
    shown, lost, *_ = objectives((newer, older), None, shop.objectives, lite.clock.now())
    assert (shown.reached, shown.basis.partition("; ")[2]) == (60.0, rto)
    assert ("and its loss is not known" in lost.basis) is rpo
    nothing = tuple(step.model_copy(update={"best_effort": True}) for step in plan.steps)
    lossless: Run = newer.model_copy(update={"plan": plan.model_copy(update={"steps": nothing})})
    assert unmeasured((lossless, older), older) is None
