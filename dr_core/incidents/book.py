"""Opens incidents, for detection and for people: at most one open incident an application."""

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.names import new_incident_id
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.whereabouts import application_of
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, UsageError
from dr_core.failpoints import Point
from dr_core.incidents.model import Incident
from dr_core.services import Services
from dr_core.store import events, incidents
from dr_core.store.engine import Tx

LONGEST_TITLE = 200
MOST_SIGNALS = 40


def open_incident(
    tx: Tx,
    *,
    application: str | None,
    title: str,
    actor: Actor,
    signals: tuple[str, ...],
    request: str | None,
    cmd_id: str,
) -> Incident:
    """Open an incident in the caller's transaction, or join the application's open one: then its signals are added.

    `application` None: about all applications. `request`: the proposal made for it; a later one takes its place. The
    same `cmd_id` twice has its effect once.
    """
    incidents.serialize(tx)
    before = events.done(tx, cmd_id, EventKind.INCIDENT_OPENED) or events.done(tx, cmd_id, EventKind.INCIDENT_JOINED)
    if before is not None:
        return incidents.get(tx, str(before.data["incident"]))
    there = incidents.open_of(tx, application)
    if there is None:
        return _open(tx, application, title, actor, signals, request, cmd_id)
    return _join(tx, there, title, actor, signals, request, cmd_id)


def declare(services: Services, *, application: str | None, title: str, actor: Actor, cmd_id: str) -> Incident:
    """A person says that something is wrong. ConflictError names the incident that is open already."""
    told = title.strip()
    if not told or len(told) > LONGEST_TITLE:
        raise UsageError(f"An incident needs a title of 1 to {LONGEST_TITLE} characters; the rest belongs in a note.")
    if application is not None:
        application_of(services.topology, application)

    def work(tx: Tx) -> Incident | DrError:
        permit(tx, services, actor, Role.REQUESTER, Role.APPROVER)
        incidents.serialize(tx)
        there = incidents.open_of(tx, application)
        if there is not None and events.done(tx, cmd_id, EventKind.INCIDENT_OPENED) is None:
            return _open_already(there)
        return open_incident(
            tx, application=application, title=told, actor=actor, signals=(), request=None, cmd_id=cmd_id
        )

    return recorded(services, actor, "incident", {"application": application}, work, Point.INCIDENT_OPEN)


def _open_already(there: Incident) -> ConflictError:
    about = there.application or "all applications"
    return ConflictError(
        f"Incident {there.id} about {about} is open already, since {there.opened_at:%Y-%m-%d %H:%M:%S}Z by "
        f"{there.by.display}: {there.title}",
        hint="Add what you know with `note TEXT`.",
    )


def _open(
    tx: Tx,
    application: str | None,
    title: str,
    actor: Actor,
    signals: tuple[str, ...],
    request: str | None,
    cmd_id: str,
) -> Incident:
    opened = Incident(
        id=new_incident_id(),
        application=application,
        title=title,
        opened_at=tx.now(),
        by=actor,
        signals=signals[:MOST_SIGNALS],
        request=request,
    )
    incidents.add(tx, opened)
    append_ops(tx, EventKind.INCIDENT_OPENED, actor, _told(opened, title, signals, request), cmd_id=cmd_id)
    return opened


def _join(
    tx: Tx,
    there: Incident,
    title: str,
    actor: Actor,
    signals: tuple[str, ...],
    request: str | None,
    cmd_id: str,
) -> Incident:
    """Signals that are known already are told once; each joining stands in the trail all the same."""
    together = tuple(dict.fromkeys((*there.signals, *signals)))[:MOST_SIGNALS]
    append_ops(tx, EventKind.INCIDENT_JOINED, actor, _told(there, title, signals, request), cmd_id=cmd_id)
    return incidents.join(tx, there, together, request or there.request)


def _told(incident: Incident, title: str, signals: tuple[str, ...], request: str | None) -> dict[str, JsonValue]:
    data: dict[str, JsonValue] = {
        "incident": incident.id,
        "application": incident.application,
        "title": title,
        "signals": list(signals),
    }
    return data | ({"request": request} if request else {})
