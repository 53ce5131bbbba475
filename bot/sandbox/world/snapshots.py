"""Snapshots of Aurora clusters over time: copies that take a while, and automatic ones that go when their time is over.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-copy-snapshot.html
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from moto.rds.models import rds_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Reply
from bot.sandbox.world.ground import Ground

COPY_S = 180.0
KEPT_DAYS = 1
"""The shortest retention of Aurora, and its default."""


class Snapshots:
    """moto's snapshots, which know no time of their own. `taken`: (region, id) to when RDS took one by itself."""

    PAGES: ClassVar[dict[str, str]] = {"rds": "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._taken: dict[tuple[str, str], datetime] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "DescribeDBClusterSnapshots": self.describe,
            "CopyDBClusterSnapshot": self.copy,
        }
        return {("rds", name): handler for name, handler in table.items()}

    def take(self, region: str, cluster: str, name: str) -> None:
        """RDS takes a snapshot by itself; it is removed when the cluster's retention is over."""
        made = rds_backends[self._account][region].create_auto_cluster_snapshot(cluster, name)
        made.created = self._timeline.now
        self._taken[region, made.db_cluster_snapshot_identifier] = self._timeline.now

    def describe(self, call: Call) -> Reply:
        """moto's answer, after those whose time is over were removed."""
        self._expire(call.region)
        return call.forward()

    def copy(self, call: Call) -> Reply:
        """A manual snapshot, which is `copying` for a while; of a snapshot that is available only."""
        self._expire(call.region)
        found = rds_backends[self._account][call.region].cluster_snapshots
        source = found.get(call.text("SourceDBClusterSnapshotIdentifier").lower())
        if source is not None and source.status != "available":
            raise AwsError("InvalidDBClusterSnapshotStateFault", f"The snapshot is {source.status}.")
        reply = call.forward()
        copied = found.get(call.text("TargetDBClusterSnapshotIdentifier").lower())
        if copied is not None and copied.status == "available" and copied.snapshot_type != "automated":
            copied.status, copied.created = "copying", self._timeline.now
            self._timeline.after(COPY_S, lambda: _finish(copied))
        return reply

    def _expire(self, region: str) -> None:
        backend = rds_backends[self._account][region]
        for (where, name), at in list(self._taken.items()):
            snapshot = backend.cluster_snapshots.get(name)
            if where == region and snapshot is not None and self._timeline.now >= at + _kept(snapshot):
                del backend.cluster_snapshots[name], self._taken[where, name]


def _kept(snapshot: Any) -> timedelta:
    return timedelta(days=int(getattr(snapshot.cluster, "backup_retention_period", None) or KEPT_DAYS))


def _finish(snapshot: Any) -> None:
    snapshot.status = "available"
