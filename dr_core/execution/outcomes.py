"""What a run left of each of its steps, by its records alone: what a rollback is made from. Pure."""

from collections.abc import Iterable, Mapping

from dr_core.execution.model import BEFORE, Run, RunState, StepRecord, StepState
from dr_core.plan.errands import takes_back
from dr_core.plan.step import Purpose
from dr_core.plan.undo import Outcome

_DONE = frozenset({StepState.DONE, StepState.REACHED_LATE})
_FAILED = frozenset({StepState.FAILED, StepState.SKIPPED})


def outcomes(run: Run) -> Mapping[str, Outcome]:
    """By the names of the steps."""
    return {record.name: _of(record) for record in run.steps}


def has_acted(run: Run) -> bool:
    """Whether a call was made in it that may have changed something."""
    return any(record.before is not None for record in run.steps)


def taken_back_by(run: Run, later: Iterable[Run]) -> Run | None:
    """The rollback of it that has succeeded, unless that one was taken back itself. `later`: newest first."""
    done = [other for other in later if _is_rollback(other) and other.state is RunState.SUCCEEDED]
    undone = _undone(done)
    return next((other for other in done if other.plan.undoes == run.id and other.id not in undone), None)


def in_the_way(run: Run, later: Iterable[Run]) -> Run | None:
    """The newest of the application's `later` runs that has changed something and was not taken back itself.

    `later`: newest first.
    Rollbacks of the run itself are none: each goes back to the same state.
    """
    runs = tuple(later)
    undone = _undone(runs)
    settled = undone | {run.id}
    for other in runs:
        if other.id in undone or (_is_rollback(other) and other.plan.undoes in settled):
            continue
        if has_acted(other):
            return other
    return None


def errands_undone(run: Run, later: Iterable[Run]) -> frozenset[str]:
    """Steps of earlier rollbacks of it in which the team's own code has taken its part back: that is done once."""
    return frozenset(
        record.name
        for other in later
        if _is_rollback(other) and other.plan.undoes == run.id
        for record in other.steps
        if record.state in _DONE and takes_back(other.plan.step(record.name))
    )


def _undone(newest_first: Iterable[Run]) -> frozenset[str | None]:
    """Runs of which nothing stands: a rollback that was taken back itself has taken back nothing."""
    undone: set[str | None] = set()
    for run in newest_first:
        if _is_rollback(run) and run.state is RunState.SUCCEEDED and run.id not in undone:
            undone.add(run.plan.undoes)
    return frozenset(undone)


def _is_rollback(run: Run) -> bool:
    return run.plan.purpose is Purpose.ROLLBACK


def _of(record: StepRecord) -> Outcome:
    done = record.state in _DONE
    return Outcome(
        found=record.before,
        seen={name: value for name, value in record.evidence.items() if name != BEFORE},
        done=done,
        possible=done or record.before is not None or record.state is StepState.UNCERTAIN,
        failed=record.state in _FAILED,
    )
