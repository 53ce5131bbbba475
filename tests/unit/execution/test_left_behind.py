"""What a run that ends early leaves undone although the application has moved, and at what pace it is done late."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from dr_core.aws.faults import AwsRejectedError
from dr_core.errors import DrError
from dr_core.execution.model import RunState
from dr_core.plan.step import Mode, Segment, Step
from dr_core.store import observations

from .conftest import FakeWorld, Stage, step
from .test_follow_up import DEAD, ticks
from .test_lives import effects
from .test_new_owner import abort, until_state

REPLICA = (
    step("promote", Segment.PROMOTE, irreversible=True),
    step("stop", Segment.FENCE, "promote", best_effort=True),
    step("switch", Segment.SWITCH, "promote"),
)
NO_DATABASE = (
    step("stop", Segment.FENCE, best_effort=True, deadline_s=20),
    step("switch", Segment.SWITCH, "stop"),
    step("start", Segment.SWITCH, "stop", best_effort=True),
    step("verify", Segment.VERIFY, "switch", deadline_s=60),
)
REFUSED = AwsRejectedError("the instance is being backed up")


def errors(error: DrError, count: int = 10_000) -> list[DrError | None]:
    return [error] * count


@dataclass(frozen=True)
class Abort:
    """When it is asked for, and what the world says of the fence until the run has ended."""

    began: str
    observed: list[DrError | None] = field(default_factory=list)
    asked: list[DrError | None] = field(default_factory=list)


ABORTS = {
    "never begun": Abort("promote"),
    "refused": Abort("stop", asked=errors(REFUSED)),
    "not seen": Abort("stop", observed=errors(DEAD)),
}


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("case", ABORTS.values(), ids=ABORTS.keys())
def test_after_an_abort_that_came_too_late_for_the_promotion_the_old_writer_is_fenced(
    lite: Stage, case: Abort, mode: Mode
) -> None:
    lite.begin(REPLICA, mode)
    lite.world.observe_errors["stop"], lite.world.act_errors["stop"] = list(case.observed), list(case.asked)
    lite.executor.hanging |= {"switch"}
    runner = lite.runner()
    until_state(lite, runner, case.began, "running")
    abort(lite)
    ended = lite.until_finished(runner)
    assert (ended.state, lite.states()["promote"], lite.states()["stop"]) == (RunState.ABORTED, "done", "not_reached")
    assert lite.store.read(lambda tx: observations.region_fences(tx, "shop")) == (
        {"eu-central-1": "unfenced"} if mode is Mode.FORCED else {}
    )
    lite.world.observe_errors.clear()
    lite.world.act_errors.clear()
    ticks(lite, runner, 60)
    assert (effects(lite), lite.states()["stop"]) == (["promote", "stop"], "reached_late")
    assert not lite.run.follow_up


def test_an_abort_before_the_promotion_leaves_the_only_writer_alone(lite: Stage) -> None:
    lite.begin((step("warm", Segment.PREPARE), step("promote", Segment.PROMOTE, "warm"), *REPLICA[1:]))
    runner = lite.runner()
    until_state(lite, runner, "warm", "running")
    abort(lite)
    assert not lite.until_finished(runner).follow_up
    ticks(lite, runner, 60)
    assert effects(lite) == ["warm"]


def test_without_a_database_a_run_that_failed_after_its_users_moved_still_stops_what_the_source_consumes(
    lite: Stage,
) -> None:
    lite.begin(NO_DATABASE)
    lite.world.observe_errors = {"stop": errors(DEAD), "verify": errors(DEAD)}
    runner = lite.runner()
    ended = lite.until_finished(runner)
    assert (ended.state, ended.follow_up) == (RunState.FAILED, True)
    lite.world.observe_errors.clear()
    ticks(lite, runner, 60)
    assert lite.states()["stop"] == "reached_late"


def test_without_a_database_a_run_that_moved_no_users_leaves_the_source_alone(lite: Stage) -> None:
    lite.begin(NO_DATABASE)
    lite.world.observe_errors["stop"] = errors(DEAD)
    lite.world.act_errors["switch"] = errors(REFUSED)
    runner = lite.runner()
    until_state(lite, runner, "switch", "running")
    abort(lite)
    assert not lite.until_finished(runner).follow_up
    lite.world.observe_errors.clear()
    ticks(lite, runner, 60)
    assert "stop" not in effects(lite)


def test_what_starts_too_late_is_passed_over_in_time_and_done_late(lite: Stage) -> None:
    """A consumer that the target refuses keeps no application locked."""
    lite.begin(NO_DATABASE)
    lite.world.act_errors["start"] = errors(REFUSED)
    runner = lite.runner()
    assert lite.until_finished(runner, 120).state is RunState.SUCCEEDED
    assert lite.states()["start"] == "not_reached"
    lite.world.act_errors.clear()
    ticks(lite, runner, 60)
    assert lite.states()["start"] == "reached_late"


class Counting(FakeWorld):
    """Counts looks."""

    looks = 0

    def observe(self, one: Step) -> Any:
        self.looks += one.name == "stop"
        return super().observe(one)


@pytest.mark.parametrize(("refused", "takes_s"), [(True, 3.0), (False, float("inf"))], ids=["refused", "under way"])
def test_what_is_tried_late_is_asked_for_ever_less_often_and_whoever_takes_over_goes_on_so(
    lite: Stage, refused: bool, takes_s: float
) -> None:
    lite.world = Counting(lite.clock)
    lite.begin((REPLICA[0], step("stop", Segment.FENCE, "promote", best_effort=True, deadline_s=20)))
    lite.world.act_errors["stop"] = errors(REFUSED) if refused else []
    runner = lite.runner()
    lite.world.after_act = lambda _: setattr(lite.world, "takes_s", takes_s)
    lite.until_finished(runner)
    assert lite.states()["stop"] == "not_reached"
    before, tried = lite.world.looks, lite.run.record("stop").attempt
    ticks(lite, runner, 3600)
    assert lite.world.looks - before <= 420
    assert lite.run.record("stop").attempt - tried <= (16 if refused else 0)
    second, tried = lite.runner(), lite.run.record("stop").attempt
    runner.stop()
    ticks(lite, second, 1200)
    assert lite.run.record("stop").attempt - tried <= (6 if refused else 0)
    if refused:
        lite.world.act_errors.clear()
        ticks(lite, second, 330)
        assert lite.states()["stop"] == "reached_late"
