"""A run can be drawn whatever its steps came to: a state that cannot be drawn would silence the announcer."""

from types import ModuleType

import pytest

from bot.views import run
from dr_core.execution.model import StepState


@pytest.mark.parametrize("state", StepState)
def test_every_state_of_a_step_can_be_drawn(samples: ModuleType, state: StepState) -> None:
    view = samples.run("succeeded", step_states=("done", state.value))
    tasks = run.steps(view)["tasks"]
    assert len(tasks) == 2
