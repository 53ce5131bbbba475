"""An RDS instance with read replicas in other regions, over time: promotion, a stop, and lag as each engine tells it.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html

A promotion ends the replication when it is asked for, and reboots the replica. The old source knows nothing of it: it
goes on taking writes when it lives, and again when it comes back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.database_values import Write
from bot.sandbox.world.faults import FaultKind

PROMOTE_S = 300.0
STOP_S = 120.0
START_S = 240.0
# How long a change waits for a region that is away.
RETRY_S = 10.0
BY_ITSELF_AFTER = timedelta(days=7)


def _nothing_lost(region: str, cluster: str, at: datetime) -> None:
    """RDS keeps no snapshot of what a replica did not have."""


@dataclass
class ReplicaSet(GlobalDatabase):
    """`copies`: the region that each replica copies from; `changing`: the status of an instance that is not available.

    `writer` is the region that was promoted last.
    """

    lost_tail: Callable[[str, str, datetime], None] = _nothing_lost
    engine: str = "postgres"
    copies: dict[str, str] = field(default_factory=dict)
    changing: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.copies = {region: self.writer for region in self.members if self.writer and region != self.writer}
        super().__post_init__()

    def status(self, region: str) -> str:
        return self.changing.get(region, "available")

    def copied_to(self, region: str) -> list[str]:
        return [copy for copy, source in self.copies.items() if source == region]

    # -- what is true ------------------------------------------------------------------------------------------------

    def secondaries(self) -> list[str]:
        return list(self.copies)

    def publishes(self, region: str) -> bool:
        """A replica tells of itself; its source need not be there."""
        return region in self.copies and self.faults.up(region) and self.status(region) == "available"

    def published(self, region: str) -> float:
        """MySQL says -1 while it hears nothing of its source; PostgreSQL counts on."""
        return self.lag(region) if self.engine == "postgres" or self._replicates(region) else -1.0

    def holds(self, region: str, write: Write) -> bool:
        """Whether a reader in this region sees the write."""
        if region == write.region:
            return True
        if region in self.copies:
            source = self.copies[region]
            until = self.timeline.now - timedelta(seconds=self.lag(region))
            return write.at <= until and (write.region == source or self._had(source, write))
        return self._had(region, write)

    def _had(self, region: str, write: Write) -> bool:
        return region in self.kept_until and write.at <= self.kept_until[region]

    def replicating(self, region: str) -> bool:
        return self._replicates(region)

    def _link(self, region: str) -> tuple[str, ...]:
        return (self.copies[region], region) if region in self.copies else (region,)

    def _replicates(self, region: str) -> bool:
        if region not in self.copies:
            return False
        if self.faults.lasting(FaultKind.REPLICATION_STOPS, self._link(region), "rds") is not None:
            return False
        source = self.copies[region]
        alive = self.faults.up(source) and self.faults.up(region)
        return alive and source not in self.changing and region not in self.changing

    # -- changes -----------------------------------------------------------------------------------------------------

    def promote(self, region: str) -> None:
        """What had arrived by now is what it will have."""
        self.kept_until[region] = self.timeline.now - timedelta(seconds=self.lag(region))
        self._change(region, "modifying", PROMOTE_S, partial(self._promoted, region))

    def stop(self, region: str) -> None:
        """Nothing writes any more; RDS starts it again after seven days."""
        self.writing.discard(region)
        self._change(region, "stopping", STOP_S, partial(self._stopped, region))

    def start(self, region: str) -> None:
        self._change(region, "starting", START_S, partial(self._started, region))

    def _change(self, region: str, status: str, takes_s: float, end: Callable[[], None]) -> None:
        self.changing[region] = status
        self.regions_changed()
        self.timeline.after(takes_s, partial(self._when_up, region, end))

    def _when_up(self, region: str, end: Callable[[], None]) -> None:
        if not self.faults.up(region):
            self.timeline.after(RETRY_S, partial(self._when_up, region, end))
        else:
            end()

    def _promoted(self, region: str) -> None:
        self.copies.pop(region, None)
        self.changing.pop(region, None)
        self.frozen_at.pop(region, None)
        self.writing.add(region)
        self.writer = region

    def _stopped(self, region: str) -> None:
        self.changing[region] = "stopped"
        self.timeline.after(BY_ITSELF_AFTER.total_seconds(), partial(self._by_itself, region))

    def _by_itself(self, region: str) -> None:
        if self.status(region) == "stopped":
            self.start(region)

    def _started(self, region: str) -> None:
        self.changing.pop(region, None)
        if region not in self.copies:
            self.writing.add(region)
        self.regions_changed()
