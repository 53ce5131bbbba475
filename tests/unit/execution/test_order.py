"""The order of a run, looked at in every moment of it."""

import pytest

from dr_core.errors import UnreachableError
from dr_core.execution.model import Ending, Hold, HoldKind, RunState, StepState
from dr_core.execution.recovery import next_moves
from dr_core.plan.step import Segment
from dr_core.store import scope

from .conftest import STEPS, Stage, step


def test_no_step_begins_before_those_that_it_comes_after_are_settled(lite: Stage) -> None:
    lite.begin()
    lite.world.takes_s = 4
    runner = lite.runner()
    begun: list[str] = []
    while not lite.run.state.finished:
        runner.tick()
        records = {record.name: record for record in lite.run.steps}
        for each in STEPS:
            if records[each.name].state is not StepState.WAITING:
                assert [name for name in each.after if not records[name].state.settled] == [], each.name
                begun += [] if each.name in begun else [each.name]
        lite.clock.advance(1)
    assert begun == [each.name for each in STEPS]


@pytest.mark.parametrize("state", ["waiting", "running", "failed", "uncertain", "skipped"])
def test_a_run_succeeds_when_every_step_is_settled_and_not_before(lite: Stage, state: str) -> None:
    """Uncertain is not done; nor is what was skipped because somebody aborted."""
    lite.begin()
    done = tuple(record.model_copy(update={"state": StepState.DONE}) for record in lite.run.steps)
    run = lite.run.model_copy(update={"steps": done, "state": RunState.RUNNING})
    assert next_moves(run, gated=True).end is RunState.SUCCEEDED
    aborting = {"ending": Ending(by="Ada", reason="test", at=lite.clock.now())}
    assert next_moves(run.model_copy(update=aborting), gated=True).end is RunState.SUCCEEDED
    last = (*done[:-1], done[-1].model_copy(update={"state": StepState(state)}))
    other = run.model_copy(update={"steps": last})
    assert next_moves(other.model_copy(update=aborting), gated=True).end is not RunState.SUCCEEDED
    assert state == StepState.SKIPPED or next_moves(other, gated=True).end is not RunState.SUCCEEDED


def test_a_call_that_left_no_trace_is_given_time_to_show(lite: Stage) -> None:
    """AWS may take some seconds before it shows what it was asked to do."""
    lite.begin()
    lite.world.after_act = lambda name: lite.world.done_at.clear()
    runner = lite.runner()
    for _ in range(9):
        runner.tick()
        lite.clock.advance(1)
    assert [name for name, _ in lite.world.effects] == ["scale"]
    for _ in range(9):
        runner.tick()
        lite.clock.advance(1)
    assert [name for name, _ in lite.world.effects] == ["scale", "scale"], "and then it is asked again"


@pytest.mark.parametrize("kind", list(HoldKind))
def test_a_held_run_has_nothing_to_start_and_no_gate_to_ask(lite: Stage, kind: HoldKind) -> None:
    lite.begin()
    hold = Hold(kind=kind, reason="test", since=lite.clock.now())
    for stopped in ({"holds": (hold,)}, {"hold": "test"}, {"braked_since": lite.clock.now()}):
        for gated in (False, True):
            moves = next_moves(lite.run.model_copy(update=stopped), gated=gated)
            assert (moves.start, moves.gate, moves.end) == ((), False, None)


def test_while_another_run_has_the_application_a_finished_one_keeps_out_of_its_way(lite: Stage) -> None:
    """The dead region answers again, and another run is about to begin."""
    fence = step("fence", Segment.FENCE, "scale", best_effort=True, deadline_s=20)
    lite.begin(tuple(fence if s.name == "fence" else s for s in STEPS))
    lite.world.observe_errors["fence"] = [UnreachableError("no answer")] * 60
    runner = lite.runner()
    assert lite.until_finished(runner).state is RunState.SUCCEEDED
    lite.world.observe_errors.clear()
    lite.store.write(lambda tx: scope.take(tx, lite.run_id, ("shop",)))
    for _ in range(60):
        runner.tick()
        lite.clock.advance(1)
    assert "fence" not in [name for name, _ in lite.world.effects]
    lite.store.write(lambda tx: scope.free(tx, lite.run_id))
    for _ in range(60):
        runner.tick()
        lite.clock.advance(1)
    assert "fence" in [name for name, _ in lite.world.effects]
