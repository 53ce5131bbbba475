"""Lag of an Aurora global database, as CloudWatch in the secondary's region has it, in milliseconds.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
"""

from collections.abc import Mapping

from dr_core.observation.model import Figure
from dr_core.replication.cloudwatch import PERIOD_S, Datapoint, Metric, Metrics
from dr_core.replication.port import Measurement

# User transactions first; the storage lag is what older engine versions publish.
_PREFERRED = ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag")
# How far the secondary's storage is behind in user and system transactions: shown, and no measure of loss.
_SHOWN = (*_PREFERRED, "AuroraGlobalDBProgressLag")


class AuroraLag:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._published: dict[tuple[str, str, str], frozenset[Metric]] = {}

    def lag(self, cluster: str, region: str, source_region: str) -> Measurement:
        where = (cluster, region, source_region)
        found = self._metrics.newest(_wanted(cluster, source_region, self._published.get(where, frozenset())), region)
        self._published[where] = frozenset(m for m, point in found.items() if self._metrics.is_published(point))
        newest = _by_name(found)
        figures = tuple(_figure(name, newest.get(name), region) for name in _SHOWN)
        for name in _PREFERRED:
            if name in newest:
                point = newest[name]
                return Measurement(point.value / 1000, point.at, _source(name, region), "", PERIOD_S, figures)
        return Measurement(
            None,
            None,
            f"CloudWatch, {region}",
            f"no datapoint of {' or '.join(_PREFERRED)} for {cluster} in the last 15 minutes",
            PERIOD_S,
            figures,
        )


def _wanted(cluster: str, source_region: str, published: frozenset[Metric]) -> list[Metric]:
    """Each lag in the form in which it is published; in both while that is not known, since each question is paid."""
    wanted = []
    for name in _SHOWN:
        forms = [Metric("AWS/RDS", name, dimensions) for dimensions in _dimensions(cluster, source_region)]
        wanted += [form for form in forms if form in published] or forms
    return wanted


def _dimensions(cluster: str, source_region: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """By cluster, and by cluster and source: which of them is published depends on the engine version."""
    own = ("DBClusterIdentifier", cluster)
    return ((own,), (own, ("SourceRegion", source_region)))


def _by_name(found: Mapping[Metric, Datapoint]) -> dict[str, Datapoint]:
    """The newest datapoint of each metric, whichever dimensions it came under."""
    newest: dict[str, Datapoint] = {}
    for metric, point in found.items():
        if metric.name not in newest or point.at > newest[metric.name].at:
            newest[metric.name] = point
    return newest


def _figure(name: str, point: Datapoint | None, region: str) -> Figure:
    if point is None:
        reason = "no datapoint in the last 15 minutes"
        return Figure(name=name, value=None, unit="s", measured_at=None, source=_source(name, region), reason=reason)
    return Figure(name=name, value=point.value / 1000, unit="s", measured_at=point.at, source=_source(name, region))


def _source(name: str, region: str) -> str:
    return f"CloudWatch {name}, {region}"
