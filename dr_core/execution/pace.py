"""When to look again, and what becomes of a step whose time is over. Pure."""

from datetime import datetime

from dr_core.errors import DeniedError, DrError, RejectedError
from dr_core.execution.model import StepRecord, StepState
from dr_core.plan.step import Segment, Step

SHORTEST_S = 1.0
LONGEST_S = 15.0
REFUSALS_BEFORE_FAILING = 5
ABSENT_BEFORE_ACTING_AGAIN_S = 10.0

TWO_WRITERS = frozenset({Segment.PROMOTE})
"""Going on after an uncertain step of these could make two writers, so a person decides."""


def wait_s(eta_s: float | None, under_way_s: float) -> float:
    """By the expected time of arrival where it is known, else a tenth of the time it has taken so far."""
    guess = eta_s if eta_s is not None else under_way_s / 10
    return min(LONGEST_S, max(SHORTEST_S, guess))


def back_off_s(faults: int) -> float:
    """1, 2, 4, 8 seconds between tries."""
    return min(8.0, SHORTEST_S * 2.0 ** max(0, faults - 1))


def overdue(step: Step, *, maybe_done: bool) -> StepState:
    """What a step becomes that was not there in time: never "done", and "failed" only if nothing can be under way."""
    if step.best_effort:
        return StepState.NOT_REACHED
    if maybe_done and step.segment in TWO_WRITERS:
        return StepState.UNCERTAIN
    return StepState.FAILED


def refused_for_good(error: DrError, faults: int) -> bool:
    """AWS keeps saying no: a permission or a state that does not heal by asking again."""
    return isinstance(error, (DeniedError, RejectedError)) and faults >= REFUSALS_BEFORE_FAILING


def is_over(record: StepRecord, now: datetime) -> bool:
    return record.deadline_at is not None and now >= record.deadline_at
