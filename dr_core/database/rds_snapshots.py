"""Cluster snapshots through the RDS API.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-copy-snapshot.html: a copy of an automated snapshot
is a manual one; without a key of its own it is encrypted with that of the source. A name makes one snapshot, so that
a second call is refused (DBClusterSnapshotAlreadyExistsFault).
"""

from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors, is_gone
from dr_core.database.snapshots import Snapshot
from dr_core.errors import RejectedError

_MOST_PAGES = 20


class RdsSnapshots:
    """One attempt a call: whoever asks asks again."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client = client_of

    def automatic(self, cluster: str, region: str) -> tuple[Snapshot, ...]:
        found = self._described(region, DBClusterIdentifier=cluster, SnapshotType="automated")
        return tuple(sorted(found, key=lambda one: (one.taken_at is not None, one.taken_at, one.id)))

    def find(self, name: str, region: str) -> Snapshot | None:
        found = self._described(region, DBClusterSnapshotIdentifier=name)
        return next((one for one in found if one.id == name), None)

    def copy(self, source: Snapshot, name: str) -> None:
        with aws_errors("rds", source.region, "CopyDBClusterSnapshot"):
            self._client("rds", source.region).copy_db_cluster_snapshot(
                SourceDBClusterSnapshotIdentifier=source.id, TargetDBClusterSnapshotIdentifier=name
            )

    def _described(self, region: str, **of: str) -> tuple[Snapshot, ...]:
        client, marker, found = self._client("rds", region), dict[str, str](), list[Snapshot]()
        for _ in range(_MOST_PAGES):
            try:
                with aws_errors("rds", region, "DescribeDBClusterSnapshots"):
                    page = client.describe_db_cluster_snapshots(**of, **marker)
            except RejectedError as error:
                if is_gone(error):
                    break
                raise
            found += (_snapshot(raw, region) for raw in page["DBClusterSnapshots"])
            if not page.get("Marker"):
                break
            marker = {"Marker": page["Marker"]}
        return tuple(found)


def _snapshot(raw: dict[str, Any], region: str) -> Snapshot:
    days = raw.get("BackupRetentionPeriod")
    return Snapshot(
        id=raw["DBClusterSnapshotIdentifier"],
        arn=raw["DBClusterSnapshotArn"],
        cluster=raw["DBClusterIdentifier"],
        region=region,
        status=raw.get("Status", "unknown"),
        taken_at=raw.get("SnapshotCreateTime"),
        kept_days=int(days) if days else None,
    )
