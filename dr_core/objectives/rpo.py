"""The loss that runs reached against the objective, for the application and for each of its stores. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dr_core.execution.model import Run, RunState, StoreLoss
from dr_core.execution.recovery import has_taken
from dr_core.plan.step import Purpose


@dataclass(frozen=True)
class Reached:
    """What a run reached. `store` None: the application as a whole. `seconds` None: not measured, see `reason`."""

    run: str
    at: datetime | None
    store: StoreLoss | None
    seconds: float | None
    target_s: float
    reason: str

    @property
    def met(self) -> bool | None:
        """A store that is compared and not timed met its objective when it was in step, and missed it when not."""
        if self.seconds is not None:
            return self.seconds <= self.target_s
        return {"ok": True, "over": False}.get(self.store.verdict) if self.store is not None else None


def last_that_moved(runs: Sequence[Run]) -> Run | None:
    """The newest finished run that took the work away from its source; `runs` newest first."""
    return next((run for run in runs if run.state.finished and (run.losses or run.loss_s is not None)), None)


def unmeasured(runs: Sequence[Run], since: Run | None, *, failed: bool = False) -> Run | None:
    """The newest run after `since`, the last one with a figure, that took something away: what it reached nobody knows.

    With `failed`, asked of its time, also one that failed before that; else one that promotes something, since only
    there is anything lost. A rollback only takes back.
    """
    newer = (run for run in runs if since is None or run.created_at > since.created_at)
    forth = (run for run in newer if run.state.finished and run.plan.purpose is not Purpose.ROLLBACK)
    if failed:
        return next((run for run in forth if has_taken(run) or run.state is RunState.FAILED), None)
    return next((run for run in forth if has_taken(run) and any(step.promotes for step in run.plan.steps)), None)


def reached(run: Run, target_s: float) -> tuple[Reached, ...]:
    """Of one run: the application first, then its stores, those that gate before the others."""
    whole = Reached(run.id, run.ended_at, None, run.loss_s, target_s, run.loss_reason)
    stores = sorted(run.losses, key=lambda lost: (not lost.gate, lost.kind, lost.name))
    return (whole, *(Reached(run.id, run.ended_at, s, s.seconds, s.threshold_s, s.reason) for s in stores))
