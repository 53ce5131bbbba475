"""A run can be drawn whatever its steps came to: a state that cannot be drawn would silence the announcer."""

from types import ModuleType

import pytest

from bot.views import run
from dr_core.execution.model import StepState
from dr_core.reports.model import LossView


@pytest.mark.parametrize("state", StepState)
def test_every_state_of_a_step_can_be_drawn(samples: ModuleType, state: StepState) -> None:
    view = samples.run("succeeded", step_states=("done", state.value))
    tasks = run.steps(view)["tasks"]
    assert len(tasks) == 2


def test_slacks_own_mark_is_the_only_one_beside_a_step(samples: ModuleType) -> None:
    [task] = run.steps(samples.run("succeeded", step_states=("not_reached",)))["tasks"]
    assert (task["status"], task["title"]) == ("error", "Step 0: not reached")


def test_the_reason_of_the_loss_is_told_once(samples: ModuleType) -> None:
    why = "eu-central-1 is down: last fresh lag 1.58 s"
    lost = LossView(
        kind="aurora_global", name="shop", gate=True, seconds=None, threshold_seconds=60, verdict="over", source="s",
        measured_at=samples.NOW, reason=why,
    )  # fmt: skip
    other = lost.model_copy(update={"name": "orders", "reason": "nothing was measured"})
    view = samples.run("succeeded").model_copy(update={"loss_reason": why, "losses": (lost, other)})
    shown = str(run.result(view))
    assert (shown.count(why), shown.count("nothing was measured")) == (1, 1)
    assert "09:00:00Z to 09:07:05Z" in shown
