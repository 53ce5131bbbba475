"""`rollback`: a request that takes back what a run really did."""

from dr_core.approvals.model import Actor, Request
from dr_core.approvals.open import open_request
from dr_core.approvals.planning import taken_back
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import runs


def roll_back(
    services: Services,
    run_id: str,
    *,
    actor: Actor,
    reason: str,
    overrides: tuple[str, ...] = (),
    channel: str | None = None,
    cmd_id: str,
) -> Request:
    """Open it. ConflictError while the run is not finished or a later one is in the way, RefusedError where nothing of
    it can be taken back, BlockedError as any request."""
    run = services.store.read(lambda tx: runs.get(tx, run_id))
    return open_request(
        services,
        application=run.application,
        target=run.plan.source,
        mode=Mode.PLANNED,
        actor=actor,
        reason=reason,
        overrides=overrides,
        channel=channel,
        cmd_id=cmd_id,
        made=lambda tx: taken_back(tx, services.topology, run.id, overrides),
    )
