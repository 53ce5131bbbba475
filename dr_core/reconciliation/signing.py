"""Signing off what was lost: another person than who asked for the forced failover, or broke the glass for it."""

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.decision import is_requester
from dr_core.approvals.model import Actor, Request
from dr_core.approvals.people import same_person
from dr_core.approvals.refusals import permit, recorded
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.failpoints import Point
from dr_core.reconciliation.model import Item
from dr_core.services import Services
from dr_core.store import events, reconciliations, requests, reviews, runs
from dr_core.store.engine import Tx


def sign(services: Services, item_id: str, *, actor: Actor, note: str, cmd_id: str | None = None) -> Item:
    """An approver signs an item with what became of the writes. The same `cmd_id` does it once."""
    if not note.strip():
        raise UsageError("Signing needs a note: what became of the writes that were lost.")

    def work(tx: Tx) -> Item | DrError:
        permit(tx, services, actor, Role.APPROVER)
        found = reconciliations.get(tx, item_id)
        if events.done(tx, cmd_id, EventKind.RECONCILIATION_SIGNED) is not None:
            return found
        own = _own(tx, requests.get(tx, runs.get(tx, found.run).request), actor)
        if own is not None:
            raise RefusedError(f"You {own} run {found.run}; another person must sign what it lost.")
        if not found.open:
            return ConflictError(f"{found.id} was signed by {found.signed_by} at {found.signed_at:%H:%M:%S}Z.")
        data: dict[str, JsonValue] = {
            "item": found.id,
            "application": found.application,
            "run": found.run,
            "note": note,
        }
        append_ops(tx, EventKind.RECONCILIATION_SIGNED, actor, data, cmd_id=events.own_id(tx, cmd_id))
        return reconciliations.sign(tx, found, actor.display, note)

    return recorded(services, actor, "reconcile sign", {"item": item_id}, work, Point.RECONCILIATION_SIGN)


def _own(tx: Tx, request: Request, actor: Actor) -> str | None:
    """What this person had to do with the run, by person and by account; None for another person."""
    if is_requester(request, actor):
        return "asked for"
    broke = (one.by for one in reviews.of_request(tx, request.id))
    return "broke the glass for" if any(same_person(by, actor) for by in broke) else None
