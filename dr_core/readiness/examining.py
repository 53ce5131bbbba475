"""The duty under the lease `preflight`: examine every application again and again; nobody ever waits for it."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.aws.clients import ClientOf, observing_clients
from dr_core.clock import Clock
from dr_core.drills.overdue import due_of, last_proof, not_passed
from dr_core.duty import survived
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.observation.active import active_region
from dr_core.observation.model import Observation
from dr_core.readiness.catalogue import EXAMINATIONS
from dr_core.readiness.examination import Examination, Subject
from dr_core.readiness.handshake import handshakes
from dr_core.readiness.history import carried, changes, due, forgotten
from dr_core.readiness.model import Check, Sheet
from dr_core.readiness.preflight import LIMIT_S, preflight
from dr_core.readiness.surroundings import Handshake, Surroundings
from dr_core.runbook import kept
from dr_core.services import Services
from dr_core.store import observations, readiness
from dr_core.store.engine import Store, Tx
from dr_core.topology.model import Account, Topology

log = structlog.get_logger(__name__)

LEASE = "preflight"
AFTER_FAILURE_S = 60.0
_NAMED_IN_EVENT = 10

Clients = Callable[[Account | None], ClientOf]


class Examining:
    """Wired once a worker; `round` again and again. `clients(account)` makes a function (service, region) -> client."""

    def __init__(
        self,
        store: Store,
        topology: Topology,
        clients: Clients,
        examinations: Sequence[Examination],
        lease: NamedLease,
        clock: Clock,
        *,
        owner: str,
        handshake: Handshake,
        store_host: str | None,
        webhook_key: bool = False,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._store, self._topology, self._clock = store, topology, clock
        self._clients, self._examinations, self._lease = clients, tuple(examinations), lease
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        self._handshake, self._store_host = handshake, store_host
        self._webhook_key = webhook_key
        self._limit_s = limit_s
        self._digest = digest(topology)
        self._not_before: dict[str, float] = {}

    def round(self) -> None:
        """Keep the lease if it is ours, and examine whatever is due, one application after the other."""
        for name in self._topology.applications:
            now = self._clock.monotonic()
            if not self._lease.hold() or now < self._not_before.get(name, now):
                continue
            if not survived("preflight_failed", partial(self.examine, name), application=name):
                # Whatever broke would break again at once, and AWS would be asked everything each time.
                self._not_before[name] = now + AFTER_FAILURE_S

    def examine(self, name: str) -> Sheet | None:
        """A preflight of one application if it is due, kept; None when it is not, or was never observed.

        Before the first observation nobody knows where the application is at work.
        """
        found = self._store.read(lambda tx: self._subject(tx, name))
        if found is None:
            return None
        subject, last = found
        if not due(last, topology=self._digest, active=subject.active, now=subject.now):
            return None
        made = preflight(subject, self._examinations, self._clock, limit_s=self._limit_s)
        sheet = carried(last, made.model_copy(update={"topology": self._digest}))
        self._store.write(lambda tx: self._keep(tx, sheet), Point.READINESS_KEEP)
        log.info("preflight_made", application=name, took_s=sheet.duration_s, checks=len(sheet.checks),
                 blocking=len(sheet.blocking), unknown=len(sheet.unknown))  # fmt: skip
        return sheet

    def _subject(self, tx: Tx, name: str) -> tuple[Subject, Sheet | None] | None:
        seen = observations.latest(tx, name)
        if seen is None:
            return None
        application = self._topology.applications[name]
        subject = Subject(
            name=name,
            topology=self._topology,
            client_of=self._clients(application.account),
            observation=seen,
            active=self._active(tx, name, seen),
            now=self._clock.now(),
            surroundings=self._surroundings(tx, name),
            own_client_of=self._clients(None),
        )
        return subject, readiness.get(tx, name)

    def _active(self, tx: Tx, name: str, seen: Observation) -> str:
        application = self._topology.applications[name]
        told, _ = active_region(
            application, seen, observations.active_region(tx, name), observations.region_fences(tx, name)
        )
        return told or application.primary

    def _surroundings(self, tx: Tx, name: str) -> Surroundings:
        runbook = kept.last(tx, name)
        return Surroundings(
            handshake=self._handshake,
            store_host=self._store_host,
            webhook_key=self._webhook_key,
            last_drill=last_proof(tx, name),
            not_passed=not_passed(tx, name),
            overdue=tuple(due.reason for due in due_of(tx, self._topology, name, self._clock.now()) if due.overdue),
            last_run=_last_success(tx, name),
            runbook_at=runbook.oldest if runbook else None,
        )

    def _keep(self, tx: Tx, sheet: Sheet) -> None:
        before = readiness.get(tx, sheet.application)
        appeared, gone = changes(before, sheet)
        lost = forgotten(before, sheet)
        readiness.put(tx, sheet)
        if appeared or gone or lost:
            data: dict[str, JsonValue] = {
                "application": sheet.application,
                "appeared": [_named(check) for check in appeared[:_NAMED_IN_EVENT]],
                "gone": [_named(check) for check in gone[:_NAMED_IN_EVENT]],
                "forgotten": [_named(check) for check in lost[:_NAMED_IN_EVENT]],
                "blocking": len(sheet.hindering),
            }
            cmd_id = f"readiness:{sheet.application}:{sheet.at.isoformat()}"
            append_ops(tx, EventKind.READINESS_CHANGED, self._actor, data, cmd_id=cmd_id)


def digest(topology: Topology) -> str:
    """What was examined: another dr.yaml has another one."""
    return hashlib.sha256(topology.model_dump_json().encode()).hexdigest()[:16]


def _last_success(tx: Tx, name: str) -> datetime | None:
    """When a run last moved the application with success, either way. Users brought back where every region serves, and
    a rollback that found it at home still, have moved nothing."""
    moved = [move.at for move in observations.moves(tx, name) if not move.returning]
    return moved[-1] if moved else None


def _named(check: Check) -> dict[str, JsonValue]:
    return {"code": check.code, "region": check.region, "subject": check.subject, "message": check.message}


def make(bundle: Services, lease: NamedLease, owner: str) -> Examining:
    """Wired to AWS; connects to nothing."""
    settings = bundle.settings
    return Examining(
        bundle.store,
        bundle.topology,
        lambda account: observing_clients(bundle.aws, account),
        EXAMINATIONS,
        lease,
        bundle.clock,
        owner=owner,
        handshake=handshakes(settings.probe_connect_to, settings.probe_ca),
        store_host=store_host(settings.database_url),
        webhook_key=settings.webhook_key is not None,
    )


def store_host(database_url: str) -> str | None:
    """The host that the store stands on; None where it is a file. Never the credentials beside it."""
    parts = urlsplit(database_url)
    return None if parts.scheme.startswith("sqlite") else parts.hostname or "local socket"
