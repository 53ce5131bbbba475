"""The duty that keeps the runbook: after each preflight, and at least every half hour, every page to every place."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.aws.session import AwsSessions
from dr_core.clock import Clock
from dr_core.duty import survived
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.observation.asking import Question, ask_all
from dr_core.runbook import kept
from dr_core.runbook.bucket import Bucket
from dr_core.runbook.folder import Folder
from dr_core.runbook.kept import Kept, PlaceState
from dr_core.runbook.paper import Seen
from dr_core.runbook.port import Place
from dr_core.runbook.shelf import Shelf, digest, shelf
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.store import snapshots
from dr_core.store.engine import Store, Tx
from dr_core.topology.model import Topology

log = structlog.get_logger(__name__)

LEASE = "runbook"
EVERY = timedelta(minutes=30)
AGAIN = timedelta(minutes=1)
"""After this long a place that failed is tried again."""
LIMIT_S = 60.0
_WIDTH = 2


class Export:
    """Each worker keeps its own `folders`; `buckets` and the record are for the one with the lease `runbook`."""

    def __init__(
        self,
        store: Store,
        topology: Topology,
        folders: tuple[Place, ...],
        buckets: tuple[Place, ...],
        lease: NamedLease,
        clock: Clock,
        *,
        owner: str,
    ) -> None:
        self._store = store
        self._topology = topology
        self._folders = folders
        self._buckets = buckets
        self._lease = lease
        self._clock = clock
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        self._digests = {name: digest(topology, name) for name in topology.applications}
        self._own: dict[str, tuple[datetime, datetime | None]] = {}
        self._not_before: dict[str, float] = {}

    def round(self) -> None:
        """One look at every application; no fault of one keeps the next from its runbook."""
        if not (self._folders or self._buckets):
            return
        for application in self._topology.applications:
            now = self._clock.monotonic()
            mine = self._lease.hold()
            if now < self._not_before.get(application, now):
                continue
            look = partial(self._for_all if mine else self._for_this_machine, application)
            if not survived("runbook_failed", look, application=application):
                # The pages are in their places already, and would be put there again at every look.
                self._not_before[application] = now + AGAIN.total_seconds()

    def export(self, application: str) -> Kept:
        """Write every page and put it everywhere; what became of it is kept, and told in the trail where it changed."""
        pages = self._shelf(application)
        errors = self._put(pages, (*self._folders, *self._buckets))
        now = self._clock.now()
        before = self._store.read(lambda tx: kept.last(tx, application))
        states = tuple(_state(name, error, before, now) for name, error in errors.items())
        reached = any(not error for error in errors.values())
        after = Kept(
            application=application,
            digest=self._digests[application],
            pages=len(pages.pages),
            tried_at=now,
            at=now if reached else (before.at if before else None),
            places=states,
        )

        def work(tx: Tx) -> None:
            kept.keep(tx, after)
            if _news(before, after):
                append_ops(tx, EventKind.RUNBOOK_EXPORTED, self._actor, _told(after))

        self._store.write(work, Point.RUNBOOK_KEEP)
        return after

    # -- whether -----------------------------------------------------------------------------------------------------

    def _for_all(self, application: str) -> None:
        last, examined = self._store.read(lambda tx: (kept.last(tx, application), _examined(tx, application)))
        if due(last, examined, self._clock.now()) or last is None or last.digest != self._digests[application]:
            self.export(application)

    def _for_this_machine(self, application: str) -> None:
        """The same rule, with what this process remembers: the record is of the worker that has the lease."""
        if not self._folders:
            return
        examined = self._store.read(lambda tx: _examined(tx, application))
        written, then = self._own.get(application, (None, None))
        if written is None or then != examined or not timedelta(0) <= self._clock.now() - written < EVERY:
            errors = self._put(self._shelf(application), self._folders)
            self._own[application] = (self._clock.now(), examined)
            for name, error in errors.items():
                if error:
                    log.warning("runbook_not_kept", application=application, place=name, error=error)

    # -- what --------------------------------------------------------------------------------------------------------

    def _shelf(self, application: str) -> Shelf:
        now = self._clock.now()
        standing = self._store.read(lambda tx: look(tx, self._topology, application, now))
        observed = standing.observation.observed_at if standing.observation else None
        seen = Seen(now, version("dr-bot"), standing.active, standing.active_reason, standing.exposure_s, observed)
        return shelf(self._topology, application, seen)

    def _put(self, pages: Shelf, places: tuple[Place, ...]) -> dict[str, str]:
        """place -> what went wrong, empty where nothing did. A region that hangs costs its own copy only."""
        questions = {
            place.name: Question(place.lane, f"runbook in {place.name}", partial(_put_all, place, pages))
            for place in places
        }
        answers = ask_all(list(questions.values()), self._clock, LIMIT_S, _WIDTH)
        failed = {name: answers.of(question).error for name, question in questions.items()}
        return {name: error.message if error else "" for name, error in failed.items()}


def make(bundle: Services, lease: NamedLease, owner: str) -> Export:
    """The duty of one worker, with the places that `runbook` in the topology names."""
    folders, buckets = places(bundle.topology, bundle.aws)
    return Export(bundle.store, bundle.topology, folders, buckets, lease, bundle.clock, owner=owner)


def places(topology: Topology, aws: AwsSessions) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """The folder of this machine, and the buckets, that `runbook` in the topology names."""
    named = topology.runbook
    folders = (Folder(Path(named.folder)),) if named.folder else ()
    return folders, tuple(Bucket(aws, place) for place in named.buckets)


def due(last: Kept | None, examined: datetime | None, now: datetime) -> bool:
    """Pure: never exported; a preflight has been made since; the half hour is over; or a place failed a minute ago."""
    if last is None or (examined is not None and examined > last.tried_at):
        return True
    # A clock that was set back must not stop the export.
    return not timedelta(0) <= now - last.tried_at < (EVERY if last.complete else AGAIN)


def _put_all(place: Place, pages: Shelf) -> None:
    """One page after another: the first that fails ends it."""
    for page in pages.pages:
        place.put(page)


def _examined(tx: Tx, application: str) -> datetime | None:
    sheet = snapshots.get(tx, f"readiness/{application}")
    return None if sheet is None else sheet.at


def _state(name: str, error: str, before: Kept | None, now: datetime) -> PlaceState:
    earlier = before.place(name) if before else None
    return PlaceState(name=name, at=(earlier.at if earlier else None) if error else now, error=error)


def _news(before: Kept | None, after: Kept) -> bool:
    """Other plans, other places, or a place that began or ceased to take them: not the same again each half hour."""
    if before is None or before.digest != after.digest:
        return True
    return _taking(before) != _taking(after)


def _taking(export: Kept) -> Mapping[str, bool]:
    return {place.name: not place.error for place in export.places}


def _told(export: Kept) -> dict[str, JsonValue]:
    places: dict[str, JsonValue] = {place.name: place.error or "kept" for place in export.places}
    return {"application": export.application, "digest": export.digest, "pages": export.pages, "places": places}
