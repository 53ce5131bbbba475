"""What becomes of a step by what was seen and by the clock: the decisions as tables, each row with its reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.aws.faults import AwsDeniedError, AwsRejectedError, AwsUnreachableError
from dr_core.errors import DrError
from dr_core.execution.model import Ending, Hold, HoldKind, Run, RunState, StepRecord, StepState
from dr_core.execution.pace import back_off_s, is_over, overdue, refused_for_good, settled_as, wait_s
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.step import Mode, Plan, Policy, Segment

from .conftest import step

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PAUSED = {"holds": (Hold(kind=HoldKind.PAUSED, reason="wait", since=NOW),)}
ABORTED = {"ending": Ending(by="Ada", reason="wrong", at=NOW - timedelta(seconds=10))}
ABORTED_LONG_AGO = {"ending": Ending(by="Ada", reason="wrong", at=NOW - timedelta(seconds=60))}


def run_of(segment: Segment = Segment.FENCE, deadline_in_s: float = 600, **more: Any) -> Run:
    """A run of one step under way; `more` are fields of the run, and `best_effort` of the step."""
    one = step("one", segment, best_effort=more.pop("best_effort", False))
    plan = Plan(
        application="shop", mode=Mode.FORCED, source="eu-central-1", target="eu-west-1", steps=(one,),
        policy=Policy(required=2, expires_after_s=900),
    )  # fmt: skip
    record = StepRecord(name="one", state=StepState.RUNNING, deadline_at=NOW + timedelta(seconds=deadline_in_s))
    values: dict[str, Any] = {
        "id": "run-a", "request": "r-a", "application": "shop", "plan": plan, "state": RunState.RUNNING, "epoch": 1,
        "owner": "w", "lease_until": None, "hold": None, "created_at": NOW, "started_at": NOW, "ended_at": None,
        "steps": (record,),
    }  # fmt: skip
    return Run(**values | more)


@pytest.mark.parametrize(
    ("run", "pursued_s", "looked", "over"),
    [
        (run_of(), 10, True, False),
        (run_of(deadline_in_s=0), 10, True, True),
        (run_of(deadline_in_s=0), 10, False, False),  # a new owner looks once before it gives up
        (run_of(), 600, False, True),  # this process alone had the whole time
        (run_of(deadline_in_s=0, best_effort=True), 10, True, False),  # the try is this process's own
        (run_of(best_effort=True), 600, False, True),
        (run_of(deadline_in_s=0, **PAUSED), 10, True, False),  # nobody may act
        (run_of(best_effort=True, **PAUSED), 600, True, True),  # a dead region holds nothing up
        (run_of(deadline_in_s=0, **ABORTED), 10, True, False),
        (run_of(**ABORTED_LONG_AGO), 10, True, True),
        (run_of(Segment.PROMOTE, **ABORTED_LONG_AGO), 10, True, False),  # might make two writers: to its deadline
        (run_of(Segment.PROMOTE, deadline_in_s=0, **ABORTED), 10, True, True),
    ],
)
def test_when_the_time_of_a_step_is_over(run: Run, pursued_s: float, looked: bool, over: bool) -> None:
    assert is_over(run, run.plan.steps[0], NOW, pursued_s=pursued_s, looked=looked) is over


@pytest.mark.parametrize(
    ("run", "maybe_done", "state"),
    [
        (run_of(), False, StepState.FAILED),
        (run_of(), True, StepState.FAILED),  # may be repeated by whoever comes next: no two writers
        (run_of(best_effort=True), True, StepState.NOT_REACHED),
        (run_of(Segment.PROMOTE), True, StepState.UNCERTAIN),
        (run_of(Segment.PROMOTE), False, StepState.FAILED),
        (run_of(Segment.SWITCH), True, None),  # the writer has moved: it waits for AWS
        (run_of(Segment.SWITCH, **ABORTED), False, StepState.UNCERTAIN),  # nobody watches it any more
    ],
)
def test_what_a_step_becomes_whose_time_is_over(run: Run, maybe_done: bool, state: StepState | None) -> None:
    assert overdue(run, run.plan.steps[0], maybe_done=maybe_done) is state


@pytest.mark.parametrize(
    ("run", "before", "progress", "absent_s", "state"),
    [
        (run_of(), StepState.RUNNING, Progress.SATISFIED, None, StepState.DONE),
        (run_of(), StepState.UNCERTAIN, Progress.SATISFIED, None, StepState.DONE),
        (run_of(), StepState.RUNNING, Progress.UNDER_WAY, None, None),
        (run_of(), StepState.RUNNING, Progress.ABSENT, 999, None),  # it is acted on again
        (run_of(), StepState.UNCERTAIN, Progress.ABSENT, 59, None),
        (run_of(), StepState.UNCERTAIN, Progress.ABSENT, 60, StepState.FAILED),
        (run_of(**ABORTED), StepState.RUNNING, Progress.ABSENT, 9, None),  # a call may still show
        (run_of(**ABORTED), StepState.RUNNING, Progress.ABSENT, 10, StepState.SKIPPED),
        (run_of(**ABORTED), StepState.RUNNING, Progress.UNDER_WAY, None, None),
    ],
)
def test_what_a_step_is_by_what_was_seen(
    run: Run, before: StepState, progress: Progress, absent_s: float | None, state: StepState | None
) -> None:
    verdict = settled_as(run, before, StepObservation(progress, "as seen"), absent_s)
    assert (verdict[0] if verdict else None) is state
    assert verdict is None or "as seen" in verdict[1]


@pytest.mark.parametrize(
    ("segment", "best_effort", "error", "faults", "given_up"),
    [
        (Segment.PREPARE, False, AwsDeniedError("no"), 5, True),
        (Segment.PREPARE, False, AwsDeniedError("no"), 4, False),
        (Segment.PREPARE, False, AwsUnreachableError("away"), 99, False),  # only an answer is a refusal
        (Segment.PROMOTE, False, AwsDeniedError("no"), 99, False),  # past the gates it is mended, not given up
        (Segment.SWITCH, True, AwsDeniedError("no"), 5, True),
        (Segment.FENCE, True, AwsRejectedError("is being backed up"), 5, False),  # its ten minutes count, not its tries
    ],
)
def test_a_refusal_is_final_only_where_giving_up_costs_nothing(
    segment: Segment, best_effort: bool, error: DrError, faults: int, given_up: bool
) -> None:
    assert refused_for_good(step("one", segment, best_effort=best_effort), error, faults) is given_up


@pytest.mark.parametrize(
    ("eta_s", "taken_s", "wait"),
    [
        (4, 0, 4),
        (0.1, 0, 1),
        (99, 0, 15),
        (None, 50, 5),
        (None, 999, 15),
        (None, 1, 1),
        (None, 0.6, 0.6),
        (None, 0, 0.3),
    ],
)
def test_the_next_look_comes_when_something_can_have_changed(eta_s: float | None, taken_s: float, wait: float) -> None:
    assert wait_s(eta_s, taken_s) == wait


def test_faults_are_waited_out_longer_and_longer_up_to_eight_seconds() -> None:
    assert [back_off_s(faults) for faults in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 8, 8]
