"""What AWS publishes by itself: replication lag of databases, pending replication of buckets, once a minute.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
"""

from datetime import datetime, timedelta

from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.cloudwatch import CloudWatch, metric
from bot.sandbox.world.faults import FaultBook, FaultKind
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.s3 import S3, Flow
from bot.sandbox.world.timeline import Timeline

PERIOD_S = 60.0
# A fast world publishes once a real second, the finest resolution CloudWatch has.
SHORTEST_S = 1.0
HISTORY = 10


class Publisher:
    """Publishes while nobody stops it; a metric whose source is not there gets no point at all."""

    def __init__(self, timeline: Timeline, faults: FaultBook, cloudwatch: CloudWatch, rds: Rds, s3: S3) -> None:
        self._timeline = timeline
        self._faults = faults
        self._cloudwatch = cloudwatch
        self._rds = rds
        self._s3 = s3

    def start(self) -> None:
        """Some history, so that the world is not born without a past; then once a minute of the world."""
        interval = max(SHORTEST_S, PERIOD_S / self._timeline.speed)
        for back in range(HISTORY, -1, -1):
            self._publish(-back * interval)
        self._timeline.every(PERIOD_S, lambda: self._publish(0.0), keep=600, shortest=SHORTEST_S)

    def _publish(self, shift: float) -> None:
        for database in self._rds.globals.values():
            for region in database.members:
                self._aurora(database, region, shift)
        for database in self._rds.replicas:
            for region, instance in database.members.items():
                if database.publishes(region) and self._allowed(region, "rds"):
                    to = metric(region, "AWS/RDS", "ReplicaLag", {"DBInstanceIdentifier": instance})
                    self._cloudwatch.publish(to, self._at(shift), database.lag(region), "Seconds")
        for flow in self._s3.watched():
            self._bucket(flow, shift)

    def _aurora(self, database: GlobalDatabase, region: str, shift: float) -> None:
        if not database.publishes(region) or not self._allowed(region, "rds"):
            return
        value = round(database.lag(region) * 1000, 1)
        for name in ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag", "AuroraGlobalDBProgressLag"):
            to = metric(region, "AWS/RDS", name, {"DBClusterIdentifier": database.members[region]})
            self._cloudwatch.publish(to, self._at(shift), value, "Milliseconds")

    def _bucket(self, flow: Flow, shift: float) -> None:
        region = self._s3.region_of(flow.source)
        if region is None or not self._faults.up(region) or not self._allowed(region, "s3"):
            return
        waiting = [
            item
            for item in self._s3.pending
            if (item.source, item.destination, item.rule) == (flow.source, flow.destination, flow.rule)
        ]
        now = self._timeline.now
        oldest = max(((now - item.at).total_seconds() for item in waiting), default=0.0)
        values = {
            "BytesPendingReplication": (float(sum(item.size for item in waiting)), "Bytes"),
            "OperationsPendingReplication": (float(len(waiting)), "Count"),
            "ReplicationLatency": (max(oldest, flow.latency_s), "Seconds"),
        }
        # Failures are counted where the objects are, and only when something replicates; the rest where they go.
        if flow.done:
            values["OperationsFailedReplication"] = (float(flow.failed), "Count")
        flow.failed, flow.latency_s, flow.done = 0, 0.0, 0
        destination = self._s3.region_of(flow.destination)
        for name, (value, unit) in values.items():
            home = region if name == "OperationsFailedReplication" else destination
            if home is None or not self._faults.up(home):
                continue  # a deleted destination gets no metrics, a dead one neither
            to = metric(
                home,
                "AWS/S3",
                name,
                {"SourceBucket": flow.source, "DestinationBucket": flow.destination, "RuleId": flow.rule},
            )
            self._cloudwatch.publish(to, self._at(shift), value, unit)

    def _at(self, shift: float) -> datetime:
        return self._timeline.now + timedelta(seconds=shift)

    def _allowed(self, region: str, service: str) -> bool:
        return self._faults.lasting(FaultKind.METRICS_STOP, (region,), service) is None
