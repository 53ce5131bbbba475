"""The newest datapoint of CloudWatch metrics, with its own timestamp.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class _Seen:
    """The newest datapoints as they were asked for at `asked_at`, and when they were last wanted, asked for or not.

    `before` is when they were last wanted and the newest of them was not there yet; None: they are the first ones seen.
    """

    points: Mapping[Metric, Datapoint]
    asked_at: datetime
    wanted_at: datetime
    before: datetime | None

    @property
    def newest(self) -> datetime | None:
        return max((point.at for point in self.points.values()), default=None)

    def still_newest(self, now: datetime) -> bool:
        """Whether CloudWatch, which is paid for each metric that it is asked for, can have nothing newer at `now`.

        A datapoint is final when its period is over, and it comes in as late as the one before it did: what was not
        there at `before` has no successor a period later.
        """
        newest = self.newest
        if newest is None or self.before is None or any(point.at < newest for point in self.points.values()):
            return False
        final = self.asked_at >= newest + timedelta(seconds=PERIOD_S)
        # A time ahead of `now` was taken by a clock that has been set back since.
        return final and max(self.wanted_at, self.before) <= now < self.before + timedelta(seconds=PERIOD_S)


class Metrics:
    """GetMetricData in the region that owns the metrics, one call for all; `client_of(service, region)` -> client."""

    def __init__(self, client_of: Callable[[str, str], Any], clock: Clock) -> None:
        self._client_of = client_of
        self._clock = clock
        self._seen: dict[tuple[str, tuple[Metric, ...]], _Seen] = {}

    def newest(self, metrics: Sequence[Metric], region: str) -> Mapping[Metric, Datapoint]:
        """The newest datapoint of the last 15 minutes of each metric that has one; asked for when there can be one."""
        key, now = (region, tuple(metrics)), self._clock.now()
        # Without it for as long as nobody answers: after an error it is asked for again.
        seen = self._seen.pop(key, None)
        if seen is None or not seen.still_newest(now):
            points = {metric: found[-1] for metric, found in self._series(metrics, region).items()}
            asked = _Seen(points, now, now, None)
            if seen is not None:
                asked = replace(asked, before=seen.before if asked.newest == seen.newest else seen.wanted_at)
            seen = asked
        self._seen[key] = replace(seen, wanted_at=now)
        return seen.points

    def is_published(self, point: Datapoint) -> bool:
        """Whether a metric with this newest datapoint goes on being published."""
        return self._clock.now() - point.at <= 3 * timedelta(seconds=PERIOD_S)

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
