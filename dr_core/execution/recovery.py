"""What comes next in a run, from its recorded states alone; the same for a fresh run and for one found half done."""

from dataclasses import dataclass

from dr_core.execution.model import Run, RunState, StepRecord, StepState
from dr_core.plan.step import Segment

HARMLESS = frozenset({Segment.PREPARE, Segment.CANARY})
"""Segments that may run before the gates: they take nothing away from anybody, and failing there costs nothing.

A canary sends a share of the users elsewhere and takes it back by itself.
"""

TAKES_BACK = frozenset({"canary-hold"})
"""Kinds of step whose act takes back what the steps before them began.

That is nothing new: they begin and act in a run that is held, braked or to end, too, and no run ends before they have.
"""

ONLY_WATCHED = frozenset({"backfill-buckets"})
"""Kinds of step that are looked at after the end of their run, and never asked for again.

What they ask for goes on by itself; a second one weeks later would copy what nobody wants copied any more.
"""


@dataclass(frozen=True)
class Moves:
    """`start`: steps whose turn it is; `look`: steps under way to observe; `gate`: the gates hold up what is next."""

    start: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    gate: bool = False
    end: RunState | None = None


def next_moves(run: Run, *, gated: bool) -> Moves:
    """Pure. A step starts when all before it are settled; nothing new starts once a step has failed or is uncertain."""
    records = {record.name: record for record in run.steps}
    look = tuple(record.name for record in run.steps if record.state in (StepState.RUNNING, StepState.UNCERTAIN))
    if run.ending is not None:
        return _to_the_end(run)
    back = to_take_back(run)
    if is_broken(run):
        return Moves(start=back, look=look, end=None if look or back else RunState.FAILED)
    if all(record.state.settled for record in run.steps):
        return Moves(end=RunState.SUCCEEDED)
    if not run.free or any(record.state is StepState.UNCERTAIN for record in run.steps):
        return Moves(start=back, look=look)
    ready = [
        step
        for step in run.plan.steps
        if records[step.name].state is StepState.WAITING and all(records[name].state.settled for name in step.after)
    ]
    before_gates = tuple(step.name for step in ready if step.segment in HARMLESS)
    if gated:
        return Moves(start=tuple(step.name for step in ready), look=look)
    return Moves(start=before_gates, look=look, gate=len(before_gates) < len(ready))


def _to_the_end(run: Run) -> Moves:
    """Nothing new starts; what is under way is watched; what was begun for a trial is taken back.

    What was uncertain stays so, a person decided to stop.
    """
    under_way = tuple(record.name for record in run.steps if record.state is StepState.RUNNING)
    back = to_take_back(run)
    if under_way or back:
        return Moves(start=back, look=under_way)
    arrived = all(record.state.settled and record.state is not StepState.SKIPPED for record in run.steps)
    return Moves(end=RunState.SUCCEEDED if arrived else RunState.ABORTED)


def to_take_back(run: Run) -> tuple[str, ...]:
    """Steps that have not begun, and take back what may be there: those before them began and are over."""
    waiting = (step for step in run.plan.steps if step.kind in TAKES_BACK)
    return tuple(
        step.name
        for step in waiting
        if run.record(step.name).state is StepState.WAITING and all(_tried(run.record(name)) for name in step.after)
    )


def _tried(record: StepRecord) -> bool:
    return record.started_at is not None and record.state is not StepState.RUNNING


def is_broken(run: Run) -> bool:
    """Whether a step has failed, so that nothing new starts and the run ends as failed."""
    return any(record.state is StepState.FAILED for record in run.steps)


def has_moved(run: Run, end: RunState) -> bool:
    """Whether the application lives in the target now, so that the source is to be fenced whenever it is reached.

    It moves with its writer; without one, with its users.
    """
    promoting = [step.name for step in run.plan.steps if step.promotes]
    switching = [step.name for step in run.plan.steps if step.segment is Segment.SWITCH and not step.best_effort]
    moving = promoting or switching
    if not moving:
        return end is RunState.SUCCEEDED
    return all(run.record(name).state is StepState.DONE for name in moving)


def unfenced(run: Run) -> tuple[str, ...]:
    """Fences that a run which ends now never set, or is not sure of: they stand behind what moves the writer.

    Where it has moved, nobody else would ever set them.
    """
    missing = (StepState.WAITING, StepState.SKIPPED, StepState.UNCERTAIN)
    fences = (step for step in run.plan.steps if step.segment is Segment.FENCE and step.follow_up)
    return tuple(step.name for step in fences if run.record(step.name).state in missing)


def left_over(run: Run) -> tuple[StepRecord, ...]:
    """What was not reached in time and is tried on after the end of the run."""
    missed = (record for record in run.steps if record.state is StepState.NOT_REACHED)
    return tuple(record for record in missed if run.plan.step(record.name).follow_up)


def has_taken(run: Run) -> bool:
    """Whether a step that takes something away has begun: from here on the gates are not asked again."""
    return any(run.record(step.name).started_at is not None for step in run.plan.steps if step.segment not in HARMLESS)
