"""Reads everything that an after-action report tells, in one snapshot of the store, and puts it together."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Literal

from dr_core.approvals.model import Request
from dr_core.audit.chain import OPS
from dr_core.audit.events import EventKind
from dr_core.drills.model import Drill
from dr_core.evacuation.reading import standings
from dr_core.evacuation.turn import Stage
from dr_core.execution.model import Run
from dr_core.incidents.model import Incident, belongs
from dr_core.incidents.parts import LEAD, Part, events_of, extent_of, parts_of
from dr_core.incidents.timeline import Entry, Extent, timeline
from dr_core.plan.step import Purpose
from dr_core.reconciliation.unsettled import not_found_yet
from dr_core.reports.after_action import AfterAction, DrillPart, Exercised, OpenItem
from dr_core.reports.after_action_account import BRAKE, Aims, Story, account
from dr_core.reports.after_action_open import Loose, open_items
from dr_core.reports.audit import AuditVerdict, audit_verdict
from dr_core.reports.incidents import EntryView, IncidentView, view_of
from dr_core.reports.rollback import rollback_view, standing_steps
from dr_core.reports.run import find
from dr_core.services import Services
from dr_core.store import (
    brake,
    drills,
    evacuations,
    events,
    freezes,
    incidents,
    observations,
    reconciliations,
    requests,
    reviews,
    runs,
)
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

Kind = Literal["run", "incident", "drill"]
_LATER_RUNS = 50


@dataclass(frozen=True)
class _Subject:
    """What the report is about, and the requests with their runs that it tells of, oldest first."""

    kind: Kind
    id: str
    title: str
    since: datetime
    until: datetime | None
    parts: tuple[Part, ...]
    extent: Extent
    incident: Incident | None = None
    drill: Drill | None = None


@dataclass(frozen=True)
class Facts:
    """All that was read."""

    at: datetime
    subject: _Subject
    incident: IncidentView | None
    drill: DrillPart | None
    stories: tuple[Story, ...]
    entries: tuple[Entry, ...]
    open_items: tuple[OpenItem, ...]
    whole: tuple[str, ...] = ()


def after_action(services: Services, named: str) -> AfterAction:
    """The report of a run (also named by its request), an incident or a drill. NotFoundError where there is none."""
    facts = services.store.read(lambda tx: _read(tx, services, named))
    objectives = services.topology.objectives
    aims = Aims(objectives.rto.total_seconds(), objectives.rpo.total_seconds())
    return assemble(facts, aims, audit_verdict(services))


def assemble(facts: Facts, aims: Aims, trail: AuditVerdict) -> AfterAction:
    """The report of what was read. Pure."""
    subject = facts.subject
    accounts = tuple(account(story, aims, facts.at) for story in facts.stories)
    return AfterAction(
        at=facts.at,
        kind=subject.kind,
        id=subject.id,
        title=subject.title,
        since=subject.since,
        until=subject.until,
        headline=(*(one.outcome for one in accounts), *facts.whole),
        incident=facts.incident,
        drill=facts.drill,
        accounts=accounts,
        open_items=facts.open_items,
        timeline=tuple(EntryView.model_validate(entry) for entry in facts.entries),
        trail=trail,
    )


def _read(tx: Tx, services: Services, named: str) -> Facts:
    subject = _subject(tx, named)
    chains = [request.id for request, _ in subject.parts]
    told = events_of(tx, subject.extent, chains)
    drill = None if subject.drill is None else _drill(subject.drill)
    stories = tuple(_story(tx, services.topology, part) for part in subject.parts)
    incident = subject.incident
    names = _concerned(services, subject)
    return Facts(
        at=tx.now(),
        subject=subject,
        incident=None if incident is None else view_of(tx, services, incident),
        drill=drill,
        stories=stories,
        entries=timeline(told, subject.extent),
        open_items=open_items(incident, stories, drill, _loose(tx, services.topology, names, stories)),
        whole=_whole(tx, services.topology, subject),
    )


def _whole(tx: Tx, topology: Topology, subject: _Subject) -> tuple[str, ...]:
    """Of the run of an evacuation's member, what became of all of it so far."""
    last = subject.parts[-1][0] if subject.kind == "run" else None
    evacuation_id = None if last is None else evacuations.of_request(tx, last.id)
    if evacuation_id is None:
        return ()
    found = evacuations.get(tx, evacuation_id)
    arrived = sum(one.stage is Stage.ARRIVED for one in standings(tx, topology, found).values())
    applications = f"{len(found.members)} applications" if len(found.members) > 1 else "one application"
    way = f"evacuation {found.id} of {found.source} to {found.target}"
    return (f"It was part of {way}: {arrived} of {applications} had arrived when this was written.",)


def _subject(tx: Tx, named: str) -> _Subject:
    if named.startswith("i-"):
        return _of_incident(tx, incidents.get(tx, named))
    if named.startswith("d-"):
        return _of_drill(tx, drills.get(tx, named))
    return _of_run(tx, find(tx, named))


