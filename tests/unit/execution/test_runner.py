"""A run: in order, once, recorded, and resumable from every moment."""

from collections import Counter
from typing import Any

import pytest

from dr_core.audit import trail
from dr_core.aws.faults import AwsRejectedError, AwsUnreachableError
from dr_core.errors import UnreachableError
from dr_core.execution.model import RunState
from dr_core.execution.recovery import next_moves
from dr_core.plan.step import Mode, Segment
from dr_core.store import scope

from .conftest import STEPS, Stage, step


def test_a_run_does_every_step_once_in_order_and_records_it(stage: Stage) -> None:
    stage.begin()
    run = stage.until_finished(stage.runner())
    assert run.state is RunState.SUCCEEDED
    assert [name for name, _ in stage.world.effects] == [s.name for s in STEPS]
    assert set(stage.states().values()) == {"done"}
    kinds = Counter(event.kind for event in stage.store.read(lambda tx: trail.listing(tx, limit=200)))
    assert kinds["step.intent"] == kinds["step.done"] == len(STEPS)
    assert kinds["run.started"] == kinds["run.gates_passed"] == kinds["run.succeeded"] == 1
    assert stage.store.read(trail.verify).ok
    assert stage.store.read(lambda tx: scope.holder(tx, ("shop",))) is None


def test_nothing_starts_without_proven_acknowledgements(stage: Stage) -> None:
    stage.begin()
    stage.judge.fault = "the acknowledgement of Eve carries no valid signature of the bot"
    run = stage.until_finished(stage.runner())
    assert run.state is RunState.FAILED
    assert "Eve" in run.reason
    assert stage.world.effects == []


def test_closed_gates_end_the_run_before_anything_is_fenced(stage: Stage) -> None:
    stage.begin()
    stage.judge.reasons = ("exposure 120 s is over the accepted 60 s",)
    run = stage.until_finished(stage.runner())
    assert run.state is RunState.FAILED
    assert "exposure 120 s" in run.reason
    assert [name for name, _ in stage.world.effects] == ["scale"]


def test_gates_that_open_in_time_let_the_run_go_on(stage: Stage) -> None:
    stage.begin()
    stage.judge.reasons = ("capacity: 1 of 4 runs",)
    runner = stage.runner()
    for _ in range(20):
        runner.tick()
        stage.clock.advance(1)
    stage.judge.reasons = ()
    assert stage.until_finished(runner).state is RunState.SUCCEEDED


def test_independent_steps_run_at_the_same_time(stage: Stage) -> None:
    stage.begin()
    run = stage.until_finished(stage.runner())
    first, second = run.record("switch-a"), run.record("switch-b")
    assert first.started_at == second.started_at


def test_a_call_that_returned_is_not_a_result(stage: Stage) -> None:
    stage.begin()
    stage.world.takes_s = 30
    runner = stage.runner()
    for _ in range(5):
        runner.tick()
        stage.clock.advance(1)
    assert stage.states()["scale"] == "running"
    assert "s left" in stage.run.record("scale").detail


def test_a_lost_answer_is_observed_before_anything_is_done_again(stage: Stage) -> None:
    stage.begin()
    lost = AwsUnreachableError("rds failover_global_cluster failed inside AWS (500)")
    lost.outcome_unknown = True
    stage.world.act_errors["promote"] = [lost]
    assert stage.until_finished(stage.runner()).state is RunState.SUCCEEDED
    assert Counter(name for name, _ in stage.world.effects)["promote"] == 1


def test_an_act_that_surely_failed_is_tried_again_with_the_same_token(stage: Stage) -> None:
    stage.begin()
    stage.world.act_errors["promote"] = [AwsUnreachableError("could not be reached: no connection")]
    run = stage.until_finished(stage.runner())
    assert run.state is RunState.SUCCEEDED
    assert [token for name, token in stage.world.effects if name == "promote"] == [run.record("promote").token]


def test_aws_that_keeps_refusing_before_the_gates_ends_the_run_and_the_reason_names_it(stage: Stage) -> None:
    stage.begin()
    stage.world.act_errors["scale"] = [AwsRejectedError("ecs UpdateService was refused: ServiceNotFound")] * 20
    run = stage.until_finished(stage.runner())
    assert run.state is RunState.FAILED
    assert "ServiceNotFound" in run.reason
    assert stage.states()["fence"] == "waiting"


def test_a_refusal_after_the_gates_is_waited_out(stage: Stage) -> None:
    """A global cluster that is busy for a while refuses a switchover; the source is fenced by then."""
    stage.begin(mode=Mode.PLANNED)
    stage.world.act_errors["promote"] = [AwsRejectedError("rds refused: InvalidGlobalClusterStateFault")] * 20
    assert stage.until_finished(stage.runner()).state is RunState.SUCCEEDED
    assert Counter(name for name, _ in stage.world.effects)["promote"] == 1


