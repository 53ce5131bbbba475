"""When a run needs its quorum again before it goes on. Pure."""

from datetime import datetime, timedelta

from dr_core.approvals.model import Request
from dr_core.execution.model import Run
from dr_core.execution.recovery import has_taken

LASTS = timedelta(minutes=30)
"""How long an approval may lie idle before anything was taken away; after that one approver resumes."""


def stale(run: Run, request: Request, stood_since: datetime, now: datetime) -> str | None:
    """Why those who approved must be asked again, as a sentence; None when their approval still holds.

    What stood before they approved does not count.
    """
    idle = now - max(stood_since, request.decided_at or run.created_at)
    if has_taken(run) or idle <= LASTS:
        return None
    minutes = int(idle.total_seconds() // 60)
    return f"it stood still for {minutes} minutes before anything was fenced, so it must be approved again"


def moved_at(run: Run) -> datetime:
    """When something last happened in the run by its own record."""
    times = (run.created_at, run.started_at, *(at for r in run.steps for at in (r.started_at, r.ended_at)))
    return max(at for at in times if at is not None)
