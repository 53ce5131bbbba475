"""What AWS publishes of tables and caches that it copies by itself, once a minute.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html (milliseconds, for each
pair of regions, in the one where the item was written)
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html (seconds, in the secondary's region)
"""

from datetime import timedelta

from bot.sandbox.world.cloudwatch import CloudWatch, metric
from bot.sandbox.world.dynamodb import DynamoDb
from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.faults import FaultBook, FaultKind
from bot.sandbox.world.metrics import HISTORY, PERIOD_S, SHORTEST_S
from bot.sandbox.world.timeline import Timeline


class CopyPublisher:
    """A metric whose source is not there, or that has nothing to measure, gets no point at all."""

    def __init__(
        self, timeline: Timeline, faults: FaultBook, cloudwatch: CloudWatch, tables: DynamoDb, caches: ElastiCacheGlobal
    ) -> None:
        self._timeline = timeline
        self._faults = faults
        self._cloudwatch = cloudwatch
        self._tables = tables
        self._caches = caches

    def start(self) -> None:
        """Some history, so that the world is not born without a past; then once a minute of the world."""
        interval = max(SHORTEST_S, PERIOD_S / self._timeline.speed)
        for back in range(HISTORY, -1, -1):
            self._publish(-back * interval)
        self._timeline.every(PERIOD_S, lambda: self._publish(0.0), keep=600, shortest=SHORTEST_S)

    def _publish(self, shift: float) -> None:
        at = self._timeline.now + timedelta(seconds=shift)
        for table in self._tables.tables.values():
            for source, target in ((s, t) for s in table.statuses for t in table.statuses if s != t):
                latency = self._tables.latency(table, source, target)
                if latency is not None and self._allowed(source, "dynamodb"):
                    dimensions = {"TableName": table.name, "ReceivingRegion": target}
                    to = metric(source, "AWS/DynamoDB", "ReplicationLatency", dimensions)
                    self._cloudwatch.publish(to, at, round(latency * 1000, 1), "Milliseconds")
        for store in self._caches.datastores.values():
            for region in store.members:
                if not self._caches.publishes(store, region) or not self._allowed(region, "elasticache"):
                    continue
                lag = round(self._caches.lag(store, region), 3)
                for node in self._caches.nodes(store, region):
                    to = metric(region, "AWS/ElastiCache", "GlobalDatastoreReplicationLag", {"CacheClusterId": node})
                    self._cloudwatch.publish(to, at, lag, "Seconds")

    def _allowed(self, region: str, service: str) -> bool:
        return self._faults.lasting(FaultKind.METRICS_STOP, (region,), service) is None
