"""The loss of each store is recorded when the work is taken from its region, and of a database as the service told."""

from datetime import timedelta

import pytest

from dr_core.clock import ManualClock
from dr_core.execution.loss import is_taking, losses_at, losses_of
from dr_core.execution.model import Run, RunState, StoreLoss
from dr_core.objectives.rpo import last_that_failed, last_that_moved, reached
from dr_core.observation.model import Observation, Reading, RegionVerdict, Verdict
from dr_core.plan.step import Mode, Segment
from dr_core.topology.model import Topology

from .conftest import STEPS, FakeJudge, Stage, step

WEST = "eu-west-1"


def lost(kind: str, seconds: float | None, *, gate: bool = False, verdict: str = "ok") -> StoreLoss:
    return StoreLoss(
        kind=kind, name="shop", gate=gate, seconds=seconds, threshold_s=60, verdict=verdict, source="test",
        measured_at=None, reason="as measured",
    )  # fmt: skip


@pytest.fixture
def losing(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    found = (lost("aurora_global", 0.4, gate=True), lost("s3", 95.0, verdict="over"))
    monkeypatch.setattr(FakeJudge, "losses", lambda self, run: found)
    return lite


def test_the_losses_stand_with_the_run_from_the_promotion_on(losing: Stage) -> None:
    losing.begin()
    runner = losing.runner()
    while losing.run.record("promote").started_at is None:
        assert losing.run.losses == ()
        runner.tick()
        losing.clock.advance(1)
    assert [(one.kind, one.seconds) for one in losing.run.losses] == [("aurora_global", 0.4), ("s3", 95.0)]


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
    )
    run = lite.run.model_copy(update={"losses": losses, "loss_s": 0.4, "state": RunState.SUCCEEDED})
    assert [(one.store.kind if one.store else "", one.met) for one in reached(run, 60.0)] == [
        ("", True), ("aurora_global", True), ("kms", None), ("s3", False), ("secret", True),
    ]  # fmt: skip


def test_a_newer_failure_is_named_beside_what_was_measured_before(lite: Stage) -> None:
    lite.begin()
    older = lite.run.model_copy(update={"state": RunState.SUCCEEDED, "loss_s": 1.0})
    newer: Run = older.model_copy(
        update={
            "id": "run-b",
            "state": RunState.FAILED,
            "loss_s": None,
            "created_at": older.created_at.replace(year=2027),
        }
    )
    assert last_that_moved((newer, older)) is older
    assert last_that_failed((newer, older), older) is newer
    assert last_that_failed((older, newer), newer) is None
