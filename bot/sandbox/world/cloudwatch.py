"""CloudWatch metrics by region, as published by the world and by callers; alarms stay moto's."""

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

PERIOD_S = 60.0
# A fast world publishes once a real second, the finest resolution CloudWatch has.
SHORTEST_S = 1.0
_NEWEST = 10
_KEPT = 12_000
_MOST = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Metric:
    """A metric of one region; dimensions are sorted pairs."""

    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def metric(region: str, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
    return Metric(region, namespace, name, tuple(sorted(dimensions.items())))


class CloudWatch:
    """Keeps the newest points of each metric, in the order of their time."""

    PAGES: ClassVar[dict[str, str]] = {
        "cloudwatch": "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self._points: dict[Metric, deque[tuple[datetime, float, str]]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def publish(self, to: Metric, at: datetime, value: float, unit: str) -> None:
        self._points[to].append((at, value, unit))

    def operations(self) -> Operations:
        table = {
            "PutMetricData": self.put_metric_data,
            "GetMetricData": self.get_metric_data,
            "GetMetricStatistics": self.get_metric_statistics,
            "ListMetrics": self.list_metrics,
        }
        return {("cloudwatch", name): handler for name, handler in table.items()}

    def put_metric_data(self, call: Call) -> Parameters:
        """Single values and Values with Counts; a point without a time gets the time of its call."""
        for datum in call.parameters.get("MetricData", []):
            to = metric(call.region, call.text("Namespace"), datum["MetricName"], _dimensions(datum.get("Dimensions")))
            at = _aware(datum["Timestamp"]) if datum.get("Timestamp") else self._timeline.now
            values = [datum["Value"]] if datum.get("Value") is not None else datum.get("Values", [])
            for value in values:
                self.publish(to, at, float(value), datum.get("Unit") or "None")
        return {}

    def get_metric_data(self, call: Call) -> Parameters:
        """One result a query, newest first unless asked otherwise; an expression is refused."""
        start, end = _span(call)
        results = []
        for query in call.parameters.get("MetricDataQueries", []):
            stat = query.get("MetricStat")
            if stat is None:
                raise AwsError("ValidationError", "Metric math expressions are not part of this simulated CloudWatch.")
            if query.get("ReturnData") is False:
                continue
            asked = stat["Metric"]
            wanted = metric(call.region, asked["Namespace"], asked["MetricName"], _dimensions(asked.get("Dimensions")))
            points = self._aggregated(wanted, start, end, int(stat["Period"]), stat["Stat"])
            if call.parameters.get("ScanBy") != "TimestampAscending":
                points.reverse()
            points = points[: int(call.parameters.get("MaxDatapoints") or 100_800)]
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or asked["MetricName"],
                    "StatusCode": "Complete",
                    "Timestamps": [at for at, _ in points],
                    "Values": [value for _, value in points],
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    def get_metric_statistics(self, call: Call) -> Parameters:
        """Statistics and percentiles of one metric, one point a period."""
        start, end = _span(call)
        asked = call.parameters
        wanted = metric(
            call.region, call.text("Namespace"), call.text("MetricName"), _dimensions(asked.get("Dimensions"))
        )
        points: dict[datetime, Parameters] = {}
        unit = next((unit for _, _, unit in reversed(self._points.get(wanted, ()))), "None")
        for stat in [*(asked.get("Statistics") or []), *(asked.get("ExtendedStatistics") or [])]:
            for at, value in self._aggregated(wanted, start, end, int(asked["Period"]), stat):
                point = points.setdefault(at, {"Timestamp": at, "Unit": unit})
                if stat.startswith("p"):
                    point.setdefault("ExtendedStatistics", {})[stat] = value
                else:
                    point[stat] = value
        return {"Label": call.text("MetricName"), "Datapoints": list(points.values())}

    def list_metrics(self, call: Call) -> Parameters:
        """Metrics that have points, by namespace, name and dimensions, 500 a page."""
        asked = call.parameters
        needed = {(item["Name"], item.get("Value")) for item in asked.get("Dimensions") or []}
        found = [
            known
            for known in self._points
            if known.region == call.region
            and asked.get("Namespace") in (None, known.namespace)
            and asked.get("MetricName") in (None, known.name)
            and all(
                (name, value) in known.dimensions or (value is None and name in dict(known.dimensions))
                for name, value in needed
            )
        ]
        refusal = AwsError("InvalidParameterValue", "The token is not valid.")
        listed, rest = page(found, asked.get("NextToken"), _MOST, refusal)
        return {"Metrics": [_metric_view(known) for known in listed], **({"NextToken": rest} if rest else {})}

    def _aggregated(
        self, wanted: Metric, start: datetime, end: datetime, period: int, stat: str
    ) -> list[tuple[datetime, float]]:
        if period <= 0:
            raise AwsError("ValidationError", "Period must be greater than 0.")
        buckets: dict[datetime, list[float]] = {}
        minute = self._minute(wanted.namespace)
        fine_since = self._timeline.now - timedelta(seconds=_NEWEST * minute)
        for at, value, _ in self._points.get(wanted, ()):
            step = minute if period == PERIOD_S and at > fine_since else period
            begin = _EPOCH + timedelta(seconds=math.floor((at - _EPOCH).total_seconds() / step) * step)
            if start <= at < end or start <= begin < end:
                buckets.setdefault(begin, []).append(value)
        return [(begin, _statistic(stat, values)) for begin, values in sorted(buckets.items())]

    def _minute(self, namespace: str) -> float:
        """A minute of the world in whole real seconds, for what AWS publishes by itself; never more than a real one.

        The newest minutes of a fast world stand one by one, so that nobody waits a real minute for the next figure;
        what is older is told by real minutes, as it would be too much else.
        """
        if not namespace.startswith("AWS/"):
            return PERIOD_S
        return math.ceil(min(PERIOD_S, max(SHORTEST_S, PERIOD_S / self._timeline.speed)))


def _metric_view(known: Metric) -> Parameters:
    return {
        "Namespace": known.namespace,
        "MetricName": known.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in known.dimensions],
    }


def _statistic(stat: str, values: list[float]) -> float:
    simple = {
        "Average": sum(values) / len(values),
        "Sum": sum(values),
        "Minimum": min(values),
        "Maximum": max(values),
        "SampleCount": float(len(values)),
    }
    if stat in simple:
        return simple[stat]
    if stat.startswith("p"):
        ordered = sorted(values)
        share = float(stat[1:]) / 100
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1 if share else 0)]
    raise AwsError("ValidationError", f"The statistic {stat} is not supported.")


def _span(call: Call) -> tuple[datetime, datetime]:
    start, end = _aware(call.parameters["StartTime"]), _aware(call.parameters["EndTime"])
    if start >= end:
        raise AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _dimensions(items: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in items or ()}


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value
