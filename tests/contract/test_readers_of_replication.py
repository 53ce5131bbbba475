"""One suite for each replication port: CloudWatch and S3 (on moto) and the ones in memory must say the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dr_core.clock import ManualClock, SystemClock
from dr_core.errors import UnreachableError
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.memory import MemoryBucketLag, MemoryClusterLag
from dr_core.replication.port import BucketLag, ClusterLag, Measurement
from dr_core.replication.s3 import S3Lag

HERE, THERE = "eu-west-3", "eu-south-1"
LAG_METRICS = ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag")


@cache  # building clients is most of the time these tests take
def client_of(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region)


def minutes_ago(minutes: int) -> datetime:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).replace(second=0, microsecond=0)


def put(namespace: str, name: str, dimensions: dict[str, str], value: float, at: datetime) -> None:
    client_of("cloudwatch", THERE).put_metric_data(
        Namespace=namespace,
        MetricData=[{
            "MetricName": name, "Value": value, "Timestamp": at,
            "Dimensions": [{"Name": key, "Value": word} for key, word in dimensions.items()],
        }],
    )  # fmt: skip


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def aurora(value_ms: float | None, at: datetime) -> ClusterLag:
    if value_ms is not None:
        put("AWS/RDS", LAG_METRICS[0], {"DBClusterIdentifier": "books"}, value_ms, at)
    return AuroraLag(Metrics(client_of, SystemClock()))


def memory_cluster_lag(value_ms: float | None, at: datetime) -> ClusterLag:
    found = {} if value_ms is None else {"books": Measurement(value_ms / 1000, at, "memory")}
    return MemoryClusterLag(found)


@pytest.mark.parametrize("make", [aurora, memory_cluster_lag])
def test_lag_is_in_seconds_with_the_datapoints_own_time(make: Any) -> None:
    at = minutes_ago(2)
    found = make(400, at).lag("books", THERE, HERE)
    assert (found.seconds, found.measured_at) == (0.4, at)
    assert found.source


@pytest.mark.parametrize("make", [aurora, memory_cluster_lag])
def test_no_datapoint_is_unknown_with_a_reason(make: Any) -> None:
    found = make(None, minutes_ago(2)).lag("books", THERE, HERE)
    assert (found.seconds, found.measured_at) == (None, None)
    assert found.reason


def test_user_transactions_are_preferred_and_storage_lag_is_the_fallback() -> None:
    lag = AuroraLag(Metrics(client_of, SystemClock()))
    put("AWS/RDS", LAG_METRICS[1], {"DBClusterIdentifier": "books", "SourceRegion": HERE}, 900, minutes_ago(1))
    assert lag.lag("books", THERE, HERE).source == f"CloudWatch AuroraGlobalDBReplicationLag, {THERE}"
    put("AWS/RDS", LAG_METRICS[0], {"DBClusterIdentifier": "books"}, 300, minutes_ago(3))
    found = lag.lag("books", THERE, HERE)
    assert (found.seconds, found.source) == (0.3, f"CloudWatch AuroraGlobalDBRPOLag, {THERE}")


def test_the_newest_datapoint_counts_and_not_the_largest() -> None:
    for minutes, value in ((5, 9000.0), (2, 100.0), (4, 50.0)):
        put("AWS/RDS", LAG_METRICS[0], {"DBClusterIdentifier": "books"}, value, minutes_ago(minutes))
    assert AuroraLag(Metrics(client_of, SystemClock())).lag("books", THERE, HERE).seconds == 0.1


def test_a_datapoint_older_than_the_window_is_none() -> None:
    put("AWS/RDS", LAG_METRICS[0], {"DBClusterIdentifier": "books"}, 100, minutes_ago(30))
    assert AuroraLag(Metrics(client_of, SystemClock())).lag("books", THERE, HERE).seconds is None


def rule(name: str, prefix: str, status: str = "Enabled") -> dict[str, Any]:
    return {
        "ID": name, "Status": status, "Priority": len(name), "Filter": {"Prefix": prefix},
        "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::shelf-there"},
    }  # fmt: skip


def bucket(*rules: dict[str, Any]) -> None:
    for name, region in (("shelf-here", HERE), ("shelf-there", THERE)):
        client = client_of("s3", region)
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if rules:
        client_of("s3", HERE).put_bucket_replication(
            Bucket="shelf-here",
            ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/r", "Rules": [*rules]},
        )


def latency(rule_name: str, seconds: float, at: datetime, metric: str = "ReplicationLatency") -> None:
    dimensions = {"SourceBucket": "shelf-here", "DestinationBucket": "shelf-there", "RuleId": rule_name}
    put("AWS/S3", metric, dimensions, seconds, at)


def s3(value: float | None, at: datetime) -> BucketLag:
    bucket(rule("all", ""))
    if value is not None:
        latency("all", value, at)
    return S3Lag(client_of, Metrics(client_of, SystemClock()))


def memory_bucket_lag(value: float | None, at: datetime) -> BucketLag:
    return MemoryBucketLag({} if value is None else {"shelf-there": Measurement(value, at, "memory")})


def ask(lag: BucketLag) -> Measurement:
    return lag.lag("shelf-here", HERE, "shelf-there", THERE)


@pytest.mark.parametrize("make", [s3, memory_bucket_lag])
def test_a_buckets_lag_is_measured_with_its_time(make: Any) -> None:
    at = minutes_ago(1)
    found = ask(make(12, at))
    assert (found.seconds, found.measured_at) == (12, at)


@pytest.mark.parametrize("make", [s3, memory_bucket_lag])
def test_a_bucket_without_a_datapoint_is_unknown(make: Any) -> None:
    found = ask(make(None, minutes_ago(1)))
    assert found.seconds is None
    assert found.reason


def test_the_slowest_rule_counts_and_pending_work_is_told() -> None:
    bucket(rule("blue", "blue/"), rule("green2", "green/"), rule("off", "old/", "Disabled"))
    latency("blue", 3, minutes_ago(1))
    latency("green2", 40, minutes_ago(2))
    latency("green2", 7, minutes_ago(1), "OperationsPendingReplication")
    found = ask(S3Lag(client_of, Metrics(client_of, SystemClock())))
    assert (found.seconds, found.measured_at) == (40, minutes_ago(2))
    assert found.reason == "7 operations pending"


def test_one_silent_rule_makes_the_bucket_unknown() -> None:
    bucket(rule("blue", "blue/"), rule("green2", "green/"))
    latency("blue", 3, minutes_ago(1))
    found = ask(S3Lag(client_of, Metrics(client_of, SystemClock())))
    assert found.seconds is None
    assert "green2" in found.reason


def test_without_a_rule_nothing_replicates_and_that_is_said() -> None:
    bucket()
    found = ask(S3Lag(client_of, Metrics(client_of, SystemClock())))
    assert found.seconds is None
    assert "no enabled rule replicates shelf-here to shelf-there" in found.reason


class _Silent:
    def __getattr__(self, name: str) -> Any:
        raise UnreachableError("S3 in eu-west-3 did not answer.")


def test_the_rules_are_remembered_for_when_the_source_region_is_gone() -> None:
    bucket(rule("all", ""))
    latency("all", 5, minutes_ago(1))
    gone = False
    lag = S3Lag(
        lambda service, region: _Silent() if gone and service == "s3" else client_of(service, region),
        Metrics(client_of, SystemClock()),
    )
    assert ask(lag).seconds == 5
    gone = True
    assert ask(lag).seconds == 5


def test_a_source_region_that_is_gone_from_the_start_is_unreachable() -> None:
    lag = S3Lag(lambda service, region: _Silent(), Metrics(client_of, ManualClock()))
    with pytest.raises(UnreachableError):
        ask(lag)
