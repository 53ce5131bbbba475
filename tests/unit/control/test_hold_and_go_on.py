"""Pause, resume, abort, take over: what people do to a run, before it has taken anything away and in its middle."""

from typing import Any

import pytest

from dr_core.audit import trail
from dr_core.errors import ConflictError, RefusedError, UnreachableError, UsageError
from dr_core.execution import control
from dr_core.execution.impact import ConfirmationError
from dr_core.execution.model import HoldKind, Run, RunState, StepState
from dr_core.execution.recovery import left_over
from dr_core.plan.step import Segment
from dr_core.store import observations, scope
from tests.unit.approvals.conftest import ask, observed

FINISHED = (RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED)


def over(run: Run) -> bool:
    return run.state in FINISHED


def fencing(run: Run) -> bool:
    """The first step that takes something away is under way."""
    first = next(step for step in run.plan.steps if step.segment is not Segment.PREPARE)
    return run.record(first.name).state is StepState.RUNNING


def pause(room: Any, run_id: str, **more: Any) -> Run:
    return control.pause(room.services, run_id, actor=room.person("U0REQUESTER"), reason="wait for Ada", **more)


def test_a_paused_run_starts_nothing_until_an_approver_resumes_it(room: Any) -> None:
    run_id = room.approved()
    held = pause(room, run_id)
    assert (held.state, held.hold) == (RunState.HELD, "paused by U0REQUESTER: wait for Ada")
    worker = room.worker()
    room.ticks(worker, 60)
    assert room.effects() == []
    with pytest.raises(RefusedError, match="Only an approver"):
        control.resume(room.services, run_id, actor=room.person("U0REQUESTER"))
    control.resume(room.services, run_id, actor=room.person("U0ADA"))
    ended = room.until(worker, run_id, over)
    assert ended.state is RunState.SUCCEEDED
    assert sorted(room.effects()) == sorted(set(room.effects()))
    assert {"run.paused", "run.resumed"} <= set(room.kinds(run_id))
    assert room.services.store.read(trail.verify).ok


def test_in_the_middle_a_pause_tells_what_is_down_and_asks(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    room.until(worker, run_id, fencing)
    with pytest.raises(ConfirmationError) as caught:
        pause(room, run_id)
    [impact] = caught.value.impacts
    told = " ".join(impact.facts)
    assert "Under way: " in told
    assert "eu-central-1 can write (seen" in told
    assert "api.example.com leads to eu-central-1 (seen" in told
    assert room.run(run_id).hold is None
    pause(room, run_id, confirmed=True)
    room.ticks(worker, 60)
    held = room.run(run_id)
    assert not [record for record in held.steps if record.state is StepState.RUNNING], "what was under way ended"
    before = room.effects()
    room.ticks(worker, 60)
    assert room.effects() == before, "and nothing new began"
    control.resume(room.services, run_id, actor=room.person("U0ADA"))
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED
    assert sorted(room.effects()) == sorted(set(room.effects()))


def test_a_pause_is_once_and_has_a_reason(room: Any) -> None:
    run_id = room.approved()
    first = pause(room, run_id, cmd_id="slack:1")
    assert pause(room, run_id, cmd_id="slack:1").holds == first.holds, "the same press twice"
    with pytest.raises(ConflictError, match="was paused by U0REQUESTER"):
        pause(room, run_id, cmd_id="slack:2")
    with pytest.raises(UsageError, match="needs a reason"):
        control.abort(room.services, run_id, actor=room.person("U0ADA"), reason=" ")
    assert room.kinds(run_id).count("run.paused") == 1


def test_a_run_that_is_not_held_cannot_be_resumed(room: Any) -> None:
    run_id = room.approved()
    with pytest.raises(ConflictError, match="it is not held"):
        control.resume(room.services, run_id, actor=room.person("U0ADA"))


def test_an_abort_before_anything_was_taken_away_ends_the_run_unharmed(room: Any) -> None:
    run_id = room.approved()
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="the region is back")
    worker = room.worker()
    ended = room.until(worker, run_id, over)
    assert (ended.state, ended.reason) == (RunState.ABORTED, "aborted by Ada: the region is back")
    assert room.effects() == []
    assert room.services.store.read(lambda tx: scope.holder(tx, ("shop",))) is None
    room.see()
    assert ask(room.services, cmd_id="again").state.value == "open", "and the application is free"


