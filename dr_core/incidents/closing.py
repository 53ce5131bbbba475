"""Ends an incident: an approver, or whoever opened it, says that it is over."""

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.people import same_person
from dr_core.approvals.refusals import permit, recorded
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import RefusedError
from dr_core.failpoints import Point
from dr_core.incidents.meant import meant
from dr_core.incidents.model import Incident
from dr_core.services import Services
from dr_core.store import events, incidents
from dr_core.store.engine import Tx


def close(services: Services, named: str | None, *, reason: str, actor: Actor, cmd_id: str) -> Incident:
    """Close the incident that `named` means (None: the only open one). The same `cmd_id` closes it once."""

    def work(tx: Tx) -> Incident:
        permit(tx, services, actor, Role.REQUESTER, Role.APPROVER)
        incidents.serialize(tx)
        before = events.done(tx, cmd_id, EventKind.INCIDENT_CLOSED)
        if before is not None:
            return incidents.get(tx, str(before.data["incident"]))
        found = meant(tx, named)
        _permit(tx, services, found, actor)
        data: dict[str, JsonValue] = {"incident": found.id, "application": found.application, "reason": reason.strip()}
        append_ops(tx, EventKind.INCIDENT_CLOSED, actor, data, cmd_id=cmd_id)
        return incidents.close(tx, found, actor.display, tx.now())

    return recorded(services, actor, "incident close", {"incident": named}, work, Point.INCIDENT_CLOSE)


def _permit(tx: Tx, services: Services, incident: Incident, actor: Actor) -> None:
    """Whoever opened it may; everybody else must be an approver."""
    if same_person(incident.by, actor):
        return
    try:
        permit(tx, services, actor, Role.APPROVER)
    except RefusedError as error:
        raise RefusedError(
            f"Only an approver or {incident.by.display}, who opened it, may close {incident.id}."
        ) from error
