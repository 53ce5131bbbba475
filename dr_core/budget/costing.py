"""The duty under the lease `cost`: read the costs every six hours, keep them, and tell each threshold once a month."""

from datetime import datetime, timedelta

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.budget import record
from dr_core.budget.billing import AwsBilling
from dr_core.budget.buckets import S3Keeping
from dr_core.budget.exchange import Exchange
from dr_core.budget.model import CostSheet
from dr_core.budget.port import Billing, BucketKeeping
from dr_core.budget.reading import Reader
from dr_core.budget.spend import Threshold, ThresholdState, forecast, spend, thresholds
from dr_core.clock import Clock
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.observation import age
from dr_core.services import Services
from dr_core.store.engine import Store, Tx
from dr_core.topology.model import Topology

log = structlog.get_logger(__name__)

LEASE = "cost"
EVERY = timedelta(hours=6)
AGAIN_S = 3600.0
"""After a reading that was not whole: each question to Cost Explorer costs a cent, so not at once."""
LOOK_S = 60.0
"""How often the leader looks how old the last reading is."""


class Costs:
    """Wired once a worker; `round` again and again."""

    def __init__(
        self,
        store: Store,
        topology: Topology,
        billing: Billing,
        keeping: BucketKeeping,
        lease: NamedLease,
        clock: Clock,
        *,
        owner: str,
    ) -> None:
        self._store = store
        self._topology = topology
        self._reader = Reader(billing, keeping, topology, lease.hold)
        self._lease = lease
        self._clock = clock
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        self._not_before = 0.0

    def round(self) -> bool:
        """Read if the lease is ours and the last reading is old or was made for another file; True when it read."""
        if not self._lease.hold() or self._clock.monotonic() < self._not_before:
            return False
        before = self._store.read(record.load)
        if before is not None and not self._due(before):
            self._not_before = self._clock.monotonic() + LOOK_S
            return False
        self._not_before = self._clock.monotonic() + AGAIN_S
        self._keep(self._reader.read(self._clock.now(), before))
        return True

    def _due(self, before: CostSheet) -> bool:
        budget = self._topology.budget
        read = {name for account in before.accounts for name in account.applications}
        another = read != set(self._topology.applications) or before.tag != (budget.tag if budget else None)
        failed = any(account.failed for account in before.accounts)
        every = timedelta(seconds=AGAIN_S) if failed else EVERY
        return another or age.due(before.at, self._clock.now(), every)

    def _keep(self, sheet: CostSheet) -> None:
        for account in sheet.accounts:
            for reason in account.failed:
                log.warning("cost_not_known", account=account.account, reason=reason)
        self._store.write(lambda tx: self._save(tx, sheet), Point.COST_KEEP)

    def _save(self, tx: Tx, sheet: CostSheet) -> None:
        """The sheet and what it reaches, in one commit; a threshold that was told this month is not told again."""
        record.keep(tx, sheet)
        for threshold, month in reached(sheet, self._topology, sheet.at):
            cmd_id = f"budget:{month}:{threshold.name}"
            append_ops(tx, EventKind.BUDGET_ALERT, self._actor, _told(threshold, month, self._topology), cmd_id=cmd_id)


def make(bundle: Services, lease: NamedLease, owner: str) -> Costs:
    """The duty of one worker."""
    aws, topology = bundle.aws, bundle.topology
    billing = AwsBilling(aws, topology.control_region)
    return Costs(bundle.store, topology, billing, S3Keeping(aws), lease, bundle.clock, owner=owner)


def reached(sheet: CostSheet, topology: Topology, now: datetime) -> tuple[tuple[Threshold, str], ...]:
    """(threshold, month as 2026-11) of everything that this reading is at or over. Pure."""
    budget = topology.budget
    if budget is None:
        return ()
    exchange, month = Exchange.of(budget), now.date().replace(day=1)
    spent, expected = spend(sheet, exchange, month, budget), forecast(sheet, exchange, month, budget)
    found = thresholds(budget, spent.sum, expected.sum)
    return tuple((one, f"{month:%Y-%m}") for one in found if one.state is ThresholdState.REACHED)


def _told(threshold: Threshold, month: str, topology: Topology) -> dict[str, JsonValue]:
    assert topology.budget is not None
    return {
        "month": month,
        "threshold": threshold.name,
        "share": threshold.share,
        "limit": str(threshold.limit),
        "monthly": str(topology.budget.monthly),
        "measure": threshold.measure,
        "amount": str(round(threshold.known, 2)),
        "currency": topology.budget.currency,
        "reason": threshold.reason,
    }
