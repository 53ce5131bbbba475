"""What people write down during an incident. Notes are events of the trail and nothing else: nobody edits them."""

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.refusals import permit, recorded
from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import UsageError
from dr_core.failpoints import Point
from dr_core.incidents.meant import meant
from dr_core.incidents.model import Incident, Note
from dr_core.services import Services
from dr_core.store import events, incidents
from dr_core.store.engine import Tx

LONGEST_NOTE = 2000


def add(services: Services, text: str, *, named: str | None, actor: Actor, cmd_id: str) -> Incident:
    """Add a note to the incident that `named` means (None: the only open one). The same `cmd_id` twice is one note."""
    told = text.strip()
    if not told or len(told) > LONGEST_NOTE:
        raise UsageError(f"A note has 1 to {LONGEST_NOTE} characters.")

    def work(tx: Tx) -> Incident:
        permit(tx, services, actor, Role.REQUESTER, Role.APPROVER)
        before = events.done(tx, cmd_id, EventKind.NOTE_ADDED)
        if before is not None:
            return incidents.get(tx, str(before.data["incident"]))
        found = meant(tx, named)
        data: dict[str, JsonValue] = {"incident": found.id, "application": found.application, "text": told}
        append_ops(tx, EventKind.NOTE_ADDED, actor, data, cmd_id=cmd_id)
        return found

    return recorded(services, actor, "note", {"incident": named}, work, Point.NOTE_ADD)


def notes_of(tx: Tx, incident: Incident) -> tuple[Note, ...]:
    """Every note of an incident, in the order of the trail."""
    found = events.of_kind(tx, EventKind.NOTE_ADDED, incident.opened_at)
    return tuple(_note(event) for event in sorted(found, key=lambda one: one.seq) if _about(event, incident))


def _about(event: Event, incident: Incident) -> bool:
    return event.data.get("incident") == incident.id


def _note(event: Event) -> Note:
    by = str(event.actor.get("display", "somebody"))
    text = str(event.data.get("text", ""))
    return Note(incident=str(event.data["incident"]), at=event.at, by=by, text=text, seq=event.seq)
