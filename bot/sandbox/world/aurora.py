"""Aurora global databases over time: roles, replication, switchover, failover and what a returning primary does.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html

A primary whose region is down is dead: it comes back fenced. A primary whose region only hangs is alive behind the cut:
when a forced failover is over and that region answers again, both accept writes until the resynchronisation begins.

A switchover whose primary dies in the middle does not end: FailoverState goes on telling of it, at first as if nothing
had happened, then as being cancelled. From then on a failover is taken; without one, it is cancelled when the primary
is back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.sandbox.world.database_values import Happened, Mode, Operation, Write
from bot.sandbox.world.faults import FaultBook, FaultKind, RegionState
from bot.sandbox.world.timeline import Timeline

SWITCHOVER_S = 120.0
FAILOVER_S = 480.0
VERIFYING_S = 5.0
CANCELLING_S = 30.0
# How long the service takes to notice that one side of a switchover is gone.
NOTICED_S = 30.0
RESYNC_DELAY_S = 60.0
# How long a cluster that was taken out has no writer.
DETACH_S = 90.0
RESYNC_S = 120.0
SYNC_RETRY_S = 10.0
# Share of a switchover after which the old primary takes no more writes.
READ_ONLY_FROM = 0.7
QUIET_LAG_S = 0.4


@dataclass
class GlobalDatabase:
    """One global database. `members`: region to cluster id; `writing`: regions whose primary accepts writes.

    `detached`: clusters that left it, and `kept_until` what they had of the others' writes then.
    """

    id: str
    members: dict[str, str]
    writer: str | None
    timeline: Timeline
    faults: FaultBook
    lost_tail: Callable[[str, str, datetime], None]
    operation: Operation | None = None
    writing: set[str] = field(default_factory=set)
    frozen_at: dict[str, datetime] = field(default_factory=dict)
    pending_resync: set[str] = field(default_factory=set)
    writes: dict[str, Write] = field(default_factory=dict)
    events: list[Happened] = field(default_factory=list)
    lost_from: str | None = None
    lost_at: datetime | None = None
    detached: dict[str, str] = field(default_factory=dict)
    kept_until: dict[str, datetime] = field(default_factory=dict)
    _resyncing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.writing = {self.writer} if self.writer else set()
        self.faults.subscribe(self.regions_changed)

    # -- what is true ------------------------------------------------------------------------------------------------

    def writers(self) -> list[str]:
        """Regions in which a write would be taken now."""
        everywhere = (*self.members, *self.detached)
        return [region for region in everywhere if region in self.writing and self.faults.up(region)]

    def secondaries(self) -> list[str]:
        return [region for region in self.members if region != self.writer]

    def lag(self, region: str) -> float:
        """Seconds of writes that the secondary does not have yet."""
        since = self.frozen_at.get(region)
        if since is not None:
            return max(0.0, (self.timeline.now - since).total_seconds())
        return self._moving_lag(region)

    def publishes(self, region: str) -> bool:
        """Lag metrics exist for secondaries only, and only while both sides are there."""
        sides = (self.writer, region)
        return region != self.writer and all(side is not None and self.faults.up(side) for side in sides)

    def holds(self, region: str, write: Write) -> bool:
        """Whether a reader in this region sees the write."""
        if region == write.region:
            return True
        if region in self.detached:
            return write.at <= self.kept_until[region]
        if write.region in self.detached:
            return False
        if region == self.writer:
            return True
        return write.at <= self.timeline.now - timedelta(seconds=self.lag(region))

    # -- replication -------------------------------------------------------------------------------------------------

    def regions_changed(self) -> None:
        """Faults came or went: freeze or release replication, cancel what cannot go on, rejoin what came back."""
        for region in self.secondaries():
            if not self._replicates(region):
                self.frozen_at.setdefault(region, self.timeline.now - timedelta(seconds=self._moving_lag(region)))
            else:
                self.frozen_at.pop(region, None)
        if self.operation is not None and self._broken(self.operation):
            operation = self.operation
            self.timeline.after(NOTICED_S, lambda: self._cancel(operation))
        if self.operation is not None and self.operation.status == "cancelling":
            self._return_from(self.operation)
        for region in self.pending_resync:
            if self.faults.up(region):
                self.timeline.after(RESYNC_DELAY_S, partial(self._resync, region))

    def _moving_lag(self, region: str) -> float:
        fault = self.faults.lasting(FaultKind.REPLICATION_LAG, self._link(region), "rds")
        if fault is not None and fault.value is not None:
            return fault.value
        # A small ripple, so that a fresh value can be told from a repeated one.
        return QUIET_LAG_S + (int(self.timeline.monotonic) * 37 % 200) / 1000

    def _link(self, region: str) -> tuple[str, ...]:
        return (region,) if self.writer is None else (self.writer, region)

    def _replicates(self, region: str) -> bool:
        if self.writer is None or region in self.pending_resync:
            return False
        if self.faults.lasting(FaultKind.REPLICATION_STOPS, self._link(region), "rds") is not None:
            return False
        return self.faults.up(self.writer) and self.faults.up(region)

    # -- changes of roles --------------------------------------------------------------------------------------------

    def start_switchover(self, target: str) -> None:
        """The planned way: no loss, both regions must live until the end."""
        operation = self._start(Mode.SWITCHOVER, target)
        self._tell(target, f"Global switchover to DB cluster {self.members[target]} in Region {target} started.")
        self.timeline.after(SWITCHOVER_S * READ_ONLY_FROM, lambda: self._stop_writes(operation))
        self.timeline.after(SWITCHOVER_S, lambda: self._finish_switchover(operation))

    def start_failover(self, target: str) -> None:
        """The forced way: fence the old primary if it can be reached, promote the target with what it has."""
        operation = self._start(Mode.FAILOVER, target)
        self._tell(target, f"Global failover to DB cluster {self.members[target]} in Region {target} started.")
        if self.faults.up(operation.source):
            self.writing.discard(operation.source)
            self._tell(
                target,
                f"Writes stopped on the old primary DB cluster {self.members[operation.source]} "
                f"in Region {operation.source}.",
            )
        else:
            self._tell(
                target,
                f"Stopping writes on the old primary DB cluster {self.members[operation.source]} "
                f"in Region {operation.source} timed out.",
            )
        self.timeline.after(FAILOVER_S, lambda: self._finish_failover(operation))

    def remove(self, region: str) -> None:
        """Detach a member. A secondary keeps what had arrived and takes writes by itself after a while; nothing fences
        the old primary."""
        self.detached[region] = self.members.pop(region)
        self.kept_until[region] = self.timeline.now - timedelta(seconds=self.lag(region))
        self.frozen_at.pop(region, None)
        self.pending_resync.discard(region)
        if self.writer == region:
            self.writer = None
        else:
            self.writing.discard(region)
            self.timeline.after(DETACH_S, lambda: self._stands_alone(region))

    def _stands_alone(self, region: str) -> None:
        if not self.faults.up(region):
            self.timeline.after(SYNC_RETRY_S, lambda: self._stands_alone(region))
        elif region in self.detached:
            self.writing.add(region)

    def _start(self, mode: Mode, target: str) -> Operation:
        if self.writer is None:
            raise ValueError("a global database without a primary cannot change roles")
        operation = self.operation = Operation(mode, self.writer, target)
        status = "switching-over" if mode is Mode.SWITCHOVER else "failing-over"
        self.timeline.after(VERIFYING_S, lambda: self._advance(operation, status))
        return operation

    def _advance(self, operation: Operation, status: str) -> None:
        if self.operation is operation and operation.status == "pending":
            operation.status = status

    def _stop_writes(self, operation: Operation) -> None:
        if self._goes_on(operation):
            self.writing.discard(operation.source)
            self._tell(
                operation.source,
                f"Old primary DB cluster {self.members[operation.source]} in Region "
                f"{operation.source} successfully shut down.",
            )

    def _finish_switchover(self, operation: Operation) -> None:
        if not self._goes_on(operation):
            return
        if not self._replicates(operation.target):
            self._tell(operation.target, "Waiting for data synchronization across global cluster members.")
            self.timeline.after(SYNC_RETRY_S, lambda: self._finish_switchover(operation))
            return
        self._promote(operation)
        self._tell(
            operation.target,
            f"Global switchover to DB cluster {self.members[operation.target]} in Region {operation.target} finished.",
        )

    def _finish_failover(self, operation: Operation) -> None:
        if not self._goes_on(operation):
            return
        source, target = operation.source, operation.target
        kept_until = self.timeline.now - timedelta(seconds=self.lag(target))
        lost = [token for token, write in self.writes.items() if write.region == source and write.at > kept_until]
        for token in lost:
            del self.writes[token]
        if self.faults.region_state(source) is not RegionState.HANGS:
            self.writing.discard(source)
        self.pending_resync = {region for region in self.members if region != target}
        self.lost_from, self.lost_at = source, kept_until
        self._promote(operation)
        self.frozen_at.update(dict.fromkeys(self.pending_resync, kept_until))
        self._tell(target, f"Global failover to DB cluster {self.members[target]} in Region {target} completed.")

    def _promote(self, operation: Operation) -> None:
        self.writer = operation.target
        self.writing.add(operation.target)
        if operation.mode is Mode.SWITCHOVER:
            self.writing.discard(operation.source)
        self.frozen_at.clear()
        self.operation = None
        self._tell(
            operation.target,
            f"New primary DB cluster {self.members[operation.target]} in Region "
            f"{operation.target} was successfully promoted.",
        )
        self.regions_changed()

    def _resync(self, region: str) -> None:
        if region not in self.pending_resync or not self.faults.up(region) or region in self._resyncing:
            return
        self._resyncing.add(region)
        self.writing.discard(region)
        cluster = self.members[region]
        self._tell(
            region, f"Started resynchronizing members of DB cluster {cluster} in Region {region} after global failover."
        )
        if region == self.lost_from and self.lost_at is not None:
            self.lost_tail(region, cluster, self.lost_at)
        self.timeline.after(RESYNC_S, lambda: self._resynced(region))

    def _resynced(self, region: str) -> None:
        self._resyncing.discard(region)
        if region not in self.pending_resync or not self.faults.up(region):
            return
        self.pending_resync.discard(region)
        self._tell(
            region,
            f"Finished resynchronizing members of DB cluster {self.members[region]} in Region {region} "
            "after global failover.",
        )
        self.regions_changed()

    def _goes_on(self, operation: Operation) -> bool:
        return self.operation is operation and operation.status != "cancelling"

    def stalled(self) -> bool:
        """Whether only a failover ends the change of roles that is under way."""
        operation = self.operation
        return operation is not None and operation.status == "cancelling" and not self.faults.up(operation.source)

    def _broken(self, operation: Operation) -> bool:
        if operation.status == "cancelling":
            return False
        needed = (operation.target,) if operation.mode is Mode.FAILOVER else (operation.source, operation.target)
        return not all(self.faults.up(region) for region in needed)

    def _cancel(self, operation: Operation) -> None:
        if self.operation is operation and self._broken(operation):
            operation.status = "cancelling"
            self._return_from(operation)

    def _return_from(self, operation: Operation) -> None:
        """Both sides go back to what they were; that takes a primary that lives."""
        if operation.mode is Mode.FAILOVER or self.faults.up(operation.source):
            self.timeline.after(CANCELLING_S, lambda: self._cancelled(operation))

    def _cancelled(self, operation: Operation) -> None:
        if self.operation is not operation or (
            operation.mode is Mode.SWITCHOVER and not self.faults.up(operation.source)
        ):
            return
        self.operation = None
        self.writing.add(operation.source)
        self._tell(
            operation.target,
            f"Global {operation.mode} to DB cluster {self.members[operation.target]} in Region "
            f"{operation.target} is cancelled.",
        )

    def _tell(self, region: str, message: str) -> None:
        categories = ("global-failover", "notification")
        self.events.append(Happened(region, self.members[region], self.timeline.now, message, categories))
