"""One look at a step, in a thread of its own: observe, and act only if nothing of it is there yet."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from dr_core.aws.sending import acting_for, guarded
from dr_core.claim import Claim
from dr_core.errors import DrError, LeaseLostError
from dr_core.failpoints import Point, When, reached
from dr_core.plan.catalogue import Progress, StepKind, StepObservation, observed
from dr_core.plan.step import Step

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Look:
    """What came of it: an observation or an error, and whether `act` was called."""

    observation: StepObservation | None = None
    error: DrError | None = None
    acted: bool = False


def look_at(
    kind: StepKind,
    step: Step,
    *,
    claim: Claim,
    may_act: bool,
    guard: Callable[[], None],
    before_act: Callable[[StepObservation], None] = lambda seen: None,
) -> Look:
    """Observe first, always: after a crash, "done but not recorded" is the normal case."""
    acted = False
    try:
        with guarded(guard), acting_for(claim.run, step.name):
            reached(Point.STEP_OBSERVE, When.BEFORE)
            observation = observed(kind, step, claim)
            reached(Point.STEP_OBSERVE, When.AFTER)
            if observation.progress is not Progress.ABSENT or not may_act:
                return Look(observation)
            before_act(observation)
            guard()
            acted = True
            reached(Point.STEP_ACT, When.BEFORE)
            kind.act(step, claim)
            reached(Point.STEP_ACT, When.AFTER)
            return Look(observation, acted=True)
    except LeaseLostError as error:
        return Look(error=error if _still_owned(guard) else None, acted=acted)
    except DrError as error:
        return Look(error=error, acted=acted)
    except Exception as error:
        log.exception("step_look_failed", step=step.name, kind=step.kind)
        return Look(error=DrError(f"internal error: {type(error).__name__}"), acted=acted)


def _still_owned(guard: Callable[[], None]) -> bool:
    """A resource that names a later owner while the lease is ours tells of a store that was put back: say so."""
    try:
        guard()
    except LeaseLostError:
        return False
    return True
