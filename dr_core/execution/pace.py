"""When to look again, and what becomes of a step whose time is over. Pure."""

from datetime import datetime

from dr_core.errors import DeniedError, DrError, RejectedError
from dr_core.execution.model import StepRecord, StepState
from dr_core.plan.step import Segment, Step

SHORTEST_S = 1.0
LONGEST_S = 15.0
REFUSALS_BEFORE_FAILING = 5
ABSENT_BEFORE_ACTING_AGAIN_S = 10.0
ABSENT_FOR_CERTAIN_S = 60.0

ABORT_PATIENCE_S = 60.0
"""How long what is under way is watched after an abort was asked for."""

BEFORE_THE_GATES = frozenset({Segment.PREPARE})
"""Failing here costs nothing."""

TWO_WRITERS = frozenset({Segment.PROMOTE})
"""Going on after an uncertain step of these could make two writers, so a person decides."""

NEVER_GIVEN_UP = frozenset({Segment.SWITCH})
"""The writer has moved and traffic has not: the run waits for AWS, however long, and is mended by hand or by AWS."""


def wait_s(eta_s: float | None, under_way_s: float) -> float:
    """By the expected time of arrival where it is known, else a tenth of the time it has taken so far."""
    guess = eta_s if eta_s is not None else under_way_s / 10
    return min(LONGEST_S, max(SHORTEST_S, guess))


def back_off_s(faults: int) -> float:
    """1, 2, 4, 8 seconds between tries."""
    return min(8.0, SHORTEST_S * 2.0 ** max(0, faults - 1))


def overdue(step: Step, *, maybe_done: bool) -> StepState | None:
    """What a step becomes that was not there in time: never "done", and "failed" only if nothing can be under way.

    None: it is looked at for as long as it takes.
    """
    if step.best_effort:
        return StepState.NOT_REACHED
    if step.segment in NEVER_GIVEN_UP:
        return None
    if maybe_done and step.segment in TWO_WRITERS:
        return StepState.UNCERTAIN
    return StepState.FAILED


def refused_for_good(step: Step, error: DrError, faults: int) -> bool:
    """AWS keeps saying no. After the gates that is waited out until the deadline: permissions and states are mended."""
    early = step.best_effort or step.segment in BEFORE_THE_GATES
    return early and isinstance(error, (DeniedError, RejectedError)) and faults >= REFUSALS_BEFORE_FAILING


def is_over(step: Step, record: StepRecord, now: datetime, *, pursued_s: float, looked: bool) -> bool:
    """Whether a step's time is over. `now` is the store's clock, `pursued_s` how long this process has been at it.

    A try in a region that may be dead is bounded by this process's own time, so that a new owner tries too;
    any other step is over by its recorded deadline, but not before this process has looked once.
    """
    if pursued_s >= step.deadline_s:
        return True
    if step.best_effort:
        return False
    return looked and record.deadline_at is not None and now >= record.deadline_at


def abandoned(step: Step, asked_at: datetime, now: datetime, *, over: bool) -> bool:
    """Whether a run that is to be aborted waits for this step no longer; a promotion is watched to its own deadline."""
    return over if step.segment in TWO_WRITERS else (now - asked_at).total_seconds() >= ABORT_PATIENCE_S
