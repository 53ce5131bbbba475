"""The duty under the lease `reconcile`: every five minutes, hold what CloudTrail tells of our roles against intents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.cloudtrail import Identity, in_each_region
from dr_core.audit.events import EventKind
from dr_core.audit.reconcile import AwsCall, Intent, marker_of, preparations, spans, step_of, unexplained
from dr_core.audit.trail import append_ops
from dr_core.clock import Clock
from dr_core.drills.intents import intents_of
from dr_core.errors import DrError, NotFoundError
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.freeze.intents import intent_of
from dr_core.reconciliation import intents as lost_writes
from dr_core.releases import intents as pointers
from dr_core.store import events, runs, watermarks
from dr_core.store.engine import Store, Tx
from dr_core.store.watermarks import Watermark
from dr_core.topology.model import Account, Topology

log = structlog.get_logger(__name__)

LEASE = "reconcile"
EVERY_S = 300.0
MARGIN = timedelta(minutes=20)
"""CloudTrail tells of a call within five minutes on average, now and then later: so far back it is asked again."""
AT_ONCE = timedelta(minutes=30)
MOST_AT_ONCE = 48
GLOBAL_HOME = "us-east-1"
_AGENT_KEPT = 300


class History(Protocol):
    """What is asked of CloudTrail and of STS."""

    def identity(self, role: Account | None, region: str) -> Identity: ...

    def changes(self, role: Account | None, region: str, since: datetime, until: datetime) -> Iterable[AwsCall]: ...


@dataclass(frozen=True)
class _Watched:
    """One AWS account: through which role it is asked, and which principals there are ours."""

    role: Account | None
    principals: frozenset[str]


class Reconciliation:
    """Wired once a worker; `round` again and again."""

    def __init__(
        self, store: Store, topology: Topology, history: History, lease: NamedLease, clock: Clock, *, owner: str
    ) -> None:
        self._store = store
        self._history = history
        self._lease = lease
        self._clock = clock
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        roles = {app.account for app in topology.applications.values()}
        self._roles: tuple[Account | None, ...] = (None, *sorted(filter(None, roles), key=lambda r: r.role_arn))
        inside = (*topology.residency.allowed_regions, topology.control_region)
        self._regions = tuple(dict.fromkeys([*(region for region in inside if region), GLOBAL_HOME]))
        self._identities: dict[Account | None, Identity] = {}
        self._next = 0.0

    def round(self) -> None:
        """Keep the lease if it is ours, and make a pass when it is time."""
        if self._lease.hold() and self._clock.monotonic() >= self._next:
            self.pass_over()
            self._next = self._clock.monotonic() + EVERY_S

    def pass_over(self) -> int:
        """Every account in every region once, each from where it was left; how many calls nobody intended."""
        found = 0
        for account, watched in self._accounts().items():
            for region in self._regions:
                try:
                    found += self._catch_up(account, watched, region)
                except DrError as error:
                    log.warning("calls_not_reconciled", account=account, region=region, error=error.message)
        return found

    def _accounts(self) -> dict[str, _Watched]:
        """account -> how it is asked; an identity that STS cannot tell now is asked again at the next pass."""
        accounts: dict[str, _Watched] = {}
        for role in self._roles:
            mine = self._identity(role)
            if mine is None:
                continue
            known = accounts.get(mine.account, _Watched(role, frozenset()))
            ours = in_each_region(mine.principal, self._regions)
            accounts[mine.account] = _Watched(known.role, known.principals | ours)
        return accounts

    def _identity(self, role: Account | None) -> Identity | None:
        for region in self._regions[:-1] or self._regions:
            if role in self._identities:
                break
            try:
                self._identities[role] = self._history.identity(role, region)
            except DrError as error:
                log.warning("identity_unknown", role=role.role_arn if role else "", error=error.message)
        return self._identities.get(role)

    def _catch_up(self, account: str, watched: _Watched, region: str) -> int:
        name = f"calls:{account}:{region}"
        found = 0
        for _ in range(MOST_AT_ONCE):
            mark, now = self._store.read(lambda tx: (watermarks.get(tx, name), tx.now()))
            if mark is None:
                # What was called before anybody watched cannot be held against intents.
                self._keep(name, Watermark(now, {"since": now.isoformat()}), ())
                return 0
            since = max(mark.at - MARGIN, datetime.fromisoformat(str(mark.seen["since"])))
            until = min(now, mark.at + AT_ONCE)
            calls = self._history.changes(watched.role, region, since, until)
            ours = [call for call in calls if call.principal in watched.principals]
            found += self._keep(name, Watermark(until, mark.seen), ours)
            if until == now:
                break
        return found

    def _keep(self, name: str, mark: Watermark, calls: Sequence[AwsCall]) -> int:
        """Judge the calls and remember how far it was looked; how many are new and unexplained."""

        def work(tx: Tx) -> int:
            fresh = [call for call in calls if events.known(tx, _cmd_id(call)) is None]
            strange = unexplained(fresh, _intents(tx, fresh))
            for call, reason in strange:
                append_ops(tx, EventKind.CALL_UNEXPLAINED, self._actor, _told(call, reason), cmd_id=_cmd_id(call))
            watermarks.put(tx, name, mark)
            return len(strange)

        found = self._store.write(work, Point.CALLS_RECONCILED)
        if found:
            log.error("calls_unexplained", count=found, watermark=name)
        return found


def _intents(tx: Tx, calls: Sequence[AwsCall]) -> dict[tuple[str, str], Intent]:
    """What the trail intended for each step that these calls name."""
    intents: dict[tuple[str, str], Intent] = {}
    for call in calls:
        marker = marker_of(call)
        marking = intent_of(tx, call) if marker is not None else None
        if marker is not None and marking is not None:
            intents[marker] = marking
    for run_id in sorted({named[0] for call in calls if (named := step_of(call)) is not None}):
        try:
            run = runs.get(tx, run_id)
        except NotFoundError:
            prepared = preparations(events.of_chain(tx, run_id))
            moved = pointers.intents_of(tx, run_id)
            found = prepared | intents_of(tx, run_id) | lost_writes.intents_of(tx, run_id) | moved
            intents |= {(run_id, name): intent for name, intent in found.items()}
            continue
        known = {step.name: step for step in run.plan.steps}
        for name, (since, until) in spans(events.of_chain(tx, run.request), run_id).items():
            if name in known:
                regions = frozenset(filter(None, (known[name].region, known[name].home_region)))
                intents[run_id, name] = Intent(known[name].kind, regions, since, until)
    return intents


def _told(call: AwsCall, reason: str) -> dict[str, JsonValue]:
    return {
        "call": call.id,
        "called_at": call.at.isoformat(),
        "region": call.region,
        "service": call.service,
        "operation": call.operation,
        "subject": call.subject,
        "principal": call.principal,
        "user_agent": call.user_agent[-_AGENT_KEPT:],
        "error": call.error,
        "reason": reason,
    }


def _cmd_id(call: AwsCall) -> str:
    return f"call:{call.id}"[:200]
