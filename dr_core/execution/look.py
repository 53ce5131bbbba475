"""One look at a step, in a thread of its own: observe, and act only if nothing of it is there yet."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from dr_core.aws.session import guarded
from dr_core.errors import DrError, LeaseLostError
from dr_core.plan.catalogue import Progress, StepKind, StepObservation
from dr_core.plan.step import Step

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Look:
    """What came of it: an observation or an error, and whether `act` was called."""

    observation: StepObservation | None = None
    error: DrError | None = None
    acted: bool = False


def look_at(kind: StepKind, step: Step, *, token: str, may_act: bool, guard: Callable[[], None]) -> Look:
    """Observe first, always: after a crash, "done but not recorded" is the normal case."""
    acted = False
    try:
        with guarded(guard):
            observation = kind.observe(step)
            if observation.progress is not Progress.ABSENT or not may_act:
                return Look(observation)
            guard()
            acted = True
            kind.act(step, token)
            return Look(observation, acted=True)
    except LeaseLostError:
        return Look(acted=acted)
    except DrError as error:
        return Look(error=error, acted=acted)
    except Exception as error:
        log.exception("step_look_failed", step=step.name, kind=step.kind)
        return Look(error=DrError(f"internal error: {type(error).__name__}"), acted=acted)
