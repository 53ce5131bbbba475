"""The newest datapoint of CloudWatch metrics, with its own timestamp.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.clock import Clock

PERIOD_S = 60
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Metric:
    """What to ask for: one value for each period, by default its maximum."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Maximum"


@dataclass(frozen=True)
class Datapoint:
    value: float
    at: datetime


class Metrics:
    """GetMetricData in the region that owns the metrics, one call for all; `client_of(service, region)` -> client."""

    def __init__(self, client_of: Callable[[str, str], Any], clock: Clock) -> None:
        self._client_of = client_of
        self._clock = clock

    def newest(self, metrics: Sequence[Metric], region: str) -> Mapping[Metric, Datapoint]:
        """The newest datapoint of the last 15 minutes of each metric that has one."""
        return {metric: points[-1] for metric, points in self._series(metrics, region).items()}

    def total(self, metrics: Sequence[Metric], region: str) -> Mapping[Metric, Datapoint]:
        """The sum over the last 15 minutes of each metric that has a datapoint, with the time of the newest."""
        return {
            metric: Datapoint(sum(point.value for point in points), points[-1].at)
            for metric, points in self._series(metrics, region).items()
        }

    def _series(self, metrics: Sequence[Metric], region: str) -> dict[Metric, tuple[Datapoint, ...]]:
        # On whole periods: a window that moves with the clock would move the datapoints' timestamps with it.
        end = self._clock.now().replace(second=0, microsecond=0) + timedelta(seconds=PERIOD_S)
        queries = [_query(f"m{number}", metric) for number, metric in enumerate(metrics)]
        with aws_errors("cloudwatch", region, "GetMetricData"):
            answer = self._client_of("cloudwatch", region).get_metric_data(
                MetricDataQueries=queries,
                StartTime=end - WINDOW,
                EndTime=end,
                ScanBy="TimestampDescending",
            )
        found: dict[Metric, tuple[Datapoint, ...]] = {}
        for result in answer["MetricDataResults"]:
            points = sorted(zip(result["Timestamps"], result["Values"], strict=True))
            if points:
                found[metrics[int(result["Id"][1:])]] = tuple(
                    Datapoint(float(value), at.astimezone(UTC)) for at, value in points
                )
        return found


def _query(identifier: str, metric: Metric) -> dict[str, Any]:
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            },
            "Period": PERIOD_S,
            "Stat": metric.statistic,
        },
    }