def test_a_best_effort_step_in_a_dead_region_is_bounded_and_tried_again_after_the_end(stage: Stage) -> None:
    fence = step("fence", Segment.FENCE, "scale", best_effort=True, deadline_s=20)
    stage.begin(tuple(fence if s.name == "fence" else s for s in STEPS))
    dead = UnreachableError("ecs update_service in eu-central-1 could not be reached")
    stage.world.observe_errors["fence"] = [dead] * 40
    runner = stage.runner()
    run = stage.until_finished(runner)
    assert run.state is RunState.SUCCEEDED
    assert stage.states()["fence"] == "not_reached"
    waited = run.record("promote").started_at - run.record("fence").started_at  # type: ignore[operator]
    assert 20 <= waited.total_seconds() <= 23
    stage.world.observe_errors.clear()
    for _ in range(120):
        runner.tick()
        stage.clock.advance(1)
    assert stage.states()["fence"] == "reached_late"
    kinds = [event.kind for event in stage.store.read(lambda tx: trail.listing(tx, limit=200))]
    assert "step.reached_late" in kinds
    assert Counter(name for name, _ in stage.world.effects)["fence"] == 1


def test_a_call_that_hangs_in_the_dead_region_does_not_hold_the_run(stage: Stage) -> None:
    fence = step("fence", Segment.FENCE, "scale", best_effort=True, deadline_s=20)
    stage.begin(tuple(fence if s.name == "fence" else s for s in STEPS))
    stage.executor.hanging = {"fence"}
    assert stage.until_finished(stage.runner(), 120).state is RunState.SUCCEEDED


def test_a_promotion_that_may_be_half_done_waits_for_a_person_and_goes_on_when_it_is_seen_done(stage: Stage) -> None:
    promote = step("promote", Segment.PROMOTE, "fence", deadline_s=60)
    stage.begin(tuple(promote if s.name == "promote" else s for s in STEPS))
    stage.world.takes_s = 1
    stage.world.after_act = lambda name: stage.world.done_at.update(
        {"promote": stage.clock.monotonic() + 300} if name == "promote" else {}
    )
    runner = stage.runner()
    for _ in range(120):
        runner.tick()
        stage.clock.advance(1)
    assert stage.run.state is RunState.HELD
    assert stage.states()["promote"] == "uncertain"
    assert stage.states()["switch-a"] == "waiting"
    assert stage.until_finished(runner).state is RunState.SUCCEEDED
    assert Counter(name for name, _ in stage.world.effects)["promote"] == 1


def test_a_stopped_worker_hands_over_at_once_and_a_dead_one_after_its_lease(stage: Stage) -> None:
    stage.begin()
    first, second = stage.runner(), stage.runner()
    first.tick()
    second.tick()
    assert (first.owned, second.owned) == ((stage.run_id,), ())
    first.stop()
    second.tick()
    assert second.owned == (stage.run_id,)
    third = stage.runner()
    stage.clock.advance(19)
    third.tick()
    assert third.owned == ()
    stage.clock.advance(2)
    third.tick()
    assert third.owned == (stage.run_id,)


def test_an_owner_that_was_paused_past_its_lease_does_nothing_more(stage: Stage) -> None:
    stage.begin()
    paused = stage.runner()
    paused.tick()
    stage.clock.advance(25)
    other = stage.runner()
    other.tick()
    effects = len(stage.world.effects)
    paused.tick()
    assert paused.owned == ()
    assert len(stage.world.effects) == effects
    assert stage.until_finished(other).state is RunState.SUCCEEDED


class _Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("after", [False, True], ids=["before-commit", "after-commit"])
def test_a_worker_killed_at_any_commit_leaves_a_run_that_another_ends_with_every_effect_once(
    lite: Stage, after: bool
) -> None:
    """Every commit of the run is a crash point, before it and after it; each is one life of a worker."""
    lite.begin()
    written = lite.store.write
    killed = 0
    for point in range(200):
        countdown = [point % 7 + 1]

        def dying(work: Any, point: Any = None, *, countdown: list[int] = countdown) -> Any:
            countdown[0] -= 1
            if countdown[0] == 0 and not after:
                raise _Killed
            result = written(work, point)
            if countdown[0] == 0:
                raise _Killed
            return result

        runner = lite.runner()
        lite.store.write = dying  # type: ignore[method-assign]
        try:
            for _ in range(30):
                runner.tick()
                lite.clock.advance(1)
        except _Killed:
            killed += 1
        lite.store.write = written  # type: ignore[method-assign]
        lite.clock.advance(21)
        if lite.run.state.finished:
            break
    assert lite.until_finished(lite.runner()).state is RunState.SUCCEEDED
    assert killed >= 5
    assert Counter(name for name, _ in lite.world.effects) == Counter(s.name for s in STEPS)
    assert lite.store.read(trail.verify).ok


def test_next_moves_start_nothing_that_fences_before_the_gates(stage: Stage) -> None:
    stage.begin((step("fence", Segment.FENCE), step("scale", Segment.PREPARE)))
    moves = next_moves(stage.run, gated=False)
    assert (moves.start, moves.gate) == (("scale",), True)
    assert next_moves(stage.run, gated=True).start == ("fence", "scale")


def test_a_harmless_step_that_takes_long_does_not_hold_up_the_gates(stage: Stage) -> None:
    """Only what a step names in `after` is waited for: reading state is never on the critical path."""
    stage.begin(
        (step("compare", Segment.PREPARE), step("fence", Segment.FENCE), step("promote", Segment.PROMOTE, "fence"))
    )
    stage.executor.hanging = {"compare"}
    runner = stage.runner()
    for _ in range(20):
        runner.tick()
        stage.clock.advance(1)
    assert stage.states() == {"compare": "running", "fence": "done", "promote": "done"}
