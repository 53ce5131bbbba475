"""Replication sources in memory: tests say what was measured."""

from dataclasses import dataclass, field

from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.replication.port import BucketPair, Measurement, SecretView

_NOTHING = Measurement(None, None, "memory", "nothing was measured")


@dataclass
class MemoryClusterLag:
    """Measurements by cluster; `down` are regions that do not answer, `refusing` those that answer with an error."""

    measured: dict[str, Measurement] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    refusing: dict[str, DrError] = field(default_factory=dict)

    def lag(self, cluster: str, region: str, source_region: str) -> Measurement:
        if region in self.down:
            raise UnreachableError(f"CloudWatch in {region} did not answer.")
        if region in self.refusing:
            raise self.refusing[region]
        return self.measured.get(cluster, _NOTHING)


@dataclass
class MemoryBucketLag:
    """Measurements by target bucket; `down` are regions that do not answer, `refusing` those that answer an error."""

    measured: dict[str, Measurement] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    refusing: dict[str, DrError] = field(default_factory=dict)

    def lag(self, pair: BucketPair) -> Measurement:
        if pair.target_region in self.down:
            raise UnreachableError(f"CloudWatch in {pair.target_region} did not answer.")
        if pair.target_region in self.refusing:
            raise self.refusing[pair.target_region]
        return self.measured.get(pair.target, _NOTHING)


@dataclass
class MemorySecrets:
    """Views by (name, region); `down` are regions that do not answer."""

    views: dict[tuple[str, str], SecretView] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    refusing: dict[str, DrError] = field(default_factory=dict)

    def view(self, name: str, region: str) -> SecretView:
        if region in self.down:
            raise UnreachableError(f"Secrets Manager in {region} did not answer.")
        if region in self.refusing:
            raise self.refusing[region]
        if (name, region) not in self.views:
            raise RejectedError(f"There is no secret {name} in {region}.")
        return self.views[name, region]
