"""What a worker has proven holds for one round and one plan, both read at one moment."""

from typing import Any

import pytest
from sqlalchemy import update

from dr_core.approvals.escalation import escalate
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Request
from dr_core.approvals.renewal import renew
from dr_core.execution import control
from dr_core.execution.model import RunState, StepState
from dr_core.plan.step import Mode
from dr_core.store.tables import run as run_table
from tests.unit.approvals.conftest import approve

from .test_hold_and_go_on import over
from .test_rounds import asked_again
from .test_time_and_holds import approved_again, pause, resume, stand


def test_another_plan_in_the_row_of_a_run_that_was_proven_does_nothing(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    run = room.until(worker, run_id, lambda run: run.state is RunState.RUNNING)
    steps = tuple(
        step.model_copy(update={"title": "ANOTHER"}) if step.name == "promote" else step for step in run.plan.steps
    )
    other = run.plan.model_copy(update={"steps": steps}).model_dump_json()
    room.services.store.write(lambda tx: tx.conn.execute(update(run_table).values(plan=other)))
    ended = room.until(worker, run_id, over)
    assert ended.state is RunState.FAILED
    assert "not the one that was acknowledged" in ended.reason
    assert "promote" not in room.effects()


def test_a_round_that_came_and_went_between_two_ticks_is_proven_too(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, lambda run: run.state is RunState.RUNNING)
    pause(room, run_id)
    stand(room, worker, 31)
    resume(room, run_id)
    approved_again(room, run_id)
    proven, plain = list[int](), worker._judge.unproven

    def unproven(request: Request) -> str | None:
        proven.append(request.round)
        fault: str | None = plain(request)
        return fault

    worker._judge.unproven = unproven
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED
    assert proven == [2]


def test_a_run_whose_people_are_asked_as_a_worker_proves_it_is_not_ended_for_that(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker read run and request before the resume asked for a new round."""
    run_id = room.approved()
    pause(room, run_id)
    room.rest(31 * 60)
    room.see()
    worker = room.worker()
    plain, resumed = worker._prove, list[Any]()

    def prove(*given: Any) -> bool:
        if not resumed:
            resumed.append(resume(room, run_id))
        return bool(plain(*given))

    monkeypatch.setattr(worker, "_prove", prove)
    worker.tick()
    assert room.run(run_id).state is RunState.HELD
    assert asked_again(room.run(run_id))
    approved_again(room, run_id)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED


def test_an_escalation_that_expired_is_renewed_and_takes_the_place_of_its_run(room: Any) -> None:
    room.down = False
    room.see()
    room.world.takes_s = 5
    run_id, worker = room.approved(Mode.PLANNED), room.worker()
    room.until(worker, run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    room.world.done_at["promote"] = float("inf")
    room.down = True
    room.see()
    asker = room.person("U0REQUESTER")
    request = escalate(room.services, run_id, actor=asker, reason="it died", cmd_id="e1")
    control.pause(room.services, run_id, actor=asker, reason="wait", confirmed=True)
    stand(room, worker, 16)
    expire_due(room.services)
    again = renew(room.services, request.id, actor=asker, round=1)
    assert (again.round, again.state.value, again.supersedes) == (2, "open", run_id)
    approve(room.services, again, "U0ADA")
    assert approve(room.services, again, "U0GRACE").run_id != run_id
    assert room.run(run_id).state is RunState.ABORTED
