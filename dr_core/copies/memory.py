"""Caches, secrets and buckets in memory, as strict as AWS about what may be asked when."""

from dataclasses import dataclass, field, replace

from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.copies.port import BackfillJob, Remainder
from dr_core.errors import RejectedError, UnreachableError
from dr_core.replication.copies import PRIMARY, SECONDARY, CacheMember, Datastore
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.rules import Rule, live
from dr_core.topology.stores import ElastiCacheGlobal


class MemoryCache:
    """One datastore with a member in each region; its primary changes `takes_s` after it was asked for."""

    def __init__(self, regions: tuple[str, ...], primary: str, clock: Clock, *, takes_s: float = 60.0) -> None:
        self._regions = regions
        self._clock = clock
        self._takes_s = takes_s
        self._primary = primary
        self._next: tuple[str, float] | None = None
        self.down: set[str] = set()
        self.lags: dict[str, Measurement] = {}

    def state(self, spec: ElastiCacheGlobal, via: str) -> Datastore:
        self._settle(via)
        if via not in self._regions:
            raise RejectedError(f"There is no global datastore {spec.group} in {via}.")
        roles = {region: PRIMARY if region == self._primary else SECONDARY for region in self._regions}
        members = tuple(CacheMember(region, spec.group, role, "associated") for region, role in roles.items())
        return Datastore(via, spec.group, "modifying" if self._next else "available", members)

    def failover(self, spec: ElastiCacheGlobal, *, target: str) -> None:
        seen = self.state(spec, target)
        if seen.status != "available":
            raise RejectedError(f"{spec.group} is {seen.status}.")
        if seen.primary == target:
            raise RejectedError(f"{target} is the primary region already.")
        self._next = (target, self._clock.monotonic() + self._takes_s)

    def lag(self, spec: ElastiCacheGlobal, region: str) -> Measurement:
        return self.lags.get(region, Measurement(None, None, "memory", "nothing was measured"))

    def _settle(self, via: str) -> None:
        if via in self.down:
            raise UnreachableError(f"ElastiCache in {via} did not answer.")
        if self._next is not None and self._clock.monotonic() >= self._next[1]:
            self._primary, self._next = self._next[0], None


class MemorySecrets:
    """Secrets by (name, region) and the region of each one's primary; None for one of its own."""

    def __init__(self, primaries: dict[tuple[str, str], str | None]) -> None:
        self.primaries = primaries
        self.down: set[str] = set()

    def primary_of(self, name: str, region: str) -> str | None:
        if region in self.down:
            raise UnreachableError(f"Secrets Manager in {region} did not answer.")
        if (name, region) not in self.primaries:
            raise RejectedError(f"There is no secret {name} in {region}.")
        return self.primaries[name, region]

    def promote(self, name: str, region: str) -> None:
        if self.primary_of(name, region) is None:
            raise RejectedError(f"Secret {name} in {region} is not a replica.")
        self.primaries[name, region] = None


@dataclass
class MemoryBuckets:
    """Rules by source bucket, what a pair still owes by its source, jobs by source and run. Tests change all of it.

    `missing`: how many objects a job finds; `unable` how many of them it fails to copy.
    """

    clock: Clock
    listed: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    owing: dict[str, Remainder] = field(default_factory=dict)
    jobs: dict[tuple[str, str], BackfillJob] = field(default_factory=dict)
    missing: int = 3
    unable: int = 0
    down: set[str] = field(default_factory=set)

    def rules(self, pair: BucketPair) -> tuple[Rule, ...]:
        self._ask(pair)
        if pair.source not in self.listed:
            raise RejectedError(f"There is no bucket {pair.source}.")
        return self.listed[pair.source]

    def remainder(self, pair: BucketPair) -> Remainder:
        if not live(self.rules(pair), pair):
            raise RejectedError(f"No enabled rule replicates {pair.source} to {pair.target}.")
        now = self.clock.now()
        known = self.owing.get(pair.source, Remainder(0, 0, now, now))
        return replace(known, asked_at=now)

    def backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> BackfillJob | None:
        self._ask(pair)
        return self.jobs.get((pair.source, claim.run))

    def prepare_backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> None:
        self._ask(pair)
        self.jobs.setdefault((pair.source, claim.run), BackfillJob(f"job-{len(self.jobs)}", "Suspended"))

    def start_backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> None:
        self._ask(pair)
        copied = self.missing - self.unable
        done = BackfillJob(f"job-{len(self.jobs)}", "Complete", total=self.missing, copied=copied, failed=self.unable)
        none = BackfillJob(done.id, "Failed", "Manifest generator found no keys matching filter criteria")
        self.jobs.setdefault((pair.source, claim.run), done if self.missing else none)

    def _ask(self, pair: BucketPair) -> None:
        if pair.source_region in self.down:
            raise UnreachableError(f"S3 in {pair.source_region} did not answer.")
