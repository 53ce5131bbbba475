"""Incidents as results: one with what belongs to it (`dr.incident/1`), and a list (`dr.incidents/1`)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.incidents.model import Incident
from dr_core.incidents.notes import notes_of
from dr_core.incidents.parts import events_of, extent_of, parts_of
from dr_core.incidents.timeline import timeline
from dr_core.reports.listing import RequestItem, RunItem, request_item, run_item
from dr_core.reports.model import IncidentItem
from dr_core.services import Services
from dr_core.store import incidents
from dr_core.store.engine import Tx
from dr_core.value import Shown


class NoteView(Shown):
    """What somebody wrote down."""

    at: datetime
    by: str
    text: str


class EntryView(Shown):
    """One thing that happened; `chain` and `seq` name its event in the trail, `about` its request."""

    at: datetime
    who: str
    what: str
    kind: str
    about: str
    chain: str
    seq: int


class IncidentView(Shown):
    """`application` None: about all of them. `proposal`: the request that detection made for it. `timeline` None: it
    was not asked for. Requests and runs are oldest first."""

    schema_: Literal["dr.incident/1"] = Field(default="dr.incident/1", alias="schema")
    id: str
    application: str | None
    title: str
    state: Literal["open", "closed"]
    opened_at: datetime
    by: str
    signals: tuple[str, ...]
    proposal: str | None
    closed_at: datetime | None
    closed_by: str | None
    requests: tuple[RequestItem, ...]
    runs: tuple[RunItem, ...]
    notes: tuple[NoteView, ...]
    timeline: tuple[EntryView, ...] | None = None


class IncidentList(Shown):
    """Open ones first, then closed ones, newest first in each."""

    schema_: Literal["dr.incidents/1"] = Field(default="dr.incidents/1", alias="schema")
    at: datetime
    incidents: tuple[IncidentItem, ...]


def incident_view(services: Services, incident: Incident | str, *, whole: bool = False) -> IncidentView:
    """An incident as it is now; `whole` with its timeline. NotFoundError where there is none."""

    def work(tx: Tx) -> IncidentView:
        found = incidents.get(tx, incident if isinstance(incident, str) else incident.id)
        return view_of(tx, services, found, whole=whole)

    return services.store.read(work)


def view_of(tx: Tx, services: Services, found: Incident, *, whole: bool = False) -> IncidentView:
    """The same inside of a transaction."""
    parts = parts_of(tx, found)
    target_s = services.topology.objectives.rto.total_seconds()
    told = None
    if whole:
        extent = extent_of(found, parts)
        events = events_of(tx, extent, (request.id for request, _ in parts))
        told = tuple(EntryView.model_validate(entry) for entry in timeline(events, extent))
    return IncidentView(
        **item_of(found).model_dump(),
        signals=found.signals,
        proposal=found.request,
        requests=tuple(request_item(tx, request) for request, _ in parts),
        runs=tuple(run_item(run, target_s) for _, run in parts if run is not None),
        notes=tuple(NoteView(at=note.at, by=note.by, text=note.text) for note in notes_of(tx, found)),
        timeline=told,
    )


def item_of(found: Incident) -> IncidentItem:
    return IncidentItem(
        id=found.id,
        application=found.application,
        title=found.title,
        state="open" if found.open else "closed",
        opened_at=found.opened_at,
        by=found.by.display,
        closed_at=found.closed_at,
        closed_by=found.closed_by,
    )


def incident_list(services: Services, limit: int = 20) -> IncidentList:
    """Open incidents, then the newest others, `limit` of them."""

    def work(tx: Tx) -> IncidentList:
        open_ones = tuple(reversed(incidents.open_ones(tx)))
        known = {one.id for one in open_ones}
        others = tuple(one for one in incidents.recent(tx, limit) if one.id not in known)
        return IncidentList(at=tx.now(), incidents=tuple(item_of(one) for one in (*open_ones, *others)))

    return services.store.read(work)


def open_items(tx: Tx, application: str | None = None) -> tuple[IncidentItem, ...]:
    """What the status shows: every open incident, or those that concern one application."""
    found = incidents.open_ones(tx)
    return tuple(item_of(one) for one in found if application is None or one.concerns(application))
