"""A step whose absence only this process remembers: nobody says that nothing of it is there once it was sent."""

import pytest

from dr_core.aws.faults import AwsDeniedError, AwsUnreachableError
from dr_core.errors import DrError
from dr_core.execution.model import RunState, StepState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.step import Mode, Segment, Step

from .conftest import Stage, step
from .test_new_owner import abort, ticks, until_state


def lost() -> AwsUnreachableError:
    error = AwsUnreachableError("no answer")
    error.outcome_unknown = True
    return error


@pytest.mark.parametrize(
    ("error", "another", "end"),
    [
        (lost(), False, StepState.UNCERTAIN),  # it may have run
        (lost(), True, StepState.UNCERTAIN),  # and a new owner knows even less
        (AwsDeniedError("no"), False, StepState.SKIPPED),  # it surely has not
    ],
)
def test_a_step_of_an_aborted_run_that_may_have_run_is_not_passed_over(
    lite: Stage, monkeypatch: pytest.MonkeyPatch, error: DrError, another: bool, end: StepState
) -> None:
    def observe(step: Step) -> StepObservation:
        return StepObservation(Progress.ABSENT, "no answer of it was had", by_memory=True)

    monkeypatch.setattr(lite.world, "observe", observe)
    lite.world.act_errors["tell"] = list[DrError | None]([error]) * 1000
    lite.begin((step("tell", Segment.SWITCH),), Mode.FORCED)
    runner = lite.runner()
    until_state(lite, runner, "tell", "running")
    ticks(lite, runner, 2)
    if another:
        runner.stop()
        runner = lite.runner()
    abort(lite)
    ticks(lite, runner, 75)
    assert (lite.run.state, lite.run.record("tell").state) == (RunState.ABORTED, end)
