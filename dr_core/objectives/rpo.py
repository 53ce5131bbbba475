"""The loss that runs reached against the objective, for the application and for each of its stores. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dr_core.execution.model import Run, RunState, StoreLoss


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
        """A store that is compared and not timed met its objective when it was in step."""
        if self.seconds is not None:
            return self.seconds <= self.target_s
        return True if self.store is not None and self.store.verdict == "ok" else None


def last_that_moved(runs: Sequence[Run]) -> Run | None:
    """The newest finished run that took the work away from its source; `runs` newest first."""
    return next((run for run in runs if run.state.finished and (run.losses or run.loss_s is not None)), None)


def last_that_failed(runs: Sequence[Run], since: Run | None) -> Run | None:
    """A run that failed after `since`, the last one that could be measured: what it would have taken nobody knows."""
    newer = [run for run in runs if since is None or run.created_at > since.created_at]
    return next((run for run in newer if run.state is RunState.FAILED), None)


def reached(run: Run, target_s: float) -> tuple[Reached, ...]:
    """Of one run: the application first, then its stores, those that gate before the others."""
    whole = Reached(run.id, run.ended_at, None, run.loss_s, target_s, run.loss_reason)
    stores = sorted(run.losses, key=lambda lost: (not lost.gate, lost.kind, lost.name))
    return (whole, *(Reached(run.id, run.ended_at, s, s.seconds, s.threshold_s, s.reason) for s in stores))
