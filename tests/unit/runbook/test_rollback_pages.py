"""The way back of the last run is kept outside the bot when the run has ended or stands still, once for each change."""

from typing import Any

import pytest

from dr_core.clock import ManualClock
from dr_core.execution.model import Hold, HoldKind, Run, RunState, StepRecord, StepState
from dr_core.plan.failover import build
from dr_core.plan.step import Mode
from dr_core.runbook.memory import MemoryPlace
from dr_core.runbook.rollback_pages import RollbackPages, settled
from dr_core.store.engine import Store
from dr_core.topology.model import Topology
from tests.unit.runbook.test_export import Lease

HOME, AWAY = "eu-central-1", "eu-west-1"


def run_of(topology: Topology, clock: ManualClock, state: RunState, **changes: Any) -> Run:
    """One that has scaled the target up and copied its parameters, and no more."""
    plan = build(topology, "shop", source=HOME, target=AWAY, mode=Mode.PLANNED)
    found = {"scale-target": {"desired": 2}, "sync-parameters": {"compared": 1}}
    records = [
        StepRecord(name=step.name, state=StepState.DONE, evidence={"before": found[step.kind]})
        if step.kind in found
        else StepRecord(name=step.name, state=StepState.WAITING)
        for step in plan.steps
    ]
    values: dict[str, Any] = {
        "id": "run-1", "request": "r-1", "application": "shop", "plan": plan, "state": state, "epoch": 1, "owner": None,
        "lease_until": None, "hold": None, "created_at": clock.now(), "started_at": clock.now(), "ended_at": None,
        "steps": tuple(records),
    }  # fmt: skip
    return Run(**(values | changes))


class Stage:
    def __init__(self, store: Store, topology: Topology, clock: ManualClock) -> None:
        self.folder, self.bucket, self.lease = MemoryPlace("folder"), MemoryPlace("bucket"), Lease()
        lease: Any = self.lease
        self.clock, self.last = clock, run_of(topology, clock, RunState.ABORTED)
        self.duty = RollbackPages(store, topology, (self.folder,), (self.bucket,), lease, clock, lambda name: self.last)


@pytest.fixture
def stage(store: Store, shop: Topology, clock: ManualClock) -> Stage:
    return Stage(store, shop, clock)


def test_the_page_says_how_to_take_back_what_was_done_and_what_stays(stage: Stage) -> None:
    stage.duty.round()
    assert list(stage.folder.pages) == list(stage.bucket.pages) == ["shop/rollback-run-1.md"]
    text = stage.folder.pages["shop/rollback-run-1.md"]
    assert text.startswith("# shop: rollback of run run-1, back to eu-central-1, by hand")
    assert f"Scale shop/api in {AWAY} to 2, as it was before" in text
    assert "aws ecs update-service" in text
    assert "## What these steps leave out" in text
    assert "has the parameters of eu-central-1 now" in text


def test_it_is_written_once_and_again_when_more_of_it_is_there(stage: Stage) -> None:
    stage.duty.round()
    stage.folder.pages.clear()
    stage.duty.round()
    assert not stage.folder.pages, "the same again is not written"
    records = tuple(
        record.model_copy(update={"state": StepState.REACHED_LATE, "evidence": {"before": {"desired": 4}}})
        if stage.last.plan.step(record.name).kind == "fence-source"
        else record
        for record in stage.last.steps
    )
    stage.last = stage.last.model_copy(update={"steps": records})
    stage.duty.round()
    assert f"Scale shop/api in {HOME} to at least 4 again" in stage.folder.pages["shop/rollback-run-1.md"]


def test_a_place_that_fails_is_tried_again_after_a_minute_and_keeps_no_other_from_it(stage: Stage) -> None:
    stage.bucket.down = True
    stage.duty.round()
    assert stage.folder.pages
    stage.bucket.down = False
    stage.duty.round()
    assert not stage.bucket.pages, "not before a minute is over"
    stage.clock.advance(61)
    stage.duty.round()
    assert stage.bucket.pages


def test_the_buckets_are_written_by_the_one_with_the_lease(stage: Stage) -> None:
    stage.lease.ours = False
    stage.duty.round()
    assert stage.folder.pages
    assert not stage.bucket.pages


def test_a_run_that_goes_on_is_waited_for(stage: Stage, shop: Topology) -> None:
    held = Hold(kind=HoldKind.PAUSED, reason="wait", since=stage.clock.now())
    going = run_of(shop, stage.clock, RunState.RUNNING)
    assert not settled(going)
    assert settled(going.model_copy(update={"holds": (held,), "hold": "wait"}))
    stage.last = going
    stage.duty.round()
    assert not stage.folder.pages
