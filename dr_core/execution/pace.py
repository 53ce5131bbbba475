"""When to look again, and what becomes of a step by what was seen of it and by the time it took. Pure."""

from datetime import datetime

from dr_core.errors import DeniedError, DrError, FinalError, RejectedError
from dr_core.execution.model import Run, StepRecord, StepState
from dr_core.execution.recovery import HARMLESS, TAKES_BACK, is_broken
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S
from dr_core.plan.step import Segment, Step

AT_ONCE_S = 0.3
"""After an act: most effects are there at once."""
SHORTEST_S = 1.0
LONGEST_S = 15.0
REFUSALS_BEFORE_FAILING = 5
ABSENT_BEFORE_ACTING_AGAIN_S = 10.0
ABSENT_FOR_CERTAIN_S = 60.0

ABORT_PATIENCE_S = 60.0
"""How long what is under way is watched after an abort was asked for."""

TWO_WRITERS = frozenset({Segment.PROMOTE})
"""Going on after an uncertain step of these could make two writers, so a person decides."""

NEVER_GIVEN_UP = frozenset({Segment.SWITCH})
"""The writer has moved and traffic has not: the run waits for AWS, however long, and is mended by hand or by AWS."""

Verdict = tuple[StepState, str]
"""A state and why, for the record."""


def wait_s(eta_s: float | None, under_way_s: float) -> float:
    """By the expected time of arrival where it is known, else a tenth of the time it has taken so far.

    In its first second no longer than it has taken so far, so that what is done quickly is seen quickly.
    """
    if eta_s is None and under_way_s < SHORTEST_S:
        return max(AT_ONCE_S, under_way_s)
    return min(LONGEST_S, max(SHORTEST_S, under_way_s / 10 if eta_s is None else eta_s))


def back_off_s(faults: int) -> float:
    """1, 2, 4, 8 seconds between tries."""
    return min(8.0, SHORTEST_S * 2.0 ** max(0, faults - 1))


def settled_as(run: Run, state: StepState, seen: StepObservation, absent_s: float | None) -> Verdict | None:
    """What a step is by what the world shows; None while it is looked at on.

    `absent_s` is for how long nothing of it was there, None where something is. An uncertain one has failed when that
    is certain; in a run that is to end nobody acts, so that it is passed over.
    """
    if seen.progress is Progress.SATISFIED:
        return StepState.DONE, seen.detail
    if absent_s is None:
        return None
    if state is StepState.UNCERTAIN and absent_s >= ABSENT_FOR_CERTAIN_S:
        return StepState.FAILED, f"it did not take place: {seen.detail}"
    if run.ending is not None and absent_s >= ABSENT_BEFORE_ACTING_AGAIN_S:
        return StepState.SKIPPED, f"the run was aborted and nothing of it is there: {seen.detail}"
    return None


def overdue(run: Run, step: Step, *, maybe_done: bool) -> StepState | None:
    """What a step becomes that was not there in time: never "done", and "failed" only if nothing can be under way.

    None: it is looked at for as long as it takes. What takes back is, also in a run that is to end: a share of the
    users is somewhere else meanwhile.
    """
    if step.kind in TAKES_BACK:
        return None
    if run.ending is not None:
        return StepState.UNCERTAIN
    if step.best_effort:
        return StepState.NOT_REACHED
    if step.segment in NEVER_GIVEN_UP:
        return None
    if maybe_done and step.segment in TWO_WRITERS:
        return StepState.UNCERTAIN
    return StepState.FAILED


def refused_for_good(step: Step, error: DrError, faults: int) -> bool:
    """AWS keeps saying no. After the gates that is waited out until the deadline: permissions and states are mended.

    So is a fence that is tried for minutes and not for seconds: RDS stops no instance while it is backed up. What takes
    back is given up by nobody's refusal, only by its own word that nothing is left of it.
    """
    if step.kind in TAKES_BACK:
        return isinstance(error, FinalError) and faults >= REFUSALS_BEFORE_FAILING
    fence = step.segment is Segment.FENCE and step.follow_up and step.deadline_s > BEST_EFFORT_S
    early = (step.best_effort and not fence) or step.segment in HARMLESS
    return early and isinstance(error, (DeniedError, RejectedError)) and faults >= REFUSALS_BEFORE_FAILING


def refused_as(run: Run, step: Step) -> StepState:
    """What a step becomes that is refused for good. What is back in a run that ends anyway has not failed it."""
    if step.best_effort:
        return StepState.NOT_REACHED
    over = run.ending is not None or is_broken(run)
    return StepState.SKIPPED if over and step.kind in TAKES_BACK else StepState.FAILED


def is_over(run: Run, step: Step, now: datetime, *, pursued_s: float, looked: bool) -> bool:
    """Whether a step's time is over. `now` is the store's clock, `pursued_s` how long this process has been at it.

    While the run stands still nobody may act, which is no step's fault. One that is to be aborted waits for a promotion
    to its deadline, and a minute for everything else.
    """
    over = _out_of_time(step, run.record(step.name), now, pursued_s=pursued_s, looked=looked)
    if run.ending is not None:
        patient = (now - run.ending.at).total_seconds() >= ABORT_PATIENCE_S
        return over if step.segment in TWO_WRITERS else patient
    return over and (run.free or step.best_effort)


def _out_of_time(step: Step, record: StepRecord, now: datetime, *, pursued_s: float, looked: bool) -> bool:
    """A try in a region that may be dead is bounded by this process's own time, so that a new owner tries too;
    any other step is over by its recorded deadline, but not before this process has looked once."""
    if pursued_s >= step.deadline_s:
        return True
    if step.best_effort:
        return False
    return looked and record.deadline_at is not None and now >= record.deadline_at
