"""Signing off what somebody did without its quorum: another person must look at it."""

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.people import same_person
from dr_core.approvals.refusals import permit, recorded
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import events, reviews
from dr_core.store.engine import Tx
from dr_core.store.reviews import Review


def close(services: Services, review_id: str, *, actor: Actor, note: str, cmd_id: str | None = None) -> Review:
    """An approver other than the one who did it closes a review with what was found. The same `cmd_id` does it once."""
    if not note.strip():
        raise UsageError("Closing a review needs a note: what you found.")

    def work(tx: Tx) -> Review | DrError:
        permit(tx, services, actor, Role.APPROVER)
        found = reviews.get(tx, review_id)
        if events.done(tx, cmd_id, EventKind.REVIEW_CLOSED) is not None:
            return found
        if same_person(found.by, actor):
            raise RefusedError(f"You broke the glass for {found.request}; somebody else must review it.")
        if found.closed_at is not None:
            return ConflictError(f"Review {found.id} was closed by {found.closed_by} at {found.closed_at:%H:%M:%S}Z.")
        data: dict[str, JsonValue] = {"review": found.id, "request": found.request, "note": note}
        append_ops(tx, EventKind.REVIEW_CLOSED, actor, data, cmd_id=events.own_id(tx, cmd_id))
        return reviews.close(tx, found, actor.display, note)

    return recorded(services, actor, "review close", {"review": review_id}, work, Point.REVIEW_CLOSE)
