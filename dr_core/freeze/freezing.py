"""The duty under the lease `freeze`: freezes what has moved, frees what came home, and keeps the markers in step."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.approvals.whereabouts import locate
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.duty import survived
from dr_core.errors import DrError
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.freeze.deciding import Turn, turn
from dr_core.freeze.intents import about
from dr_core.freeze.model import LOOKED_FOR, Freeze, Marker
from dr_core.freeze.port import Markers, parameter
from dr_core.freeze.ssm import SsmMarkers
from dr_core.services import Services
from dr_core.store import freezes, observations, runs, scope
from dr_core.store.engine import Store, Tx
from dr_core.topology.model import Topology

log = structlog.get_logger(__name__)

LEASE = "freeze"
PATIENCE_S = 20.0
"""How long the regions of an application may keep a round waiting."""
WATCHED = timedelta(hours=1)
"""How long after the end of a freeze its markers are looked for: a worker that slept may put one late."""
RETRIED = timedelta(seconds=30)
"""How soon a region that could not be asked is asked again."""


@dataclass(frozen=True)
class _Place:
    """`moving`: the application is not active there yet."""

    region: str
    moving: bool = False


class Freezing:
    """Wired once a worker; `round` again and again. No run waits for it, and it waits for none."""

    def __init__(self, store: Store, topology: Topology, markers: Markers, lease: NamedLease, *, owner: str) -> None:
        self._store = store
        self._topology = topology
        self._markers = markers
        self._lease = lease
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)

    def round(self) -> None:
        """One look at every application, if the lease is ours. One that fails costs the others nothing."""
        if not self._lease.hold():
            return
        for name, entry in self._topology.applications.items():
            # Where every region serves no roles are swapped, and the code stays true.
            if not entry.active_active:
                survived("freeze_failed", partial(self._look_after, name), application=name)

    def _look_after(self, name: str) -> None:
        follows = self._store.read(lambda tx: self._turned(tx, name)[1])
        if follows is not None:
            self._store.write(lambda tx: self._turn(tx, name), Point.FREEZE_TURN)
        for region in self._topology.applications[name].regions:
            self._bring_up(name, region)

    def _turned(self, tx: Tx, name: str) -> tuple[Freeze | None, Turn | None, _Place | None]:
        """What is known, what follows, and where the application is active, or is being moved to.

        A run takes it away from its first step on: an apply at the same time would change the same things. It may be
        held for hours after its promotion: only what ends a freeze waits for its end. Where nobody can see where the
        application is, the last run that moved it says, which is enough to freeze it.
        """
        known, primary = freezes.get(tx, name), self._topology.applications[name].primary
        where = locate(tx, self._topology, name)
        way = next((run.plan.target for run in runs.unfinished(tx, name) if run.plan.target != primary), None)
        if not where.observed:
            lifted = known.lifted_at if known is not None else None
            last = observations.moves(tx, name)[-1:]
            moved = next((one.target for one in last if lifted is None or one.at > lifted), None)
            place = _Place(moved) if moved else _Place(way, moving=True) if way else None
            follows = turn(known, place.region, primary, moving=place.moving) if place else None
            return known, (follows if follows is Turn.FREEZE else None), place
        moving = way is not None and where.region == primary
        active = way if moving else where.region
        follows = turn(known, active, primary, moving=moving)
        if follows in (Turn.LIFT, Turn.HOME) and scope.holder(tx, (name,)) is not None:
            follows = None
        return known, follows, _Place(active, moving) if active else None

    def _turn(self, tx: Tx, name: str) -> None:
        """One change of state with its event, in one commit."""
        known, follows, place = self._turned(tx, name)
        entry, now = self._topology.applications[name], tx.now()
        if follows in (Turn.FREEZE, Turn.MOVED):
            assert place is not None
            run = next((one for one in runs.recent(tx, 1, name) if one.plan.target == place.region), None)
            before = known.markers if known is not None else {}
            # What each says now is to be put, whatever was seen before.
            markers = {region: Marker(stands=before.get(region, Marker()).stands) for region in entry.regions}
            moved = run.id if run is not None else None
            new = Freeze(
                application=name, since=now, active=place.region, primary=entry.primary, run=moved,
                moving=place.moving, markers=markers,
            )  # fmt: skip
            freezes.put(tx, known, new)
            self._tell(tx, EventKind.FREEZE_SET, new, {"run": moved, "where": new.whereabouts})
        elif known is not None and follows is Turn.THERE:
            # What each marker says is to be put anew.
            again = {region: Marker(stands=marker.stands) for region, marker in known.markers.items()}
            freezes.put(tx, known, known.model_copy(update={"moving": False, "markers": again}))
        elif known is not None and follows is Turn.LIFT:
            reason = f"{name} is active in {entry.primary}" + ("" if known.moving else " again")
            lifted = {"lifted_at": now, "lifted_by": self._actor.display, "reason": reason, "been_home": True}
            freezes.put(tx, known, known.model_copy(update=lifted))
            self._tell(tx, EventKind.FREEZE_LIFTED, known, {"reason": reason})
        elif known is not None and follows is Turn.HOME:
            freezes.put(tx, known, known.model_copy(update={"been_home": True}))

    def _bring_up(self, name: str, region: str) -> None:
        """The marker of one region, put or taken away if it is not as it should be; what came of it is kept."""
        known, now = self._store.read(lambda tx: (freezes.get(tx, name), tx.now()))
        if known is None or not _due(known, region, now):
            return
        seen, changed = self._reached(known, region, now)

        def keep(tx: Tx) -> None:
            current = freezes.get(tx, name)
            if current is None or current.stands is not known.stands:
                return  # it was turned meanwhile: the next round has the markers follow
            before = current.markers.get(region, Marker())
            freezes.put(tx, current, current.model_copy(update={"markers": {**current.markers, region: seen}}))
            if changed or (seen.stands is not None and seen.stands is not bool(before.stands)):
                self._tell(tx, EventKind.FREEZE_MARKED, current, {"region": region, "stands": seen.stands})

        self._store.write(keep, Point.FREEZE_MARKED)

    def _reached(self, known: Freeze, region: str, now: datetime) -> tuple[Marker, bool]:
        """The marker as it is now, and whether it had to be put or taken for that."""
        account = self._topology.applications[known.application].account
        name, wanted = parameter(known.application), said(known) if known.stands else None
        before = known.markers.get(region, Marker())
        try:
            there = self._markers.read(account, name, region)
            if there != wanted and wanted is not None:
                self._markers.put(account, name, region, wanted)
            elif there is not None and wanted is None:
                self._markers.take(account, name, region)
        except DrError as error:
            log.warning("marker_not_reached", application=known.application, region=region, error=error.message)
            return Marker(stands=before.stands, at=now, error=error.message), False
        return Marker(stands=wanted is not None, at=now), there != wanted

    def _tell(self, tx: Tx, kind: EventKind, known: Freeze, more: dict[str, JsonValue]) -> None:
        regions = self._topology.applications[known.application].regions
        append_ops(tx, kind, self._actor, about(known, regions) | more)


def make(bundle: Services, lease: NamedLease, owner: str) -> Freezing:
    """The duty of one worker."""
    return Freezing(bundle.store, bundle.topology, SsmMarkers(bundle.aws), lease, owner=owner)


def said(known: Freeze) -> str:
    """What stands in the marker, for a pipeline and for a person who wonders; the same for as long as it stands."""
    return json.dumps(
        {
            "frozen": True,
            "application": known.application,
            "active": known.active,
            "primary": known.primary,
            "since": known.since.isoformat(),
            "run": known.run,
            "why": f"{known.application} {known.whereabouts}: an apply of code that has its primary in "
            f"{known.primary} may undo the move, or detach the database.",
        }
    )


def _due(known: Freeze, region: str, now: datetime) -> bool:
    """Whether a region's marker is to be looked at: it is not as it should be, or was last seen too long ago. Pure."""
    seen = known.markers.get(region)
    watched = known.lifted_at is None or now - known.lifted_at < WATCHED
    if seen is None or seen.at is None:
        return watched
    if seen.error:
        return now - seen.at >= RETRIED
    if seen.stands is not known.stands:
        return True
    return watched and now - seen.at >= LOOKED_FOR
