"""What one pass looks at, and through what: one application with its ports and readers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from dr_core.clock import Clock
from dr_core.health.database import Clusters, RdsClusters
from dr_core.health.events import AwsHealth, HealthEvents
from dr_core.health.http import ProbeAnswer
from dr_core.health.route53 import HealthChecks, Route53HealthChecks
from dr_core.health.storage import Buckets, S3Buckets
from dr_core.observation.asking import Answer
from dr_core.plan.ports import Ports
from dr_core.recent import Recent
from dr_core.replication.appconfig import AppConfig
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.copies import CopyReaders, FlagsView
from dr_core.replication.copy_readings import COMPARED_EVERY_S
from dr_core.replication.dynamodb import DynamoDbTables
from dr_core.replication.elasticache import ElastiCache
from dr_core.replication.heartbeat import Heartbeats
from dr_core.replication.kms import KmsKeys
from dr_core.replication.port import BucketLag, ClusterLag, Secrets
from dr_core.replication.s3 import S3Lag
from dr_core.replication.secrets import SecretsManager
from dr_core.topology.model import Application


class Endpoints(Protocol):
    def sweep(self, urls: Sequence[str]) -> tuple[ProbeAnswer, ...]:
        """One answer for each URL, in order."""
        ...


@dataclass(frozen=True)
class Readers:
    """What only observation asks; the rest is in the ports."""

    health_checks: HealthChecks
    clusters: Clusters
    cluster_lag: ClusterLag
    buckets: Buckets
    bucket_lag: BucketLag
    secrets: Secrets
    copies: CopyReaders
    events: HealthEvents


def aws_readers(
    client_of: Callable[[str, str], Any], clock: Clock, heartbeat_client_of: Callable[[str, str], Any] | None = None
) -> Readers:
    """Every reader on AWS; connects to nothing. Heartbeats are written through `heartbeat_client_of` only."""
    metrics = Metrics(client_of, clock)
    beats = Heartbeats(client_of, heartbeat_client_of, clock) if heartbeat_client_of is not None else None
    return Readers(
        health_checks=Route53HealthChecks(client_of),
        clusters=RdsClusters(client_of),
        cluster_lag=AuroraLag(metrics),
        buckets=S3Buckets(client_of),
        bucket_lag=S3Lag(client_of, metrics, clock, beats),
        secrets=SecretsManager(client_of),
        copies=CopyReaders(
            keys=KmsKeys(client_of, clock),
            tables=DynamoDbTables(client_of, metrics),
            caches=ElastiCache(client_of, metrics),
            flags=AppConfig(client_of),
        ),
        events=AwsHealth(client_of, clock),
    )


class Compared:
    """What the regions last told of settings, by application and name: asked again when it is a minute old."""

    def __init__(self, clock: Clock) -> None:
        lasts = timedelta(seconds=COMPARED_EVERY_S)
        self.parameters: Recent[tuple[str, str], Mapping[str, Answer[Mapping[str, str]]]] = Recent(clock, lasts)
        self.flags: Recent[tuple[str, str], Mapping[str, Answer[FlagsView]]] = Recent(clock, lasts)


@dataclass(frozen=True)
class Scope:
    """`assumed` is the region that was active in the pass before, or the primary: copies are timed from there."""

    name: str
    application: Application
    ports: Ports
    readers: Readers
    endpoints: Endpoints
    compared: Compared
    threshold_s: float
    assumed: str
