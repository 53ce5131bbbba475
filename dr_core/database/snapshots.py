"""What the product asks of the snapshots of a cluster: which ones RDS took by itself, and a copy that stays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

AVAILABLE, FAILED = "available", "failed"


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of an Aurora cluster. `status` in RDS's words; `kept_days`: the cluster's retention, where told."""

    id: str
    arn: str
    cluster: str
    region: str
    status: str
    taken_at: datetime | None
    kept_days: int | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When RDS removes one that it took by itself; None where that cannot be said."""
        if self.taken_at is None or self.kept_days is None:
            return None
        return self.taken_at + timedelta(days=self.kept_days)


class ClusterSnapshots(Protocol):
    """Snapshots of one account. All of it raises UnreachableError where the region does not answer, DeniedError."""

    def automatic(self, cluster: str, region: str) -> tuple[Snapshot, ...]:
        """Those that RDS took of the cluster by itself, the oldest first; none where there is no such cluster."""
        ...

    def find(self, name: str, region: str) -> Snapshot | None:
        """The snapshot of that name, whoever took it."""
        ...

    def copy(self, source: Snapshot, name: str) -> None:
        """Start a copy in the snapshot's region, with its key. A copy is a manual snapshot, which nothing removes.

        RejectedError while the source is not available, where the name is taken, and over the quota.
        """
        ...
