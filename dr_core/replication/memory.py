"""Replication sources in memory: tests say what was measured."""

from dataclasses import dataclass, field

from dr_core.errors import RejectedError, UnreachableError
from dr_core.replication.port import Measurement, SecretView

_NOTHING = Measurement(None, None, "memory", "nothing was measured")


@dataclass
class MemoryClusterLag:
    """Measurements by cluster; `down` are regions that do not answer."""

    measured: dict[str, Measurement] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def lag(self, cluster: str, region: str, source_region: str) -> Measurement:
        if region in self.down:
            raise UnreachableError(f"CloudWatch in {region} did not answer.")
        return self.measured.get(cluster, _NOTHING)


@dataclass
class MemoryBucketLag:
    """Measurements by target bucket; `down` are regions that do not answer."""

    measured: dict[str, Measurement] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def lag(self, source: str, source_region: str, target: str, target_region: str) -> Measurement:
        if target_region in self.down:
            raise UnreachableError(f"CloudWatch in {target_region} did not answer.")
        return self.measured.get(target, _NOTHING)


@dataclass
class MemorySecrets:
    """Views by (name, region); `down` are regions that do not answer."""

    views: dict[tuple[str, str], SecretView] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def view(self, name: str, region: str) -> SecretView:
        if region in self.down:
            raise UnreachableError(f"Secrets Manager in {region} did not answer.")
        if (name, region) not in self.views:
            raise RejectedError(f"There is no secret {name} in {region}.")
        return self.views[name, region]
