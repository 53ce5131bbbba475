"""DynamoDB global tables: what each region says of its table and replicas, and how long items take to another region.

ReplicationLatency is published in milliseconds, for each pair of regions, in the one where the item was written:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html. It is measured on items
that arrive, so that a table into which nobody writes has no datapoint: that is unknown, and no proof of being in step.
"""

from collections.abc import Callable
from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.replication.cloudwatch import PERIOD_S, Metric, Metrics
from dr_core.replication.copies import TableView
from dr_core.replication.port import Measurement

_LATENCY = "ReplicationLatency"


class DynamoDbTables:
    """DescribeTable and GetMetricData; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any], metrics: Metrics) -> None:
        self._client_of = client_of
        self._metrics = metrics

    def view(self, table: str, region: str) -> TableView:
        with aws_errors("dynamodb", region, "DescribeTable"):
            raw = self._client_of("dynamodb", region).describe_table(TableName=table)["Table"]
        return TableView(
            region=region,
            status=raw.get("TableStatus", "not told"),
            replicas={entry["RegionName"]: _status(entry) for entry in raw.get("Replicas", ())},
            version=raw.get("GlobalTableVersion"),
        )

    def lag(self, table: str, source: str, target: str) -> Measurement:
        metric = Metric("AWS/DynamoDB", _LATENCY, (("TableName", table), ("ReceivingRegion", target)))
        point = self._metrics.newest([metric], source).get(metric)
        where = f"CloudWatch {_LATENCY}, {source}"
        if point is None:
            reason = f"no {_LATENCY} datapoint from {source} to {target} in the last 15 minutes: "
            return Measurement(None, None, where, reason + "nothing was written, or nothing arrived", PERIOD_S)
        return Measurement(point.value / 1000, point.at, where, period_s=PERIOD_S)


def _status(entry: dict[str, Any]) -> str:
    status, more = str(entry.get("ReplicaStatus", "not told")), entry.get("ReplicaStatusDescription")
    return f"{status}: {more}" if more else status
