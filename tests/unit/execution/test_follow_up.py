"""What could not be reached in the dead region is fenced later, for as long as it takes, and only if it must be."""

from collections import Counter

import pytest

from commands.rendering.words import took
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.aws.faults import AwsRejectedError, AwsUnreachableError
from dr_core.errors import FinalError
from dr_core.execution.away import Sight
from dr_core.execution.model import RunState
from dr_core.execution.runner import Runner
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.step import Mode, Segment, Step
from dr_core.store import events, observations, requests, runs
from dr_core.store.engine import Tx

from .conftest import Stage, step
from .test_lives import PLAN, effects

DEAD = AwsUnreachableError("ecs DescribeServices in eu-central-1 closed the connection")


def ticks(stage: Stage, runner: Runner, count: int, seconds: float = 1) -> None:
    for _ in range(count):
        runner.tick()
        stage.clock.advance(seconds)


def second_run(stage: Stage) -> None:
    """A newer run of the application, which the judge will not let start."""
    request = stage.store.read(lambda tx: requests.get(tx, "r-aaaa2222"))
    plan = request.plan.model_copy(update={"mode": Mode.PLANNED})
    other = request.model_copy(update={"id": "r-bbbb2222", "plan": plan})

    def work(tx: Tx) -> None:
        made = requests.create(tx, other, [(EventKind.REQUEST_OPENED, {}, {}, None)])
        runs.create(tx, "run-bbbb2222", made, [(EventKind.RUN_CREATED, {}, {}, None)])

    stage.clock.advance(60)
    stage.judge.fault_of["r-bbbb2222"] = "2 acknowledgement(s) are missing"
    stage.store.write(work)


def test_a_run_that_did_not_promote_never_fences_the_only_writer_afterwards(lite: Stage) -> None:
    lite.begin(PLAN)
    lite.world.observe_errors["fence"] = [DEAD] * 60
    lite.world.act_errors["promote"] = [AwsRejectedError("InvalidGlobalClusterStateFault")] * 1000
    runner = lite.runner()
    assert lite.until_finished(runner).state is RunState.FAILED
    lite.world.observe_errors.clear()
    ticks(lite, runner, 120)
    assert effects(lite) == []


def test_a_newer_run_that_never_acted_does_not_stop_the_fencing_nor_make_it_forgotten(lite: Stage) -> None:
    lite.begin(PLAN)
    lite.world.observe_errors["fence"] = [DEAD] * 10000
    runner = lite.runner()
    lite.until_finished(runner)
    second_run(lite)
    ticks(lite, runner, 60)
    assert lite.store.read(lambda tx: runs.get(tx, "run-bbbb2222")).state is RunState.FAILED
    assert lite.store.read(lambda tx: observations.region_fences(tx, "shop")) == {"eu-central-1": "unfenced"}
    lite.world.observe_errors.clear()
    ticks(lite, runner, 120)
    assert "fence" in effects(lite)
    assert lite.store.read(lambda tx: observations.region_fences(tx, "shop")) == {"eu-central-1": "fenced"}


def test_waiting_for_tasks_to_drain_writes_no_intent_after_intent(lite: Stage) -> None:
    lite.begin(PLAN)
    drained = lite.clock.monotonic() + 300
    plain = lite.world.observe

    def draining(step: Step) -> StepObservation:
        if step.name == "fence" and lite.clock.monotonic() < drained and "fence" in effects(lite):
            return StepObservation(Progress.UNDER_WAY, "2 of 4 still run")
        return plain(step)

    lite.world.observe = draining  # type: ignore[method-assign]
    runner = lite.runner()
    lite.until_finished(runner)
    assert lite.states()["fence"] == "not_reached"
    ticks(lite, runner, 2000, 0.25)
    kinds = Counter(event.kind for event in lite.store.read(lambda tx: trail.listing(tx, limit=10_000)))
    assert kinds["step.intent"] == len(PLAN)
    assert lite.states()["fence"] == "reached_late"


def returned(stage: Stage, plan: tuple[Step, ...] = PLAN) -> Runner:
    """The worker of a run that has succeeded, and whose lost region answers again."""
    stage.begin(plan)
    stage.world.observe_errors["fence"] = [DEAD] * 1000
    runner = stage.runner()
    assert stage.until_finished(runner).state is RunState.SUCCEEDED
    stage.world.observe_errors.clear()
    return runner


def test_a_region_in_which_the_application_lives_again_is_never_fenced(lite: Stage) -> None:
    lite.judge.seen = Sight.BACK
    runner = returned(lite)
    ticks(lite, runner, 90)
    assert (lite.states()["fence"], lite.run.follow_up) == ("not_reached", True), "one look is not the end of it"
    ticks(lite, runner, 300)
    assert (lite.states()["fence"], lite.run.follow_up) == ("failed", False)
    assert "fence" not in effects(lite)
    told = lite.store.read(lambda tx: list(events.of_chain(tx, "r-aaaa2222")))[-1]
    assert (told.kind, told.data["left"]) == (EventKind.RUN_FOLLOWED, ["fence"])
    assert "shop lives in eu-central-1 again (as played)" in str(told.data["reason"])
    assert lite.store.read(lambda tx: observations.region_fences(tx, "shop")) == {}, "it is no fenced standby"


