"""How far a bucket's copy is behind, from the metrics of its replication rules.

They are published in the destination's region, per rule, when metrics are switched on for it, and count new objects
only: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html. A silent rule is unknown, not in step.
"""

from collections.abc import Callable
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.errors import DrError
from dr_core.replication.cloudwatch import PERIOD_S, Datapoint, Metric, Metrics
from dr_core.replication.port import Measurement

_LATENCY, _BYTES, _OPERATIONS = "ReplicationLatency", "BytesPendingReplication", "OperationsPendingReplication"


class S3Lag:
    """Rules by GetBucketReplication in the source's region, remembered for when that region does not answer."""

    def __init__(self, client_of: Callable[[str, str], Any], metrics: Metrics) -> None:
        self._client_of = client_of
        self._metrics = metrics
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def lag(self, source: str, source_region: str, target: str, target_region: str) -> Measurement:
        rules = self._rules(source, source_region, target)
        where = f"CloudWatch {_LATENCY}, {target_region}"
        if not rules:
            return Measurement(None, None, where, f"no enabled rule replicates {source} to {target}")
        wanted = {
            (rule, name): Metric("AWS/S3", name, _dimensions(source, target, rule))
            for rule in rules
            for name in (_LATENCY, _BYTES, _OPERATIONS)
        }
        found = self._metrics.newest(tuple(wanted.values()), target_region)
        return _worst(rules, {key: found[metric] for key, metric in wanted.items() if metric in found}, where)

    def _rules(self, source: str, source_region: str, target: str) -> tuple[str, ...]:
        try:
            rules = self._ask_rules(source, source_region, target)
        except DrError:
            if (source, target) not in self._known:
                raise
            return self._known[source, target]
        self._known[source, target] = rules
        return rules

    def _ask_rules(self, source: str, source_region: str, target: str) -> tuple[str, ...]:
        try:
            with aws_errors("s3", source_region, "GetBucketReplication"):
                answer = self._client_of("s3", source_region).get_bucket_replication(Bucket=source)
        except AwsRejectedError as error:
            if error.aws_code == "ReplicationConfigurationNotFoundError":
                return ()
            raise
        return tuple(
            rule.get("ID", "")
            for rule in answer["ReplicationConfiguration"]["Rules"]
            if rule["Status"] == "Enabled" and rule["Destination"]["Bucket"].rsplit(":", 1)[-1] == target
        )


def _dimensions(source: str, target: str, rule: str) -> tuple[tuple[str, str], ...]:
    return (("SourceBucket", source), ("DestinationBucket", target), ("RuleId", rule))


def _worst(rules: tuple[str, ...], points: dict[tuple[str, str], Datapoint], where: str) -> Measurement:
    """The largest latency over all rules, as old as the oldest of their datapoints; a silent rule makes it unknown."""
    silent = [rule for rule in rules if (rule, _LATENCY) not in points]
    pending = _pending_text(points)
    if silent:
        reason = f"no {_LATENCY} datapoint in the last 15 minutes for rule {', '.join(silent)}"
        return Measurement(None, None, where, reason + (f"; {pending}" if pending else ""))
    latencies = [points[rule, _LATENCY] for rule in rules]
    return Measurement(
        max(point.value for point in latencies), min(point.at for point in latencies), where, pending, PERIOD_S
    )


def _pending_text(points: dict[tuple[str, str], Datapoint]) -> str:
    def total(name: str) -> float | None:
        values = [point.value for (_, metric), point in points.items() if metric == name]
        return sum(values) if values else None

    operations, size = total(_OPERATIONS), total(_BYTES)
    parts = [f"{operations:g} operations"] if operations is not None else []
    parts += [f"{size:g} bytes"] if size is not None else []
    return f"{' and '.join(parts)} pending" if parts else ""