def _of_incident(tx: Tx, incident: Incident) -> _Subject:
    parts = parts_of(tx, incident)
    extent = extent_of(incident, parts)
    return _Subject(
        "incident", incident.id, incident.title, incident.opened_at, incident.closed_at, parts, extent, incident
    )


def _of_run(tx: Tx, run: Run) -> _Subject:
    """A run, with those before it whose place it took."""
    request = requests.get(tx, run.request)
    parts: list[Part] = [(request, run)]
    while (earlier := parts[0][0].supersedes) is not None:
        before = runs.get(tx, earlier)
        parts.insert(0, (requests.get(tx, before.request), before))
    first = parts[0][0]
    since = first.incident_since or first.opened_at
    plan = run.plan
    title = f"{plan.purpose.value} of {run.application} from {plan.source} to {plan.target}"
    extent = Extent(since - LEAD, run.ended_at, frozenset({run.application}), _named(parts))
    incident = next((one for one in incidents.recent(tx, 50) if belongs(one, request, run)), None)
    return _Subject("run", run.id, title, since, run.ended_at, tuple(parts), extent, incident)


def _of_drill(tx: Tx, drill: Drill) -> _Subject:
    """A live drill asks for the way there and for the way back: both are its requests."""
    opened = (one for one in requests.since(tx, drill.asked_at) if _asked_by(drill, one))
    parts = [(request, runs.of_request(tx, request.id)) for request in opened]
    extent = Extent(
        drill.asked_at, drill.ended_at, frozenset({drill.application}), _named(parts) | frozenset({drill.id})
    )
    title = f"{drill.kind.value} drill of {drill.application}"
    return _Subject("drill", drill.id, title, drill.asked_at, drill.ended_at, tuple(parts), extent, drill=drill)


def _asked_by(drill: Drill, request: Request) -> bool:
    meanwhile = drill.ended_at is None or request.opened_at <= drill.ended_at
    of_drill = request.plan.purpose is Purpose.DRILL and request.application == drill.application
    return request.id == drill.request or (meanwhile and of_drill)


def _named(parts: list[Part]) -> frozenset[str]:
    return frozenset(one.id for part in parts for one in part if one is not None)


def _story(tx: Tx, topology: Topology, part: Part) -> Story:
    request, run = part
    own = tuple(events.of_chain(tx, request.id))
    if run is None:
        return Story(request, None, own)
    over = run.ended_at or tx.now()
    since = events.since(tx, OPS, run.created_at)
    braked = tuple(event for event in since if event.kind in BRAKE and event.at <= over)
    ended_for_another = any(event.kind == EventKind.RUN_SUPERSEDED for event in own)
    later = (one.id for one in requests.since(tx, run.created_at) if one.supersedes == run.id)
    superseded_by = next(later, None) if ended_for_another else None
    known = takewhile(lambda other: other.id != run.id, runs.recent(tx, _LATER_RUNS, run.application))
    return Story(request, run, own, braked, superseded_by, rollback_view(tx, topology, run), tuple(known))


def _concerned(services: Services, subject: _Subject) -> tuple[str, ...]:
    """The applications whose open matters the report shows."""
    named = subject.extent.applications
    every = tuple(services.topology.applications)
    return every if named is None else tuple(name for name in every if name in named)


def _loose(tx: Tx, topology: Topology, applications: tuple[str, ...], stories: tuple[Story, ...]) -> Loose:
    ended = [story.run for story in stories if story.run is not None]
    standing = {run.id: standing_steps(tx, topology, run) for run in ended}
    fences = {name: observations.region_fences(tx, name) for name in applications}
    return Loose(
        brake=brake.get(tx),
        reviews=reviews.waiting(tx),
        reconciliations=tuple(item for name in applications for item in reconciliations.waiting(tx, name)),
        lost_unknown=tuple(one for name in applications for one in not_found_yet(tx, topology, name)),
        freezes=tuple(one for one in freezes.standing(tx) if one.application in applications),
        unfenced={
            name: tuple(region for region, fence in found.items() if fence == "unfenced")
            for name, found in fences.items()
        },
        incidents=tuple(one for one in incidents.open_ones(tx) if one.application in applications),
        standing={run: steps for run, steps in standing.items() if steps},
    )


def _drill(drill: Drill) -> DrillPart:
    left = {one.name for one in drill.unclean}
    return DrillPart(
        id=drill.id,
        application=drill.application,
        kind=drill.kind.value,
        state=drill.state.value,
        by=drill.by.display,
        asked_at=drill.asked_at,
        started_at=drill.started_at,
        ended_at=drill.ended_at,
        reason=drill.reason,
        exercises=tuple(
            Exercised(
                title=one.title,
                region=one.region,
                result=one.result.value if one.result is not None else None,
                detail=one.detail,
                clean=one.name not in left,
            )
            for one in drill.exercises
        ),
    )
