"""What comes next in a run, from its recorded states alone; the same for a fresh run and for one found half done."""

from dataclasses import dataclass

from dr_core.execution.model import Run, RunState, StepState
from dr_core.plan.step import Segment

HARMLESS = frozenset({Segment.PREPARE})
"""Segments that may run before the gates: they take nothing away from anybody, and failing there costs nothing."""


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
    broken = any(record.state is StepState.FAILED for record in run.steps)
    if broken:
        return Moves(look=look, end=None if look else RunState.FAILED)
    if all(record.state.settled for record in run.steps):
        return Moves(end=RunState.SUCCEEDED)
    if not run.free or any(record.state is StepState.UNCERTAIN for record in run.steps):
        return Moves(look=look)
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
    """Nothing new starts; what is under way is watched; what was uncertain stays so, a person decided to stop."""
    under_way = tuple(record.name for record in run.steps if record.state is StepState.RUNNING)
    if under_way:
        return Moves(look=under_way)
    arrived = all(record.state.settled and record.state is not StepState.SKIPPED for record in run.steps)
    return Moves(end=RunState.SUCCEEDED if arrived else RunState.ABORTED)


def has_moved(run: Run, end: RunState) -> bool:
    """Whether the application lives in the target now, so that the source is to be fenced whenever it is reached."""
    promoting = [step.name for step in run.plan.steps if step.segment is Segment.PROMOTE]
    if not promoting:
        return end is RunState.SUCCEEDED
    return all(run.record(name).state is StepState.DONE for name in promoting)


def has_taken(run: Run) -> bool:
    """Whether a step that takes something away has begun: from here on the gates are not asked again."""
    return any(run.record(step.name).started_at is not None for step in run.plan.steps if step.segment not in HARMLESS)
