"""Time that passes while a run stands still: whose it is, what it makes stale, and what it must not take away."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dr_core.approvals.proof import AckVerifier
from dr_core.aws.faults import AwsRejectedError, AwsUnreachableError
from dr_core.errors import ConflictError
from dr_core.execution import brake, control
from dr_core.execution.judge import StoreJudge
from dr_core.execution.model import HoldKind, Run, RunState, StepState
from dr_core.execution.runner import Runner, worker_actor
from dr_core.failpoints import Point, armed
from dr_core.plan.step import Mode, Segment
from dr_core.store import observations
from tests.crash.answers import LostAnswer
from tests.unit.approvals.conftest import approve

from .test_hold_and_go_on import fencing, over
from .test_rounds import asked_again, worse

__all__ = ["worse"]


def passed_gates(room: Any, run_id: str) -> Any:
    return lambda run: "run.gates_passed" in room.kinds(run_id)


def pause(room: Any, run_id: str, user: str = "U0ADA") -> Run:
    return control.pause(room.services, run_id, actor=room.person(user), reason="wait", confirmed=True)


def resume(room: Any, run_id: str) -> Run:
    return control.resume(room.services, run_id, actor=room.person("U0ADA"))


def engage(room: Any) -> None:
    brake.engage(room.services, actor=room.person("U0LINUS"), reason="stop everything", confirmed=True)


def release(room: Any) -> None:
    brake.release(room.services, actor=room.person("U0ADA"))


def stand(room: Any, worker: Runner, minutes: float) -> None:
    """Time passes for a worker that keeps its leases; Slack's membership is read and the world is seen at the end."""
    for _ in range(4):
        worker.tick()
        room.clock.advance(minutes * 15)
    room.rest(0.1)
    room.see()


def approved_again(room: Any, run_id: str) -> None:
    request = room.request(run_id)
    for user in ("U0ADA", "U0GRACE"):
        approve(room.services, request, user)


@pytest.mark.parametrize("minutes", [0, 2])
def test_gates_that_were_passed_before_a_pause_are_asked_again_after_it(room: Any, minutes: int) -> None:
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, passed_gates(room, run_id))
    pause(room, run_id)
    room.lag_s = 4000.0
    worker.tick()
    stand(room, worker, minutes)
    resume(room, run_id)
    room.until(worker, run_id, lambda run: asked_again(run) or over(run), limit_s=30)
    assert asked_again(room.run(run_id))
    assert not [name for name in room.effects() if name.startswith("fence")]


def test_a_pass_of_the_gates_is_too_old_for_a_worker_that_slept(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, passed_gates(room, run_id))
    room.lag_s = 4000.0
    room.clock.advance(6)
    room.until(worker, run_id, lambda run: asked_again(run) or over(run), limit_s=30)
    assert asked_again(room.run(run_id))


def test_each_pass_of_the_gates_is_on_record(room: Any) -> None:
    """One owner, two rounds: the second pass is no repetition of the first."""
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, passed_gates(room, run_id))
    pause(room, run_id)
    stand(room, worker, 31)
    resume(room, run_id)
    approved_again(room, run_id)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED
    assert room.kinds(run_id).count("run.gates_passed") == 2


@pytest.mark.parametrize("stop", ["pause", "brake"])
def test_a_step_does_not_fail_for_time_in_which_nobody_may_act_on_it(room: Any, stop: str) -> None:
    room.down = False
    room.see()
    run_id, worker = room.approved(Mode.PLANNED), room.worker()
    first = next(step for step in room.run(run_id).plan.steps if step.segment is not Segment.PREPARE)
    room.world.observe_errors[first.name] = [AwsUnreachableError("throttled")] * 5
    room.until(worker, run_id, fencing)
    pause(room, run_id) if stop == "pause" else engage(room)
    stand(room, worker, first.deadline_s / 60 + 2)
    assert room.run(run_id).record(first.name).state is StepState.RUNNING
    assert room.effects().count(first.name) == 0
    resume(room, run_id) if stop == "pause" else release(room)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED, "its time starts anew"
    assert room.effects().count(first.name) == 1


