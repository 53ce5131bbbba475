"""The brake: nothing new starts anywhere until an approver releases it, and one person cannot block with it."""

from datetime import timedelta
from typing import Any

import pytest

from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError, RefusedError, UnreachableError
from dr_core.execution import brake, control
from dr_core.execution.impact import ConfirmationError
from dr_core.execution.model import HoldKind, RunState, StepState
from dr_core.store import brake as brakes
from dr_core.store import run_leases, runs
from dr_core.store.runs import Change, HeldError
from tests.unit.approvals.conftest import approve, ask

from .test_hold_and_go_on import fencing, over


def engage(room: Any, user: str = "U0REQUESTER", **more: Any) -> Any:
    return brake.engage(room.services, actor=room.person(user), reason="stop everything", **more)


def release(room: Any, user: str = "U0ADA", **more: Any) -> Any:
    return brake.release(room.services, actor=room.person(user), **more)


def test_under_the_brake_no_run_begins_anything(room: Any) -> None:
    run_id = room.approved()
    put_on = engage(room)
    assert (put_on.engaged, put_on.by, put_on.reason) == (True, "U0REQUESTER", "stop everything")
    assert room.run(run_id).braked_since is not None
    worker = room.worker()
    room.ticks(worker, 30)
    assert room.effects() == []
    with pytest.raises(RefusedError, match="Only an approver"):
        release(room, "U0REQUESTER")
    assert not release(room).engaged
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED
    assert {"brake.engaged", "brake.released"} <= set(room.ops())
    assert room.services.store.read(trail.verify).ok


def test_in_the_middle_of_a_run_the_brake_tells_what_is_down_and_asks(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    room.until(worker, run_id, fencing)
    with pytest.raises(ConfirmationError) as caught:
        engage(room)
    assert [impact.run for impact in caught.value.impacts] == [run_id]
    assert not room.services.store.read(brakes.get).engaged
    engage(room, confirmed=True)
    room.ticks(worker, 30)
    before = room.effects()
    room.ticks(worker, 60)
    assert room.effects() == before
    release(room)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED
    assert sorted(room.effects()) == sorted(set(room.effects()))


def test_a_run_that_is_approved_under_the_brake_waits_for_its_release(room: Any) -> None:
    engage(room)
    run_id = room.approved()
    assert room.run(run_id).braked_since is not None
    worker = room.worker()
    room.ticks(worker, 30)
    assert room.effects() == []
    release(room)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED


def test_an_intent_does_not_pass_a_brake_that_its_run_does_not_know_of(room: Any) -> None:
    """A run that was created while the brake's transaction was under way carries no mark of it."""
    run_id = room.approved()
    engage(room)
    store = room.services.store

    def unmarked(tx: Any) -> None:
        runs.command(tx, run_id, Change([(EventKind.RUN_TAKEN, {}, {}, None)], {"braked_since": None, "hold": None}))
        run_leases.take(tx, run_id, "w9", timedelta(seconds=20), [(EventKind.RUN_TAKEN, {}, {}, None)])
        runs.transition(tx, run_id, 1, Change([(EventKind.STEP_INTENT, {}, {}, None)], intent=True))

    with pytest.raises(HeldError, match="the brake is on"):
        store.write(unmarked)


def test_a_pause_outlives_the_brake(room: Any) -> None:
    run_id = room.approved()
    control.pause(room.services, run_id, actor=room.person("U0ADA"), reason="first")
    engage(room)
    release(room)
    held = room.run(run_id)
    assert (held.state, held.hold, held.braked_since) == (RunState.HELD, "paused by Ada: first", None)
    control.resume(room.services, run_id, actor=room.person("U0ADA"))
    assert room.run(run_id).hold is None


def test_a_resume_does_not_lift_the_brake(room: Any) -> None:
    run_id = room.approved()
    control.pause(room.services, run_id, actor=room.person("U0ADA"), reason="first")
    engage(room)
    control.resume(room.services, run_id, actor=room.person("U0ADA"))
    worker = room.worker()
    room.ticks(worker, 20)
    assert room.effects() == []
    assert room.run(run_id).hold == "the brake is on"


def test_the_brake_is_put_on_and_taken_off_once(room: Any) -> None:
    engage(room, cmd_id="slack:1")
    assert engage(room, cmd_id="slack:1").engaged, "the same press again"
    with pytest.raises(ConflictError, match="on already, put on by U0REQUESTER"):
        engage(room, "U0ADA", cmd_id="slack:2")
    release(room, cmd_id="slack:3")
    assert not release(room, cmd_id="slack:3").engaged
    with pytest.raises(ConflictError, match="off already"):
        release(room, cmd_id="slack:4")
    assert room.ops().count("brake.engaged") == room.ops().count("brake.released") == 1


def test_one_person_cannot_block_with_the_brake(room: Any) -> None:
    engage(room)
    release(room)
    with pytest.raises(ConflictError, match="this is an objection"):
        engage(room)
    assert not room.services.store.read(brakes.get).engaged
    assert engage(room, "U0GRACE").engaged, "two carry it"


def test_after_half_an_hour_under_the_brake_the_quorum_is_asked_again(room: Any) -> None:
    run_id = room.approved()
    engage(room)
    room.rest(31 * 60)
    room.see()
    release(room)
    held = room.run(run_id)
    assert held.holds_for(HoldKind.ROUND) is not None
    request = room.request(run_id)
    assert (request.state.value, request.round) == ("open", 2)
    worker = room.worker()
    room.ticks(worker, 30)
    assert room.effects() == []
    approve(room.services, request, "U0ADA")
    approve(room.services, request, "U0GRACE")
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED


def test_an_uncertain_step_is_not_begun_anew_under_the_brake(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    room.until(worker, run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    room.world.observe_errors["promote"] = [UnreachableError("timeout")] * 100_000
    room.until(worker, run_id, lambda run: run.record("promote").state is StepState.UNCERTAIN, limit_s=3600, every_s=5)
    room.rest(1)
    engage(room, confirmed=True)
    with pytest.raises(ConflictError, match="the brake is on"):
        control.resume(room.services, run_id, actor=room.person("U0ADA"))
    release(room)
    assert control.resume(room.services, run_id, actor=room.person("U0ADA")).hold is None


def test_requests_can_be_opened_and_approved_under_the_brake(room: Any) -> None:
    engage(room)
    request = ask(room.services)
    assert approve(room.services, request, "U0ADA").missing == 1
