"""What AWS publishes by itself, once a minute: lag of databases, tables and caches, what buckets owe, what is used.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html (milliseconds, for each
pair of regions, in the one where the item was written)
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html (seconds, in the secondary's region)
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import permutations

from bot.sandbox.world.cloudwatch import PERIOD_S, SHORTEST_S, CloudWatch, Metric, metric
from bot.sandbox.world.dynamodb import DynamoDb
from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.quotas import Quotas
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.rds_replicas import RdsReplicas
from bot.sandbox.world.s3 import S3, Flow

HISTORY = 10

Point = tuple[Metric, float, str]
"""A metric, its value now, and the unit."""


class Publisher:
    """A metric whose source is not there, or that has nothing to measure, gets no point at all."""

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._cloudwatch = ground.part(CloudWatch)
        self._rds = ground.part(Rds)
        self._replicas = ground.part(RdsReplicas)
        self._s3 = ground.part(S3)
        self._tables = ground.part(DynamoDb)
        self._caches = ground.part(ElastiCacheGlobal)
        self._quotas = ground.part(Quotas)

    def start(self) -> None:
        """Some history, so that the world is not born without a past; then once a minute of the world."""
        interval = max(SHORTEST_S, PERIOD_S / self._timeline.speed)
        for back in range(HISTORY, -1, -1):
            self._publish(-back * interval)
        self._timeline.every(PERIOD_S, lambda: self._publish(0.0), keep=600, shortest=SHORTEST_S)

    def _publish(self, shift: float) -> None:
        at = self._timeline.now + timedelta(seconds=shift)
        for points in (self._databases(), self._buckets(), self._copied_tables(), self._copied_caches(), self._used()):
            for to, value, unit in points:
                self._cloudwatch.publish(to, at, value, unit)

    def _databases(self) -> Iterator[Point]:
        for database in self._rds.globals.values():
            for region, cluster in database.members.items():
                if database.publishes(region) and self._allowed(region, "rds"):
                    lag = round(database.lag(region) * 1000, 1)
                    for name in self._rds.lag_metrics(database):
                        yield metric(region, "AWS/RDS", name, {"DBClusterIdentifier": cluster}), lag, "Milliseconds"
        for replicas in self._replicas.sets:
            for region, instance in replicas.members.items():
                if replicas.publishes(region) and self._allowed(region, "rds"):
                    to = metric(region, "AWS/RDS", "ReplicaLag", {"DBInstanceIdentifier": instance})
                    yield to, replicas.published(region), "Seconds"

    def _buckets(self) -> Iterator[Point]:
        for flow in self._s3.watched():
            region = self._s3.region_of(flow.source)
            if region is not None and self._faults.up(region) and self._allowed(region, "s3"):
                yield from self._flow(flow, region)

    def _flow(self, flow: Flow, region: str) -> Iterator[Point]:
        """Failures are counted where the objects are, and only when something replicates; the rest where they go."""
        dimensions = {"SourceBucket": flow.source, "DestinationBucket": flow.destination, "RuleId": flow.rule}
        if flow.done:
            to = metric(region, "AWS/S3", "OperationsFailedReplication", dimensions)
            yield to, float(flow.failed), "Count"
        destination = self._s3.region_of(flow.destination)
        # A deleted destination gets no metrics, a dead one neither.
        if destination is not None and self._faults.up(destination):
            for name, (value, unit) in self._owed(flow).items():
                yield metric(destination, "AWS/S3", name, dimensions), value, unit
        flow.failed, flow.latency_s, flow.done = 0, 0.0, 0

    def _owed(self, flow: Flow) -> Mapping[str, tuple[float, str]]:
        waiting = [
            item
            for item in self._s3.pending
            if (item.source, item.destination, item.rule) == (flow.source, flow.destination, flow.rule)
        ]
        oldest = max(((self._timeline.now - item.at).total_seconds() for item in waiting), default=0.0)
        return {
            "BytesPendingReplication": (float(sum(item.size for item in waiting)), "Bytes"),
            "OperationsPendingReplication": (float(len(waiting)), "Count"),
            "ReplicationLatency": (max(oldest, flow.latency_s), "Seconds"),
        }

    def _copied_tables(self) -> Iterator[Point]:
        for table in self._tables.tables.values():
            for source, target in permutations(table.statuses, 2):
                latency = self._tables.latency(table, source, target)
                if latency is not None and self._allowed(source, "dynamodb"):
                    dimensions = {"TableName": table.name, "ReceivingRegion": target}
                    to = metric(source, "AWS/DynamoDB", "ReplicationLatency", dimensions)
                    yield to, round(latency * 1000, 1), "Milliseconds"

    def _copied_caches(self) -> Iterator[Point]:
        for store in self._caches.datastores.values():
            for region in store.members:
                if self._caches.publishes(store, region) and self._allowed(region, "elasticache"):
                    lag = round(self._caches.lag(store, region), 3)
                    for node in self._caches.nodes(store, region):
                        named = {"CacheClusterId": node}
                        yield metric(region, "AWS/ElastiCache", "GlobalDatastoreReplicationLag", named), lag, "Seconds"

    def _used(self) -> Iterator[Point]:
        for (region, quota), vcpus in self._quotas.used().items():
            if self._faults.up(region) and self._allowed(region, quota.fault):
                yield metric(region, "AWS/Usage", "ResourceCount", quota.dimensions), vcpus, "None"

    def _allowed(self, region: str, service: str) -> bool:
        return self._faults.lasting(FaultKind.METRICS_STOP, (region,), service) is None