def test_a_promotion_that_aws_refused_is_not_given_up_under_the_brake(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.world.act_errors["promote"] = [AwsRejectedError("throttled")] * 3
    room.until(worker, run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    engage(room)
    stand(room, worker, room.run(run_id).plan.step("promote").deadline_s / 60 + 2)
    assert room.run(run_id).record("promote").state is StepState.RUNNING
    release(room)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED


def test_an_approval_that_is_newer_than_the_brake_outlives_it(room: Any) -> None:
    engage(room)
    room.rest(40 * 60)
    room.see()
    run_id = room.approved()
    room.clock.advance(10)
    release(room)
    assert room.run(run_id).holds == ()
    assert room.until(room.worker(), run_id, over).state is RunState.SUCCEEDED


def test_a_round_that_was_approved_under_the_brake_outlives_it(room: Any) -> None:
    run_id = room.approved()
    engage(room)
    pause(room, run_id)
    room.rest(35 * 60)
    room.see()
    resume(room, run_id)
    approved_again(room, run_id)
    release(room)
    assert (room.request(run_id).round, room.run(run_id).holds) == (2, ())


def test_a_run_that_nobody_can_be_asked_about_any_more_ends_and_the_brake_comes_off(room: Any) -> None:
    run_id = room.approved()
    engage(room)
    room.rest(40 * 60)
    room.target_down = True
    room.see()
    release(room)
    assert room.run(run_id).braked_since is None
    assert "must be approved again, and cannot be" in room.run(run_id).ending.reason
    assert room.until(room.worker(), run_id, over).state is RunState.ABORTED
    assert room.effects() == []


def test_a_resume_of_a_run_that_nobody_can_be_asked_about_ends_it(room: Any) -> None:
    run_id = room.approved()
    pause(room, run_id)
    room.rest(40 * 60)
    room.target_down = True
    room.see()
    ending = resume(room, run_id).ending
    assert ending is not None
    assert "must be approved again, and cannot be" in ending.reason
    assert room.until(room.worker(), run_id, over).state is RunState.ABORTED


def test_a_pause_stays_when_the_release_of_the_brake_asks_for_a_round(room: Any) -> None:
    run_id = room.approved()
    engage(room)
    pause(room, run_id)
    room.rest(40 * 60)
    room.see()
    release(room)
    assert {hold.kind for hold in room.run(run_id).holds} == {HoldKind.PAUSED, HoldKind.ROUND}
    approved_again(room, run_id)
    assert [hold.kind for hold in room.run(run_id).holds] == [HoldKind.PAUSED]


def test_closed_gates_have_their_patience_anew_after_a_pause(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.target_down = True
    room.ticks(worker, 15)
    pause(room, run_id)
    stand(room, worker, 5)
    resume(room, run_id)
    room.ticks(worker, 5)
    assert not over(room.run(run_id))
    room.target_down = False
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED


def started(run: Run) -> bool:
    return run.state is RunState.RUNNING


def prepared(run: Run) -> bool:
    return all(run.record(step.name).state.settled for step in run.plan.steps if step.segment is Segment.PREPARE)


@pytest.mark.parametrize("so_far", [started, prepared])
def test_a_run_that_no_worker_moved_for_hours_before_its_gates_is_approved_again(room: Any, so_far: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.lag_s = None
    room.until(worker, run_id, so_far)
    room.lag_s = 0.4
    room.rest(3 * 3600)
    room.see()
    room.until(room.worker(), run_id, lambda run: asked_again(run) or over(run), limit_s=60)
    assert asked_again(room.run(run_id))
    assert not [name for name in room.effects() if name.startswith(("fence", "promote"))]


def test_a_round_whose_commit_was_not_answered_is_one_round(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.lag_s = 4000.0
    with armed(LostAnswer(1, [Point.RUN_ROUND])):
        room.until(worker, run_id, asked_again)
    assert room.request(run_id).round == 2
    assert not room.run(run_id).state.finished


def test_a_stale_resume_whose_commit_was_not_answered_asks_once(room: Any) -> None:
    run_id = room.approved()
    pause(room, run_id)
    room.rest(31 * 60)
    room.see()
    with armed(LostAnswer(1, [Point.RUN_RESUME])):
        control.resume(room.services, run_id, actor=room.person("U0ADA"), cmd_id="slack:9")
    assert asked_again(room.run(run_id))
    assert room.request(run_id).round == 2


def test_an_abort_needs_no_key(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.services.settings.ack_public_key.unlink()
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="stop")
    assert room.until(worker, run_id, over, limit_s=120).state is RunState.ABORTED


@pytest.mark.parametrize("behind_s", [0, 600])
def test_a_worker_whose_clock_is_slow_does_not_understate_the_loss(room: Any, behind_s: int) -> None:
    class Slow:
        def now(self) -> datetime:
            now: datetime = room.clock.now()
            return now - timedelta(seconds=behind_s)

        def monotonic(self) -> float:
            return float(room.clock.monotonic())

    run_id = room.approved()
    room.see(measured_ago_s=3900)
    settings = room.services.settings
    verifier = AckVerifier(settings.ack_public_key, settings.worker_public_key)
    judge = StoreJudge(replace(room.services, clock=Slow()), verifier, worker_actor("slow"))
    assert judge.over_limit(room.run(run_id), room.request(run_id)) is not None


@pytest.mark.parametrize(("ahead_s", "believed"), [(4, True), (600, False)])
def test_what_was_observed_in_the_future_is_not_believed(room: Any, ahead_s: int, believed: bool) -> None:
    run_id, store = room.approved(), room.services.store
    seen = store.read(lambda tx: observations.latest(tx, "shop"))
    full = tuple(state.model_copy(update={"running": 4, "desired": 4}) for state in seen.capacity)
    later = seen.model_copy(update={"observed_at": room.clock.now() + timedelta(seconds=ahead_s), "capacity": full})
    store.write(lambda tx: observations.save(tx, later))
    settings = room.services.settings
    verifier = AckVerifier(settings.ack_public_key, settings.worker_public_key)
    judge = StoreJudge(room.services, verifier, worker_actor("w1"))
    assert (judge.closed_gates(room.run(run_id)) == ()) is believed


def test_a_run_that_is_being_aborted_can_not_be_approved_again(room: Any, worse: str) -> None:
    control.abort(room.services, worse, actor=room.person("U0ADA"), reason="stop")
    with pytest.raises(ConflictError, match="is being aborted by Ada"):
        approve(room.services, room.request(worse), "U0GRACE", "unknown")
    assert room.request(worse).round_acks == ()
