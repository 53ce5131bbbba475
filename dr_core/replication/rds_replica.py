"""Lag of an RDS read replica, as CloudWatch in the replica's region has it, in seconds.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html and USER_ReadRepl.html ("Monitoring read
replication"): -1 says that replication is not active. PostgreSQL reports how long ago the last transaction that was
replayed had been committed (USER_PostgreSQL.Replication.ReadReplicas.Monitor.html), so that a source at rest makes the
figure grow, for up to five minutes.
"""

from dr_core.replication.cloudwatch import PERIOD_S, Metric, Metrics
from dr_core.replication.port import Measurement

_NAME = "ReplicaLag"


class ReplicaLag:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def lag(self, instance: str, region: str) -> Measurement:
        metric = Metric("AWS/RDS", _NAME, (("DBInstanceIdentifier", instance),))
        source = f"CloudWatch {_NAME}, {region}"
        point = self._metrics.newest([metric], region).get(metric)
        if point is None:
            reason = f"no datapoint of {_NAME} for {instance} in the last 15 minutes"
            return Measurement(None, None, source, reason, PERIOD_S)
        if point.value < 0:
            reason = f"{_NAME} of {instance} is {point.value:g} since {point.at:%H:%M:%S}Z: replication is not active"
            return Measurement(None, None, source, reason, PERIOD_S)
        return Measurement(point.value, point.at, source, "", PERIOD_S)