@pytest.mark.parametrize(("first", "s"), [(Sight.BACK, 60), (Sight.STALE, 60), (Sight.STALE, 340)])
def test_it_is_fenced_as_soon_as_the_application_is_seen_elsewhere_or_nobody_looks_for_long(
    lite: Stage, first: Sight, s: int
) -> None:
    lite.judge.seen = first
    runner = returned(lite)
    ticks(lite, runner, s)
    if s < 300:
        assert "fence" not in effects(lite)
        lite.judge.seen = Sight.AWAY
        ticks(lite, runner, 30)
    assert lite.states()["fence"] == "reached_late"
    assert lite.store.read(lambda tx: observations.region_fences(tx, "shop")) == {"eu-central-1": "fenced"}


def test_that_it_cannot_be_seen_now_is_no_news_of_a_region_that_it_was_seen_back_in(lite: Stage) -> None:
    lite.judge.seen = Sight.BACK
    runner = returned(lite)
    ticks(lite, runner, 60)
    lite.judge.seen = Sight.STALE
    ticks(lite, runner, 700)
    assert "fence" not in effects(lite)
    lite.judge.seen = Sight.BACK
    ticks(lite, runner, 30)
    assert lite.states()["fence"] == "failed", "the looks that were missed do not begin its time anew"


def test_where_no_writer_moved_nothing_is_taken_away_blindly(lite: Stage) -> None:
    fence, switch = step("fence", Segment.FENCE, best_effort=True, deadline_s=20), step("switch", Segment.SWITCH)
    lite.judge.seen = Sight.STALE
    runner = returned(lite, (fence, switch))
    ticks(lite, runner, 700)
    assert (effects(lite), lite.run.follow_up) == (["switch"], True)
    lite.judge.seen = Sight.AWAY
    ticks(lite, runner, 400)
    assert lite.states()["fence"] == "reached_late"


def left_with_backfill(stage: Stage) -> Runner:
    """A run that succeeded without its backfill, which was refused."""
    scale = step("scale", Segment.PREPARE)
    copy = step("copy", Segment.PREPARE, kind="backfill-buckets", best_effort=True)
    stage.begin((scale, copy), Mode.PLANNED)
    stage.world.observe_errors["copy"] = [FinalError("job j-1 is Failed")] * 8
    kinds = {"fake": stage.world, "backfill-buckets": stage.world}
    runner = Runner(stage.store, lambda plan: kinds, stage.judge, stage.clock, stage.executor, "w1")
    assert stage.until_finished(runner).state is RunState.SUCCEEDED
    assert stage.states()["copy"] == "not_reached"
    return runner


def test_a_job_that_has_ended_without_success_is_closed_and_never_asked_for_again(lite: Stage) -> None:
    runner = left_with_backfill(lite)
    ticks(lite, runner, 60)
    assert (lite.states()["copy"], lite.run.record("copy").detail) == ("failed", "job j-1 is Failed")
    assert not lite.run.follow_up
    told = [event for event in lite.store.read(lambda tx: trail.listing(tx, limit=200)) if event.kind == "step.failed"]
    assert [event.data["step"] for event in told] == ["copy"]
    assert "copy" not in effects(lite)


def test_one_that_is_not_there_after_its_run_is_not_asked_for_again_either(lite: Stage) -> None:
    runner = left_with_backfill(lite)
    lite.world.observe_errors.clear()
    ticks(lite, runner, 40, 5)
    assert lite.states()["copy"] == "failed"
    assert "it is not there" in lite.run.record("copy").detail
    assert "copy" not in effects(lite)


def test_a_fence_that_was_reached_late_says_nothing_of_how_long_fencing_takes(lite: Stage) -> None:
    lite.begin(PLAN)
    lite.world.observe_errors["fence"] = [DEAD] * 60
    runner = lite.runner()
    lite.until_finished(runner)
    lite.clock.advance(7200)
    lite.world.observe_errors.clear()
    ticks(lite, runner, 60)
    assert lite.states()["fence"] == "reached_late"
    run = lite.run
    assert took(run.record("fence")) == f"reached at {run.record('fence').ended_at:%H:%M:%S}Z, after its run"
    assert run.ended_at is not None
    assert (run.record("fence").ended_at or run.ended_at) > run.ended_at
    assert took(run.record(PLAN[1].name)).startswith("took ")
    assert len(lite.store.read(lambda tx: runs.step_durations(tx, "fake"))) == len(PLAN) - 1
