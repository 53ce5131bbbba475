"""Who takes a run over is given its own time; what ended is followed up only as far as it had moved."""

from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.aws.faults import AwsRejectedError
from dr_core.errors import DrError
from dr_core.execution import control
from dr_core.execution.model import Ending, RunState, StepState
from dr_core.execution.runner import Runner
from dr_core.failpoints import Point, armed
from dr_core.plan.step import Mode, Segment
from dr_core.store import observations, runs
from dr_core.store.engine import Tx
from dr_core.store.runs import Change
from tests.crash.answers import LostAnswer

from .conftest import ADA, Stage, step
from .test_follow_up import DEAD, ticks
from .test_lives import PLAN, effects

PLANNED = (
    step("fence", Segment.FENCE, deadline_s=300),
    step("promote", Segment.PROMOTE, "fence", irreversible=True),
    step("switch", Segment.SWITCH, "promote", deadline_s=300),
    step("verify", Segment.VERIFY, "switch", deadline_s=300),
)


def until_state(stage: Stage, runner: Runner, name: str, state: str, limit_s: int = 1000) -> None:
    for _ in range(limit_s):
        if stage.states()[name] == state:
            return
        ticks(stage, runner, 1)
    raise AssertionError(f"{name} is not {state} within {limit_s} s: {stage.states()}")


def abort(stage: Stage) -> None:
    def work(tx: Tx) -> None:
        wish = Ending(by="Ada", reason="stop", at=tx.now())
        runs.command(
            tx, stage.run_id, Change([(EventKind.RUN_ABORT_ASKED, {}, {}, None)], {"ending": wish.model_dump_json()})
        )

    stage.store.write(work)


def resume(stage: Stage, name: str) -> None:
    """What a person's resume writes."""

    def work(tx: Tx) -> None:
        runs.command(tx, stage.run_id, Change([(EventKind.RUN_RESUMED, {}, {}, None)], holds=()))
        control._observe_again(tx, runs.get(tx, stage.run_id), name, ADA)

    stage.store.write(work)


@pytest.mark.parametrize("name", ["fence", "promote", "verify"])
def test_a_new_owner_that_acts_after_the_recorded_deadline_watches_what_it_did(lite: Stage, name: str) -> None:
    lite.begin(PLANNED, Mode.PLANNED)
    lite.executor.hanging.add(name)
    first = lite.runner()
    until_state(lite, first, name, "running")
    lite.executor.hanging.clear()
    lite.clock.advance(700)
    ended = lite.until_finished(lite.runner(), 100)
    assert ended.state is RunState.SUCCEEDED
    assert effects(lite).count(name) == 1


@pytest.mark.parametrize(("name", "end"), [("fence", StepState.FAILED), ("promote", StepState.UNCERTAIN)])
def test_a_new_owner_that_can_see_nothing_gives_up_when_its_own_time_is_over(
    lite: Stage, name: str, end: StepState
) -> None:
    """What it did itself is over by its own time, and then by no more than that."""
    lite.begin(PLANNED, Mode.PLANNED)
    lite.executor.hanging.add(name)
    until_state(lite, lite.runner(), name, "running")
    lite.executor.hanging.clear()
    lite.clock.advance(700)
    lite.world.takes_s = float("inf")
    second, begun = lite.runner(), lite.clock.monotonic()
    until_state(lite, second, name, end.value)
    assert lite.run.plan.step(name).deadline_s <= lite.clock.monotonic() - begun <= 650


def test_a_run_that_was_aborted_after_its_promotion_still_fences_the_lost_region(lite: Stage) -> None:
    lite.begin((*PLAN, step("verify", Segment.VERIFY, "switch")))
    lite.world.observe_errors["fence"] = list[DrError | None]([DEAD]) * 10_000
    runner = lite.runner()
    until_state(lite, runner, "switch", "running")
    abort(lite)
    ended = lite.until_finished(runner)
    assert (ended.state, ended.ending, ended.follow_up) == (RunState.ABORTED, None, True)
    lite.world.observe_errors.clear()
    ticks(lite, runner, 60)
    assert effects(lite).count("fence") == 1
    assert lite.store.read(lambda tx: observations.region_fences(tx, "shop")) == {"eu-central-1": "fenced"}


def test_a_failed_run_whose_last_commit_was_not_answered_never_fences_the_only_writer(lite: Stage) -> None:
    lite.begin(PLAN)
    lite.world.observe_errors["fence"] = list[DrError | None]([DEAD]) * 60
    lite.world.act_errors["promote"] = list[DrError | None]([AwsRejectedError("InvalidGlobalClusterStateFault")]) * 1000
    runner = lite.runner()
    with armed(LostAnswer(1, [Point.RUN_FINISH], retried=False)):
        assert lite.until_finished(runner).state is RunState.FAILED
    lite.world.observe_errors.clear()
    lite.world.act_errors.clear()
    ticks(lite, runner, 60)
    assert effects(lite) == []
    assert not lite.run.follow_up


def test_a_resumed_step_is_not_uncertain_again_because_of_a_look_from_before(lite: Stage) -> None:
    lite.begin(PLAN)
    runner = lite.runner()
    until_state(lite, runner, "promote", "running")
    lite.world.done_at["promote"] = float("inf")
    lite.executor.hanging.add("promote")
    until_state(lite, runner, "promote", "uncertain")
    resume(lite, "promote")
    ticks(lite, runner, 30)
    assert (lite.run.state, lite.states()["promote"]) == (RunState.RUNNING, "running")
    until_state(lite, runner, "promote", "uncertain")


def test_while_one_of_two_steps_is_uncertain_the_run_is_held(lite: Stage) -> None:
    both: Any = (step("a", Segment.PROMOTE), step("b", Segment.PROMOTE), step("switch", Segment.SWITCH, "a", "b"))
    lite.begin(both)
    runner = lite.runner()
    until_state(lite, runner, "b", "running")
    lite.world.done_at = {"a": float("inf"), "b": float("inf")}
    until_state(lite, runner, "a", "uncertain")
    until_state(lite, runner, "b", "uncertain")
    lite.world.done_at["a"] = 0.0
    until_state(lite, runner, "a", "done")
    assert lite.run.state is RunState.HELD
    lite.world.done_at["b"] = 0.0
    assert lite.until_finished(runner, 120).state is RunState.SUCCEEDED
    assert effects(lite) == ["a", "b", "switch"]
