"""What replication readers bring back, and the ports that bring it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dr_core.observation.model import Figure


@dataclass(frozen=True)
class Measurement:
    """One figure with the time it was measured at. `seconds` None: nothing was measured, and `reason` says why."""

    seconds: float | None
    measured_at: datetime | None
    source: str
    reason: str = ""
    period_s: float = 60.0
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class BucketPair:
    """A bucket and its copy, as declared. No `prefixes`: all of it. `heartbeat`: an object may time the replication."""

    source: str
    source_region: str
    target: str
    target_region: str
    prefixes: tuple[str, ...] = ()
    heartbeat: bool = True


@dataclass(frozen=True)
class SecretView:
    """A secret as one region describes it; `current_version` is the id that AWSCURRENT stands on."""

    region: str
    current_version: str | None
    primary_region: str | None
    replicas: Mapping[str, str]
    deleted: bool = False


class ClusterLag(Protocol):
    def lag(self, cluster: str, region: str, source_region: str) -> Measurement:
        """Lag of a secondary cluster, as its own region measured it."""
        ...


class BucketLag(Protocol):
    def lag(self, pair: BucketPair) -> Measurement:
        """How far the copy is behind. The one reader that may write: the heartbeat object, once a minute."""
        ...


class Secrets(Protocol):
    def view(self, name: str, region: str) -> SecretView:
        """Its description, never its value; RejectedError when the region has no such secret."""
        ...
