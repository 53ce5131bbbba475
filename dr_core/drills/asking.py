"""Asking for a drill: who may is decided by the faces; whether one may be held now is decided here."""

from collections.abc import Callable

from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.approvals.names import new_drill_id
from dr_core.approvals.refusals import recorded
from dr_core.approvals.whereabouts import application_of, locate
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.drills import records
from dr_core.drills.agenda import THERE, agenda
from dr_core.drills.live import open_move
from dr_core.drills.model import Drill, DrillKind, DrillState, outcome
from dr_core.drills.standing_back import why_not
from dr_core.drills.tabletop import on_paper
from dr_core.errors import ConflictError, DrError, LeaseLostError, RefusedError, UsageError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import drills, events
from dr_core.store.engine import Tx


def ask(
    services: Services, application: str, kind: DrillKind, *, actor: Actor, channel: str | None = None, cmd_id: str
) -> Drill:
    """A tabletop is done at once; a worker takes up the others; a live one opens its first request here.

    Said twice with one `cmd_id` it is one drill. Raises RefusedError, ConflictError or NotFoundError, and BlockedError
    where preflight stops the move of a live one, which then has failed.
    """

    def work(tx: Tx) -> Drill:
        before = events.done(tx, cmd_id, EventKind.DRILL_ASKED)
        if before is not None:
            return drills.get(tx, str(before.data["drill"]))
        return _create(tx, services, application, kind, actor, cmd_id)

    about: dict[str, JsonValue] = {"application": application, "kind": kind.value}
    made = recorded(services, actor, "drill", about, work, Point.DRILL_ASK)
    return _begun(services, made, channel) if kind is DrillKind.LIVE else made


def kind_of(word: str | None) -> DrillKind:
    """Left out it is the one on paper, which changes nothing. UsageError for any other word."""
    if word is None:
        return DrillKind.TABLETOP
    try:
        return DrillKind(word.lower())
    except ValueError:
        kinds = ", ".join(kind.value for kind in DrillKind)
        raise UsageError("There is no such kind of drill.", hint=f"`--kind` is one of {kinds}.") from None


def _create(tx: Tx, services: Services, application: str, kind: DrillKind, actor: Actor, cmd_id: str) -> Drill:
    topology = services.topology
    entry = application_of(topology, application)
    source = _source(tx, services, application)
    if kind is not DrillKind.TABLETOP:
        _refuse(tx, services, application, kind, actor, source)
    drill_id, now = new_drill_id(), tx.now()
    paper = kind is DrillKind.TABLETOP
    exercises = on_paper(tx, services, application, source) if paper else agenda(entry, kind, drill_id, source)
    if not exercises:
        raise RefusedError(f"{application} has nothing that a {kind.value} drill could try.")
    new = Drill(
        id=drill_id,
        application=application,
        kind=kind,
        state=outcome(exercises) if paper else DrillState.ASKED,
        by=actor,
        source=source,
        asked_at=now,
        started_at=now if paper else None,
        ended_at=now if paper else None,
        exercises=exercises,
    )
    added = drills.add(tx, new)
    append_ops(tx, EventKind.DRILL_ASKED, actor, records.about(added), cmd_id=events.own_id(tx, cmd_id))
    for event, data, name in records.ended(added) if paper else ():
        append_ops(tx, event, actor, records.about(added) | data, cmd_id=f"{added.id}:{name}")
    return added


def _source(tx: Tx, services: Services, application: str) -> str:
    """Where the application is at work: nothing is tried there."""
    entry = services.topology.applications[application]
    if entry.active_active:
        return entry.primary
    active = locate(tx, services.topology, application)
    if active.region is None:
        raise RefusedError(f"Which region of {application} is a standby cannot be said: {active.reason}.")
    return active.region


def _refuse(tx: Tx, services: Services, application: str, kind: DrillKind, actor: Actor, source: str) -> None:
    home = services.topology.applications[application].primary
    if kind is DrillKind.LIVE and source != home:
        told = f"{application} is at work in {source}: a live drill begins in {home} and ends there."
        raise RefusedError(told, hint=f"`failback {application}` brings it home.")
    if kind is DrillKind.LIVE and actor.face is Face.SCHEDULE:
        raise RefusedError("A live drill moves users: a person asks for it.")
    why = why_not(tx, services.topology, application)
    if why is not None:
        raise RefusedError(f"A {kind.value} drill of {application} has to wait: {why}.")
    other = next(iter(drills.unfinished(tx, application)), None)
    if other is not None:
        raise ConflictError(
            f"Drill {other.id} of {application} is {other.state.value} already.", hint="`drill history` shows it."
        )


def _begun(services: Services, drill: Drill, channel: str | None) -> Drill:
    """Open the first request; who died before has left it to a worker."""
    there = next(one for one in drill.exercises if one.kind == THERE)
    try:
        opened = open_move(services, drill, there, channel=channel)
    except (RefusedError, ConflictError) as error:
        _give_up(services, drill, error)
        raise
    return _unless_taken(
        services, drill, lambda tx, now: drills.save(tx, now.model_copy(update={"request": opened.id}))
    )


def _give_up(services: Services, drill: Drill, error: DrError) -> None:
    """Nothing was moved."""

    def end(tx: Tx, now: Drill) -> Drill:
        update = {"state": DrillState.INTERRUPTED, "reason": error.message, "ended_at": tx.now()}
        saved = drills.save(tx, now.model_copy(update=update))
        for event, data, name in records.ended(saved):
            append_ops(tx, event, drill.by, records.about(saved) | data, cmd_id=f"{saved.id}:{name}")
        return saved

    _unless_taken(services, drill, end)


def _unless_taken(services: Services, drill: Drill, change: Callable[[Tx, Drill], Drill]) -> Drill:
    """A worker that was quicker finds the same by itself, and writes it down itself."""

    def work(tx: Tx) -> Drill:
        now = drills.get(tx, drill.id)
        return now if now.epoch or now.state.finished else change(tx, now)

    try:
        return services.store.write(work, Point.DRILL_KEEP)
    except LeaseLostError:
        return drill
