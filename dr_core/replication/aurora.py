"""Lag of an Aurora global database, as CloudWatch in the secondary's region has it, in milliseconds.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
"""

from dr_core.replication.cloudwatch import PERIOD_S, Metric, Metrics
from dr_core.replication.port import Measurement

# User transactions first; the storage lag is what older engine versions publish.
_PREFERRED = ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag")


class AuroraLag:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def lag(self, cluster: str, region: str, source_region: str) -> Measurement:
        wanted = [
            Metric("AWS/RDS", name, dimensions)
            for name in _PREFERRED
            for dimensions in _dimensions(cluster, source_region)
        ]
        found = self._metrics.newest(wanted, region)
        for name in _PREFERRED:
            points = [point for metric, point in found.items() if metric.name == name]
            if points:
                newest = max(points, key=lambda point: point.at)
                return Measurement(newest.value / 1000, newest.at, f"CloudWatch {name}, {region}", period_s=PERIOD_S)
        return Measurement(
            None,
            None,
            f"CloudWatch, {region}",
            f"no datapoint of {' or '.join(_PREFERRED)} for {cluster} in the last 15 minutes",
            PERIOD_S,
        )


def _dimensions(cluster: str, source_region: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """By cluster, and by cluster and source: which of them is published depends on the engine version."""
    own = ("DBClusterIdentifier", cluster)
    return ((own,), (own, ("SourceRegion", source_region)))
