"""How often AWS is asked for what it has to be paid for, and what that comes to: counted, and held against the docs."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dr_core.clock import ManualClock
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Datapoint, Metric, Metrics, _Seen
from dr_core.replication.copies import CacheMember
from dr_core.replication.dynamodb import DynamoDbTables
from dr_core.replication.elasticache import ElastiCache
from dr_core.replication.kms import KmsKeys
from dr_core.replication.port import BucketPair
from dr_core.replication.s3 import S3Lag
from dr_core.replication.secrets import SecretsManager

DOCS = Path(__file__).parents[3] / "docs" / "measurements.md"
EVERY_S = 10
MINUTE = timedelta(minutes=1)
HERE, THERE = "eu-central-1", "eu-west-1"
LAG = Metric("AWS/RDS", "AuroraGlobalDBRPOLag", (("DBClusterIdentifier", "db"),))
USD = {"cloudwatch": 0.01 / 1000, "secretsmanager": 0.05 / 10_000, "kms": 0.03 / 10_000}
"""For each metric of GetMetricData, and each request: the pages of prices of CloudWatch, Secrets Manager and KMS."""
RULE = {
    "ID": "all", "Status": "Enabled", "Filter": {},
    "Destination": {"Bucket": "arn:aws:s3:::there", "Metrics": {"Status": "Enabled"}},
}  # fmt: skip


class Aws:
    """Publishes a datapoint for each minute, so many seconds after that minute is over; counts what it is asked."""

    def __init__(self, clock: ManualClock, late_s: float = 25) -> None:
        self.clock, self.late_s = clock, late_s
        self.silent: set[str] = set()
        self.asked: Counter[str] = Counter()

    def client_of(self, service: str, region: str) -> Any:
        return _Client(self, service)

    def get_metric_data(self, MetricDataQueries: list[Any], StartTime: datetime, **_: Any) -> Any:  # noqa: N803
        self.asked["cloudwatch"] += len(MetricDataQueries)
        now, found = self.clock.now(), []
        last = (now - timedelta(seconds=60 + self.late_s)).replace(second=0, microsecond=0)
        for query in MetricDataQueries:
            asked = query["MetricStat"]["Metric"]
            dimensions = {entry["Name"] for entry in asked["Dimensions"]}
            silent = dimensions & self.silent or last < StartTime
            times = [] if silent else [last - MINUTE, last]
            found.append({"Id": query["Id"], "Timestamps": times, "Values": [1000.0 for _ in times]})
        return {"MetricDataResults": found}


class _Client:
    def __init__(self, aws: Aws, service: str) -> None:
        self._aws, self._service = aws, service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation == "get_metric_data":
            return self._aws.get_metric_data
        answers = {
            "describe_secret": {}, "describe_key": {"KeyMetadata": {"KeyId": "k"}},
            "get_bucket_replication": {"ReplicationConfiguration": {"Rules": [RULE]}},
            "encrypt": {"CiphertextBlob": b""}, "decrypt": {"Plaintext": b""},
            "describe_replication_groups": {"ReplicationGroups": [{"MemberClusters": ["n-1", "n-2"]}]},
        }  # fmt: skip
        self._aws.asked[self._service] += 1
        return lambda **_: answers[operation]


@pytest.fixture
def aws(clock: ManualClock) -> Aws:
    return Aws(clock)


def passes(aws: Aws, ask: Callable[[], object], minutes: int) -> Iterator[object]:
    for _ in range(minutes * 60 // EVERY_S):
        yield ask()
        aws.clock.advance(EVERY_S)


def hour(aws: Aws, ask: Callable[[], object]) -> int:
    """Questions in an hour, after five minutes to get to know how late the datapoints are."""
    list(passes(aws, ask, 5))
    aws.asked.clear()
    list(passes(aws, ask, 60))
    return sum(aws.asked.values())


@pytest.mark.parametrize("late_s", [0, 5, 25, 47, 80, 130])
def test_a_datapoint_is_asked_for_when_it_can_be_there(aws: Aws, late_s: float) -> None:
    aws.late_s = late_s
    metrics = Metrics(aws.client_of, aws.clock)
    assert hour(aws, lambda: metrics.newest([LAG], THERE)) <= 2 * 60


@pytest.mark.parametrize("late_s", [5, 25, 47, 80])
def test_it_is_seen_in_the_pass_after_it_came_in(aws: Aws, late_s: float) -> None:
    aws.late_s = late_s
    metrics = Metrics(aws.client_of, aws.clock)

    def look() -> tuple[datetime, datetime]:
        return aws.clock.now(), metrics.newest([LAG], THERE)[LAG].at

    for now, at in list(passes(aws, look, 30)):  # type: ignore[misc]  # it yields what `look` returns
        awaited = at + 2 * MINUTE + timedelta(seconds=late_s + EVERY_S)
        assert now < awaited, "the next one has been there for longer than a pass"


def test_a_minute_that_is_not_over_is_asked_for_in_every_pass(aws: Aws) -> None:
    """Its datapoint is not final: a fast world, and some services, tell of it before its end."""
    aws.late_s = -60
    metrics = Metrics(aws.client_of, aws.clock)
    assert hour(aws, lambda: metrics.newest([LAG], THERE)) == 360


def test_what_answered_nothing_or_an_error_is_asked_again_at_once(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics(aws.client_of, aws.clock)
    aws.silent = {"DBClusterIdentifier"}
    assert hour(aws, lambda: metrics.newest([LAG], THERE)) == 360
    aws.silent = set()
    list(passes(aws, lambda: metrics.newest([LAG], THERE), 5))
    with monkeypatch.context() as patched:
        patched.setattr(aws, "get_metric_data", lambda **_: 1 / 0)
        for _ in range(12):
            aws.clock.advance(EVERY_S)
            try:
                metrics.newest([LAG], THERE)
            except ZeroDivisionError:
                break
        else:
            pytest.fail("nobody asked")
    aws.asked.clear()
    metrics.newest([LAG], THERE)
    assert aws.asked["cloudwatch"] == 1


def test_one_of_several_that_lags_behind_is_asked_for_again(aws: Aws) -> None:
    """Two shards, of which one tells of its minute later."""
    other = Metric("AWS/RDS", "AuroraGlobalDBRPOLag", (("Node", "n"),))
    seen = {LAG: Datapoint(1, aws.clock.now()), other: Datapoint(1, aws.clock.now() - MINUTE)}
    metrics = Metrics(aws.client_of, aws.clock)
    calls = []

    def series(*_: Any) -> dict[Metric, tuple[Datapoint, ...]]:
        calls.append(1)
        return {metric: (point,) for metric, point in seen.items()}

    metrics._series = series  # type: ignore[method-assign]  # what CloudWatch has
    list(passes(aws, lambda: metrics.newest([LAG, other], THERE), 3))
    assert len(calls) == 18


def test_a_clock_that_was_ahead_keeps_nobody_from_asking(aws: Aws) -> None:
    """What it noted lies in the future now, and says nothing of when a datapoint comes in."""
    seen = _Seen({LAG: Datapoint(1, aws.clock.now())}, *[aws.clock.now() + timedelta(seconds=240)] * 3)
    assert not seen.still_newest(aws.clock.now())
    earlier = replace(seen, wanted_at=aws.clock.now(), before=aws.clock.now() + timedelta(seconds=1))
    assert not earlier.still_newest(aws.clock.now())


def test_a_metric_that_changes_its_form_is_found_in_the_other_one_within_minutes(aws: Aws) -> None:
    """An upgrade of the engine: from then on the same lag is published with another set of dimensions."""
    lag, started = AuroraLag(Metrics(aws.client_of, aws.clock)), aws.clock.now()

    def series(wanted: list[Metric], _region: str) -> dict[Metric, tuple[Datapoint, ...]]:
        now = aws.clock.now()
        turned = now - started >= timedelta(minutes=10)
        last = started + timedelta(minutes=9) if turned else now
        return {
            m: (Datapoint(1, now if len(m.dimensions) == 2 else last),)
            for m in wanted
            if turned or len(m.dimensions) == 1
        }

    lag._metrics._series = series  # type: ignore[method-assign,assignment]  # what CloudWatch has
    ages = []
    for _ in range(180):
        found = lag.lag("db", THERE, HERE)
        assert found.measured_at is not None
        ages.append((aws.clock.now() - found.measured_at).total_seconds())
        aws.clock.advance(EVERY_S)
    assert max(ages) <= 4 * 60
    assert ages[-1] == 0


def secret(aws: Aws) -> Callable[[], object]:
    reader = SecretsManager(aws.client_of)
    return lambda: [reader.view("shop/db", region) for region in (HERE, THERE)]


def key(aws: Aws) -> Callable[[], object]:
    reader = KmsKeys(aws.client_of, aws.clock)
    reader._try = _tried(reader._try)  # type: ignore[method-assign]  # the text comes back

    def look() -> None:
        for region in (HERE, THERE):
            reader.view("alias/shop", region)
        reader.proof("alias/shop", HERE, THERE)

    return look


def _tried(attempt: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *asked: replace(attempt(*asked), works=True)


def database(aws: Aws) -> Callable[[], object]:
    aws.silent = {"SourceRegion"}
    reader = AuroraLag(Metrics(aws.client_of, aws.clock))
    return lambda: reader.lag("db", THERE, HERE)


def bucket(aws: Aws) -> Callable[[], object]:
    reader = S3Lag(aws.client_of, Metrics(aws.client_of, aws.clock), aws.clock)
    pair = BucketPair("here", HERE, "there", THERE, heartbeat=False)

    def look() -> None:
        reader.lag(pair)
        del aws.asked["s3"]

    return look


def table(aws: Aws) -> Callable[[], object]:
    reader = DynamoDbTables(aws.client_of, Metrics(aws.client_of, aws.clock))
    return lambda: reader.lag("orders", HERE, THERE)


def cache(aws: Aws) -> Callable[[], object]:
    aws.silent = {"CacheNodeId"}
    reader = ElastiCache(aws.client_of, Metrics(aws.client_of, aws.clock))
    member = CacheMember(THERE, "hot", "SECONDARY", "associated")

    def look() -> None:
        reader._own(member)
        del aws.asked["elasticache"]

    return look


@pytest.mark.parametrize(
    ("what", "made", "service"),
    [
        ("an Aurora global database, one standby", database, "cloudwatch"),
        ("a bucket with one replication rule", bucket, "cloudwatch"),
        ("a global table", table, "cloudwatch"),
        ("a cache of two nodes", cache, "cloudwatch"),
        ("a secret in two regions", secret, "secretsmanager"),
        ("a key in two regions", key, "kms"),
    ],
)
def test_what_it_costs_is_what_the_docs_say(aws: Aws, what: str, made: Any, service: str) -> None:
    asked = hour(aws, made(aws))
    row = f"| {what} | {asked} | {asked * 720 * USD[service]:.2f} |"
    assert row in DOCS.read_text(encoding="utf-8").splitlines()
