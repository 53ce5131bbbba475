"""A run that outlives its workers: whoever takes it looks for itself, asks the gates again, and believes no row."""

from datetime import datetime, timedelta

from sqlalchemy import update

from dr_core.approvals.model import Request
from dr_core.audit import trail
from dr_core.aws.faults import AwsUnreachableError
from dr_core.errors import ConfigError
from dr_core.execution.model import RunState
from dr_core.execution.runner import Runner
from dr_core.plan.step import Segment
from dr_core.store.tables import run as run_table

from .conftest import Stage, step

PLAN = (
    step("fence", Segment.FENCE, best_effort=True, deadline_s=20),
    step("promote", Segment.PROMOTE, "fence", irreversible=True),
    step("switch", Segment.SWITCH, "promote", deadline_s=300),
)


def effects(stage: Stage) -> list[str]:
    return [name for name, _ in stage.world.effects]


def test_a_new_owner_makes_a_try_of_its_own_at_fencing_although_the_old_ones_time_is_over(lite: Stage) -> None:
    lite.begin(PLAN)
    lite.executor.hanging.add("fence")
    first = lite.runner()
    for _ in range(4):
        first.tick()
        lite.clock.advance(1)
    assert lite.states()["fence"] == "running"
    lite.executor.hanging.clear()
    lite.clock.advance(21)
    assert lite.until_finished(lite.runner(), 200).state is RunState.SUCCEEDED
    assert effects(lite) == ["fence", "promote", "switch"]


def test_what_was_done_but_not_recorded_is_adopted_however_late(lite: Stage) -> None:
    lite.begin(PLAN)
    runner = lite.runner()
    while lite.states()["switch"] != "running":
        runner.tick()
        lite.clock.advance(1)
    lite.clock.advance(400)
    assert lite.until_finished(lite.runner(), 200).state is RunState.SUCCEEDED
    assert effects(lite).count("switch") == 1


def test_gates_that_were_passed_in_an_earlier_life_are_asked_again_while_nothing_was_taken(lite: Stage) -> None:
    lite.begin()
    runner = lite.runner()
    while "run.gates_passed" not in [e.kind for e in lite.store.read(lambda tx: trail.listing(tx, limit=99))]:
        runner.tick()
        lite.clock.advance(1)
    assert effects(lite) == ["scale"]
    lite.clock.advance(1200)
    lite.judge.reasons = ("3600 s would be lost, and at most 60 s were accepted",)
    assert lite.until_finished(lite.runner(), 400).state is RunState.FAILED
    assert effects(lite) == ["scale"]


def test_a_worker_whose_clock_is_ahead_gives_fencing_its_full_time(lite: Stage) -> None:
    class Ahead:
        def now(self) -> datetime:
            return lite.clock.now() + timedelta(seconds=25)

        def monotonic(self) -> float:
            return lite.clock.monotonic()

    lite.begin(PLAN)
    lite.world.takes_s = 5
    runner = Runner(lite.store, lambda _: {"fake": lite.world}, lite.judge, Ahead(), lite.executor, "ahead")
    lite.until_finished(runner, 60)
    assert lite.states()["fence"] == "done"


def test_a_run_row_that_was_written_by_hand_does_nothing(lite: Stage) -> None:
    lite.begin()
    lite.judge.fault = "2 acknowledgement(s) are missing"
    lite.store.write(lambda tx: tx.conn.execute(update(run_table).values(state="running", gated_at=lite.clock.now())))
    assert lite.until_finished(lite.runner(), 200).state is RunState.FAILED
    assert effects(lite) == []


def test_a_run_waits_while_there_is_no_key_to_verify_its_acknowledgements_by(lite: Stage) -> None:
    class Keyless:
        missing = True

        def __call__(self, request: Request) -> str | None:
            if self.missing:
                raise ConfigError("DR_ACK_KEY: there is no readable public key at ack.pub.")
            return None

    lite.begin()
    lite.judge.unproven = asked = Keyless()  # type: ignore[method-assign]
    runner = lite.runner()
    assert lite.until_finished(runner, 60).state is RunState.PENDING
    assert effects(lite) == []
    asked.missing = False
    assert lite.until_finished(runner, 200).state is RunState.SUCCEEDED


def test_another_plan_in_the_run_row_than_was_acknowledged_does_nothing(lite: Stage) -> None:
    lite.begin()
    other = lite.run.plan.model_copy(update={"target": "eu-north-1"})
    lite.store.write(lambda tx: tx.conn.execute(update(run_table).values(plan=other.model_dump_json())))
    run = lite.until_finished(lite.runner(), 200)
    assert run.state is RunState.FAILED
    assert "not the one that was acknowledged" in run.reason
    assert effects(lite) == []


def test_which_part_of_a_run_a_step_belongs_to_is_acknowledged_too(lite: Stage) -> None:
    """A plan whose fencing is relabelled as preparation would pass no gate, so it is another plan."""
    lite.begin(PLAN)
    plan = lite.run.plan
    relabelled = tuple(s.model_copy(update={"segment": Segment.PREPARE}) for s in plan.steps)
    assert plan.model_copy(update={"steps": relabelled}).digest() != plan.digest()


def test_traffic_that_cannot_be_switched_after_promotion_is_tried_for_as_long_as_it_takes(lite: Stage) -> None:
    lite.begin(PLAN)
    lite.world.observe_errors["switch"] = [AwsUnreachableError("us-east-1 is impaired")] * 400
    runner = lite.runner()
    assert lite.until_finished(runner, 1200).state is RunState.RUNNING
    assert "us-east-1" in lite.run.record("switch").detail
    lite.world.observe_errors.clear()
    assert lite.until_finished(runner, 60).state is RunState.SUCCEEDED
