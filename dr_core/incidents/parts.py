"""What belongs to an incident: its requests with their runs, and the events that tell of them all."""

from collections.abc import Iterable
from datetime import timedelta

from dr_core.approvals.model import Request
from dr_core.audit.chain import OPS
from dr_core.audit.events import Event
from dr_core.execution.model import Run
from dr_core.incidents.model import Incident, belongs
from dr_core.incidents.timeline import Extent
from dr_core.store import events, requests, runs
from dr_core.store.engine import Tx

Part = tuple[Request, Run | None]

LEAD = timedelta(minutes=15)
"""What was seen shortly before somebody spoke of it is where it began."""
_EARLIER = timedelta(days=7)
"""A request that was opened before the incident belongs to it while something may come of it: a run may be held for as
long as people like, and what has no run lasts no longer than this."""


def parts_of(tx: Tx, incident: Incident) -> tuple[Part, ...]:
    """The requests of an incident, oldest first, each with its run where there is one."""
    opened = requests.since_or_running(tx, incident.opened_at - _EARLIER, incident.opened_at)
    every = ((request, runs.of_request(tx, request.id)) for request in opened)
    return tuple((request, run) for request, run in every if belongs(incident, request, run))


def extent_of(incident: Incident, parts: Iterable[Part]) -> Extent:
    """From a little before it, or from the outage that a request of it was opened for, to its close."""
    parts = tuple(parts)
    signs = [request.incident_since for request, _ in parts if request.incident_since is not None]
    named = {incident.id, *(request.id for request, _ in parts), *(run.id for _, run in parts if run is not None)}
    return Extent(
        since=min([incident.opened_at - LEAD, *signs]),
        until=incident.closed_at,
        applications=None if incident.application is None else frozenset({incident.application}),
        named=frozenset(named),
    )


def events_of(tx: Tx, extent: Extent, chains: Iterable[str]) -> tuple[Event, ...]:
    """The events of these requests' chains, and of the installation since the extent began."""
    own = tuple(event for chain in sorted(set(chains)) for event in events.of_chain(tx, chain))
    return (*own, *events.since(tx, OPS, extent.since))