def test_in_the_middle_an_abort_watches_what_is_under_way_to_its_end(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    room.until(worker, run_id, fencing)
    abort = {"actor": room.person("U0ADA"), "reason": "wrong region"}
    with pytest.raises(ConfirmationError, match="Would not be begun: "):
        control.abort(room.services, run_id, **abort)
    before = room.effects()
    control.abort(room.services, run_id, **abort, confirmed=True)
    ended = room.until(worker, run_id, over)
    assert ended.state is RunState.ABORTED
    assert room.effects() == before
    assert {record.state for record in ended.steps} <= {StepState.DONE, StepState.WAITING}
    assert room.services.store.read(trail.verify).ok


def test_an_approver_ends_what_a_finished_run_still_tries(room: Any) -> None:
    run_id = room.approved()
    lost = [step.name for step in room.run(run_id).plan.steps if step.best_effort]
    room.world.observe_errors |= {name: [UnreachableError("timeout")] * 1000 for name in lost}
    worker = room.worker()
    left = [record.name for record in left_over(room.until(worker, run_id, over))]
    assert left
    abort = {"actor": room.person("U0ADA"), "reason": "the store was put back", "cmd_id": "slack:1"}
    with pytest.raises(RefusedError, match="Only an approver"):
        control.abort(room.services, run_id, actor=room.person("U0REQUESTER"), reason="no")
    with pytest.raises(
        ConfirmationError, match=r"finished run still tries\. .* would stay undone: .*Scale shop/api in"
    ):
        control.abort(room.services, run_id, **abort)
    with pytest.raises(ConflictError, match="has succeeded already"):
        pause(room, run_id)
    for _ in range(2):
        ended = control.abort(room.services, run_id, **abort, confirmed=True)
        assert (ended.state, ended.follow_up) == (RunState.SUCCEEDED, False)
    with pytest.raises(ConflictError, match="has succeeded already"):
        control.abort(room.services, run_id, **abort | {"cmd_id": "slack:2"}, confirmed=True)
    assert room.kinds(run_id).count("run.followed") == 1
    room.world.observe_errors.clear()
    for _ in range(60):
        worker.tick()
        room.clock.advance(1)
    assert not set(left) & set(room.effects())
    assert worker.owned == ()


@pytest.mark.parametrize(
    ("writers", "state", "fences"),
    [(("eu-central-1",), "failed", {}), (("eu-west-1",), "not_reached", {"eu-central-1": "unfenced"})],
)
def test_an_ended_follow_up_leaves_no_region_unfenced_that_the_application_is_back_in(
    room: Any, writers: tuple[str, ...], state: str, fences: dict[str, str]
) -> None:
    run_id = room.approved()
    lost = {step.name for step in room.run(run_id).plan.steps if step.best_effort}
    room.world.observe_errors |= {name: [UnreachableError("timeout")] * 1000 for name in lost}
    left = left_over(room.until(room.worker(), run_id, over))
    room.clock.advance(1)
    seen = observed(room.clock.now()).model_copy(update={"writers": writers})
    room.services.store.write(lambda tx: observations.save(tx, seen))
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="gone back by hand", confirmed=True)
    assert {room.run(run_id).record(record.name).state.value for record in left} == {state}
    assert room.services.store.read(lambda tx: observations.region_fences(tx, "shop")) == fences
    assert room.services.store.read(trail.verify).ok


def test_an_abort_does_not_wait_forever_for_a_step_that_nobody_can_observe(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    run = room.until(worker, run_id, fencing)
    [stuck] = [record.name for record in run.steps if record.state is StepState.RUNNING]
    room.world.observe_errors[stuck] = [UnreachableError("timeout")] * 1000
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="give up", confirmed=True)
    ended = room.until(worker, run_id, over, limit_s=120)
    assert ended.state is RunState.ABORTED
    assert ended.record(stuck).state is StepState.UNCERTAIN


def test_an_aborted_step_that_left_no_trace_is_skipped(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    run = room.until(worker, run_id, fencing)
    [begun] = [record.name for record in run.steps if record.state is StepState.RUNNING]
    room.world.done_at.pop(begun, None)
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="give up", confirmed=True)
    ended = room.until(worker, run_id, over, limit_s=120)
    assert (ended.state, ended.record(begun).state) == (RunState.ABORTED, StepState.SKIPPED)


def test_whoever_takes_a_run_that_is_to_be_aborted_starts_nothing(room: Any) -> None:
    run_id = room.approved()
    room.until(room.worker(), run_id, fencing)
    before = room.effects()
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="give up", confirmed=True)
    room.rest(21)
    ended = room.until(room.worker(), run_id, over)
    assert ended.state is RunState.ABORTED
    assert room.effects() == before


def test_a_resumed_uncertain_step_is_observed_again_and_begun_anew(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    promote = "promote"
    room.world.takes_s = 2
    room.until(worker, run_id, lambda run: run.record(promote).state is StepState.RUNNING)
    room.world.observe_errors[promote] = [UnreachableError("timeout")] * 100_000
    room.until(worker, run_id, lambda run: run.record(promote).state is StepState.UNCERTAIN, limit_s=3600, every_s=5)
    assert room.run(run_id).holds_for(HoldKind.UNCERTAIN) is not None
    room.world.observe_errors[promote] = []
    room.world.done_at.pop(promote, None)
    control.resume(room.services, run_id, actor=room.person("U0ADA"))
    again = room.run(run_id).record(promote)
    assert (again.state, again.ended_at) == (StepState.RUNNING, None)
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED
    tokens = {token for name, token in room.world.effects if name == promote}
    assert len(tokens) == 1, "the same token over all attempts"


def test_a_hung_worker_loses_its_run_and_another_goes_on_after_the_lease(room: Any) -> None:
    run_id = room.approved()
    hung = room.worker()
    room.until(hung, run_id, fencing)
    epoch = room.run(run_id).epoch
    with pytest.raises(RefusedError):
        control.takeover(room.services, run_id, actor=room.person("U0REQUESTER"))
    control.takeover(room.services, run_id, actor=room.person("U0ADA"))
    other = room.worker()
    other.tick()
    assert other.owned == (), "the old one may act for the rest of its lease"
    room.clock.advance(6)
    hung.tick()
    assert hung.owned == (), "its next beat is refused"
    room.rest(15)
    assert room.until(other, run_id, over).state is RunState.SUCCEEDED
    assert room.run(run_id).epoch > epoch + 1
    assert sorted(room.effects()) == sorted(set(room.effects()))


def test_a_run_that_nobody_holds_needs_no_takeover(room: Any) -> None:
    run_id = room.approved()
    with pytest.raises(ConflictError, match="No worker holds"):
        control.takeover(room.services, run_id, actor=room.person("U0ADA"))


def test_a_finished_run_cannot_be_controlled(room: Any) -> None:
    run_id = room.approved()
    room.until(room.worker(), run_id, over)
    room.rest(1)
    for act in (control.resume, control.takeover):
        with pytest.raises(ConflictError, match="has succeeded already"):
            act(room.services, run_id, actor=room.person("U0ADA"))
