"""What the product asks of global caches, replicated secrets and replicated buckets when an application moves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dr_core.claim import Claim
from dr_core.replication.copies import Datastore
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.rules import Rule
from dr_core.topology.stores import ElastiCacheGlobal


class GlobalCache(Protocol):
    """A cache with a primary in one region and read-only secondaries in others."""

    def state(self, spec: ElastiCacheGlobal, via: str) -> Datastore:
        """The datastore as the region `via` describes it. RejectedError when that region knows no such datastore."""
        ...

    def failover(self, spec: ElastiCacheGlobal, *, target: str) -> None:
        """Ask in `target` that its member becomes the primary; what was not replicated to it is lost.

        RejectedError while the datastore changes, or when the target is the primary already.
        """
        ...

    def lag(self, spec: ElastiCacheGlobal, region: str) -> Measurement:
        """The last lag that the region's member had as a secondary, in seconds; never raises."""
        ...


class ReplicaSecrets(Protocol):
    """Secrets that Secrets Manager replicates from a primary to other regions."""

    def primary_of(self, name: str, region: str) -> str | None:
        """The region of its primary; None for a secret of its own. RejectedError when the region has no such secret."""
        ...

    def promote(self, name: str, region: str) -> None:
        """Make the replica in `region` a secret of its own, for good. RejectedError when it is no replica."""
        ...


@dataclass(frozen=True)
class Remainder:
    """What has not been copied yet. `operations` None: it is not known, and `reason` says why.

    `measured_at` is that of the oldest figure in it, `asked_at` when it was looked for.
    """

    operations: int | None
    size_bytes: int | None
    measured_at: datetime | None
    asked_at: datetime
    reason: str = ""

    @property
    def age_s(self) -> float | None:
        return None if self.measured_at is None else max(0.0, (self.asked_at - self.measured_at).total_seconds())


@dataclass(frozen=True)
class BackfillJob:
    """A Batch Replication job. `status` in S3's words; `failure` is its reason, where it failed.

    `total` objects are listed, of which so many were `copied` and so many `failed`.
    """

    id: str
    status: str
    failure: str = ""
    total: int = 0
    copied: int = 0
    failed: int = 0


class ReplicatedBuckets(Protocol):
    """Buckets that S3 replicates by rules."""

    def rules(self, pair: BucketPair) -> tuple[Rule, ...]:
        """All rules of the pair's source, asked in its own region. RejectedError when there is no such bucket."""
        ...

    def remainder(self, pair: BucketPair) -> Remainder:
        """What the rules of the pair still owe. RejectedError when no enabled rule copies from one to the other."""
        ...

    def backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> BackfillJob | None:
        """The job that the claim's run made for the pair, in the account of the role; None: it made none."""
        ...

    def prepare_backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> None:
        """Make a job, in the region of the pair's source, that waits to be confirmed by a person.

        It copies what failed, and what is older than its rule. The same claim makes one job, however often it is asked.
        """
        ...

    def start_backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> None:
        """Make the same job, one that is not confirmed by anybody: it copies as soon as it has its list."""
        ...
