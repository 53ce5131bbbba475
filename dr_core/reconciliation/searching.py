"""The duty under the lease `reconciliation`: find what forced runs lost, and keep it before RDS removes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.approvals.names import new_reconciliation_id
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.aws.clients import acting_clients
from dr_core.aws.sending import acting_for
from dr_core.aws.session import Purpose
from dr_core.clock import Clock
from dr_core.database.rds_snapshots import RdsSnapshots
from dr_core.database.snapshots import AVAILABLE, FAILED, ClusterSnapshots, Snapshot
from dr_core.duty import Duty, every, survived
from dr_core.errors import DeniedError, RejectedError
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.observation.model import Observation
from dr_core.reconciliation import search
from dr_core.reconciliation.model import Item, ItemKind, Kept, Lost
from dr_core.reconciliation.search import Loss
from dr_core.services import Services
from dr_core.store import observations, reconciliations, runs
from dr_core.store.engine import Store, Tx
from dr_core.topology.model import Account, Application, Topology

log = structlog.get_logger(__name__)

LEASE = "reconciliation"
LIMIT_S = 60.0
"""How long a round may take where a region is silent, so long the lease lasts besides."""
TICK_S = 5.0
_RUNS = 100

Reach = Callable[[Account | None], ClusterSnapshots]
"""The snapshots of an account, as seen through its role."""


@dataclass(frozen=True)
class _Case:
    """One application after its forced runs."""

    name: str
    app: Application
    losses: tuple[Loss, ...]
    items: tuple[Item, ...]
    seen: Observation | None


def duty(bundle: Services, lease: NamedLease, owner: str) -> Duty:
    """Wired to AWS: every call says in its user agent that it keeps what was lost."""

    def reach(account: Account | None) -> ClusterSnapshots:
        return RdsSnapshots(acting_clients(bundle.aws, account, purpose=Purpose.RECONCILE))

    made = Searching(bundle.store, bundle.topology, reach, lease, bundle.clock, owner=owner)
    return Duty("search for lost writes", made.round, every(TICK_S), lease)


class Searching:
    """Wired once a worker; `round` again and again."""

    def __init__(
        self, store: Store, topology: Topology, reach: Reach, lease: NamedLease, clock: Clock, *, owner: str
    ) -> None:
        self._store = store
        self._topology = topology
        self._reach = reach
        self._lease = lease
        self._clock = clock
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        self._next: dict[str, float] = {}
        self._missed: dict[str, list[float]] = {}

    def round(self) -> None:
        """Keep the lease if it is ours, and look for what is due. A look that fails costs the others nothing."""
        if not self._lease.hold():
            return
        for case in self._store.read(self._cases):
            for loss in case.losses:
                if not search.searched(loss, case.items) and self._due(loss, case):
                    what = "lost_writes_not_looked_for"
                    survived(what, partial(self._look, case, loss), run=loss.run, region=loss.region)

    def _cases(self, tx: Tx) -> tuple[_Case, ...]:
        now, found = tx.now(), list[_Case]()
        for name, app in self._topology.applications.items():
            lost = search.losses(app, runs.recent(tx, _RUNS, name), now)
            if lost:
                found.append(_Case(name, app, lost, reconciliations.of(tx, name), observations.latest(tx, name)))
        return tuple(found)

    def _due(self, loss: Loss, case: _Case) -> bool:
        now = self._clock.monotonic()
        if now < self._next.get(loss.run, 0.0):
            return False
        self._next[loss.run] = now + search.pause_s(loss, case.items, self._clock.now())
        return True

    def _look(self, case: _Case, loss: Loss) -> None:
        if not loss.managed:
            self._open(case, loss, ItemKind.OLD_DATABASE, loss.run, loss.lost())
            return
        snapshots = self._reach(case.app.account)
        seen = snapshots.automatic(loss.cluster, loss.region)
        tails = search.lost_tails(loss, seen, case.losses)
        for tail in tails:
            item = self._open(case, loss, ItemKind.SNAPSHOT, tail.arn, search.of_snapshot(loss, tail))
            self._keep(snapshots, item, tail)
        for item in _vanished(case.items, loss, tails):
            self._keep(snapshots, item, None)
        found = tails or [item for item in case.items if item.run == loss.run]
        if not found and search.not_there(loss, case.seen, self._topology.failback.look_for, self._clock.now()):
            self._open(case, loss, ItemKind.NOT_FOUND, loss.run, loss.lost())

    def _open(self, case: _Case, loss: Loss, kind: ItemKind, subject: str, lost: Lost) -> Item:
        """The item about this subject: there is one, whoever finds it first."""

        def work(tx: Tx) -> Item:
            known = reconciliations.known(tx, kind, subject)
            if known is not None:
                return known
            item = Item(
                id=new_reconciliation_id(),
                kind=kind,
                application=case.name,
                subject=subject,
                opened_at=tx.now(),
                run=loss.run,
                lost=lost,
            )
            reconciliations.add(tx, item)
            append_ops(tx, EventKind.RECONCILIATION_OPENED, self._actor, _told(item))
            return item

        return self._store.write(work, Point.RECONCILIATION_KEEP)

    def _keep(self, snapshots: ClusterSnapshots, item: Item, source: Snapshot | None) -> None:
        """See to it that there is a copy: look first, say what will be done, then ask. By its name there is one."""
        if item.settled:
            return
        copy = snapshots.find(item.lost.copy_name, item.lost.region)
        if copy is not None and (copy.status != FAILED or source is not None):
            self._note_copy(item, copy, source)
            return
        if source is None:
            self._miss(item)
            return
        self._missed.pop(item.id, None)
        if source.status != AVAILABLE:
            self._note(item, None, trouble=f"{source.id} is {source.status}")
            return
        asked = self._note(item, EventKind.RECONCILIATION_COPYING, kept=Kept.ASKED, trouble=item.lost.trouble)
        try:
            with acting_for(item.id, item.lost.copy_name):
                snapshots.copy(source, item.lost.copy_name)
        except (RejectedError, DeniedError) as error:
            log.warning("lost_writes_not_copied", item=item.id, region=item.lost.region, error=error.message)
            self._note(asked, None, trouble=error.message)

    def _note_copy(self, item: Item, copy: Snapshot, source: Snapshot | None) -> None:
        """A copy that failed is made once more, under another name; one that fails again is a person's affair."""
        if copy.status == AVAILABLE:
            self._note(item, EventKind.RECONCILIATION_KEPT, kept=Kept.YES, trouble="")
        elif copy.status == FAILED and source is not None:
            first = copy.id == search.copy_name(source)
            again = {"copy_name": search.second_name(source), "kept": Kept.WANTED} if first else {}
            self._note(item, None, trouble=f"copy {copy.id} has failed", **again)

    def _miss(self, item: Item) -> None:
        """Neither the snapshot nor a copy is listed: once is nothing, often and for long it is gone."""
        now = self._clock.monotonic()
        looks = self._missed.setdefault(item.id, [])
        looks.append(now)
        if search.gone(item.lost, len(looks), now - looks[0], self._clock.now()):
            trouble = f"{item.lost.snapshot} is not there any more"
            self._note(item, EventKind.RECONCILIATION_KEPT, kept=Kept.NO, trouble=trouble)
            return
        self._note(item, None, trouble=f"{item.lost.snapshot} is not listed")

    def _note(self, item: Item, kind: EventKind | None, **found: object) -> Item:
        """What is known by now, with its event the first time; nothing where that is known already."""
        lost = item.lost.model_copy(update=found)

        def work(tx: Tx) -> Item:
            now = reconciliations.get(tx, item.id)
            if now.lost == lost:
                return now
            kept = reconciliations.keep(tx, now, lost)
            if kind is not None and now.lost.kept is not lost.kept:
                append_ops(tx, kind, self._actor, _told(kept))
            return kept

        return self._store.write(work, Point.RECONCILIATION_KEEP)


def _vanished(items: Sequence[Item], loss: Loss, tails: Sequence[Snapshot]) -> list[Item]:
    """Snapshots that were found once, are not listed any more, and were not kept yet."""
    there = {tail.arn for tail in tails}
    return [one for one in items if one.run == loss.run and not one.settled and one.lost.arn not in there]


def _told(item: Item) -> dict[str, JsonValue]:
    return {
        "item": item.id,
        "kind": item.kind.value,
        "application": item.application,
        "run": item.run,
        "region": item.lost.region,
        "snapshot": item.lost.snapshot,
        "copy": item.lost.copy_name,
        "kept": item.lost.kept.value,
        "reason": item.sentence,
    }
