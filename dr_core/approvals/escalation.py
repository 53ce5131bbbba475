"""`run escalate`: the primary died in the middle of a planned run; a forced request takes its place."""

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor, Request
from dr_core.approvals.open import open_request
from dr_core.approvals.refusals import permit, recorded
from dr_core.errors import ConflictError, RefusedError, UsageError
from dr_core.execution.model import Run
from dr_core.failpoints import Point
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import runs
from dr_core.store.engine import Tx


def escalate(
    services: Services,
    run_id: str,
    *,
    actor: Actor,
    reason: str,
    overrides: tuple[str, ...] = (),
    channel: str | None = None,
    cmd_id: str,
) -> Request:
    """Open a forced request for where the planned run is going. The planned run goes on until that one is approved.

    Raises RefusedError for a forced run, ConflictError for a finished one, BlockedError as any request.
    """
    if not reason.strip():
        raise UsageError("An escalation needs a reason: those who approve accept a loss for it.")
    run = recorded(
        services,
        actor,
        "run escalate",
        {"run": run_id},
        lambda tx: _escalable(tx, services, run_id, actor),
        Point.REQUEST_ESCALATE,
    )
    return open_request(
        services,
        application=run.application,
        target=run.plan.target,
        mode=Mode.FORCED,
        actor=actor,
        reason=reason,
        overrides=overrides,
        channel=channel,
        cmd_id=cmd_id,
        supersedes=run.id,
    )


def _escalable(tx: Tx, services: Services, run_id: str, actor: Actor) -> Run:
    permit(tx, services, actor, Role.REQUESTER, Role.APPROVER)
    run = runs.get(tx, run_id)
    if run.state.finished:
        raise ConflictError(f"Run {run.id} has {run.state.value} already.", hint="Open a new request.")
    if run.plan.mode is Mode.FORCED:
        raise RefusedError(f"Run {run.id} is forced already.", hint=f"`run show {run.id}` tells what it waits for.")
    return run
