"""The primary dies in the middle of a planned run: a forced request takes its place, with its own quorum."""

from typing import Any

import pytest

from dr_core.approvals.escalation import escalate
from dr_core.audit import trail
from dr_core.errors import ConflictError, RefusedError, UsageError
from dr_core.execution.model import RunState, StepState
from dr_core.plan.step import Mode
from dr_core.store import requests
from tests.unit.approvals.conftest import approve

from .test_hold_and_go_on import over


@pytest.fixture
def stuck(room: Any) -> str:
    """A planned run whose promotion is under way when the primary dies; its id."""
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    room.world.takes_s = 5
    worker = room.worker()
    room.until(worker, run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    room.world.done_at["promote"] = float("inf")
    room.worker_of_planned = worker
    room.down = True
    room.see()
    return run_id


def ask_forced(room: Any, run_id: str, **more: Any) -> Any:
    given = {"actor": room.person("U0REQUESTER"), "reason": "the primary died", "cmd_id": "slack:e1"} | more
    return escalate(room.services, run_id, **given)


def test_the_planned_run_goes_on_until_the_forced_request_is_approved(room: Any, stuck: str) -> None:
    request = ask_forced(room, stuck)
    assert (request.plan.mode, request.supersedes) == (Mode.FORCED, stuck)
    assert ask_forced(room, stuck).id == request.id, "the same press twice"
    approve(room.services, request, "U0ADA")
    assert room.run(stuck).state is RunState.RUNNING
    outcome = approve(room.services, request, "U0GRACE")
    old = room.run(stuck)
    assert (old.state, old.reason) == (RunState.ABORTED, f"superseded by request {request.id}")
    assert old.record("promote").state is StepState.UNCERTAIN
    assert "run.superseded" in room.kinds(stuck)
    new = room.run(outcome.run_id)
    assert new.lease_until == old.lease_until, "the old owner may act for the rest of its lease"


def test_the_forced_run_waits_for_the_lease_of_the_planned_one(room: Any, stuck: str) -> None:
    request = ask_forced(room, stuck)
    approve(room.services, request, "U0ADA")
    run_id = approve(room.services, request, "U0GRACE").run_id
    other = room.worker()
    other.tick()
    assert other.owned == ()
    room.worker_of_planned.tick()
    room.rest(21)
    before = len(room.world.effects)
    room.worker_of_planned.tick()
    assert len(room.world.effects) == before, "the old owner has lost its run"
    room.world.done_at.clear()
    assert room.until(other, run_id, over).state is RunState.SUCCEEDED
    assert room.services.store.read(trail.verify).ok


def test_a_planned_run_that_ended_meanwhile_is_not_superseded(room: Any, stuck: str) -> None:
    request = ask_forced(room, stuck)
    approve(room.services, request, "U0ADA")
    room.world.done_at["promote"] = 0.0
    room.until(room.worker_of_planned, stuck, over)
    with pytest.raises(ConflictError, match="has succeeded meanwhile"):
        approve(room.services, request, "U0GRACE")
    assert room.services.store.read(lambda tx: requests.get(tx, request.id)).state.value == "open"


def test_only_an_unfinished_planned_run_is_escalated_and_with_a_reason(room: Any, stuck: str) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        ask_forced(room, stuck, reason=" ")
    room.world.done_at["promote"] = 0.0
    room.until(room.worker_of_planned, stuck, over)
    with pytest.raises(ConflictError, match="succeeded already"):
        ask_forced(room, stuck)


def test_a_forced_run_is_not_escalated(room: Any) -> None:
    run_id = room.approved()
    with pytest.raises(RefusedError, match="forced already"):
        ask_forced(room, run_id)
