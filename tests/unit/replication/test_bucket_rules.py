"""Rules of a bucket as values, their drift from what is declared, and what one look at a bucket amounts to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.observation.model import Figure
from dr_core.replication.bucket_figures import LATENCY, OPERATIONS, Failures, Known, Looked, judged
from dr_core.replication.cloudwatch import Datapoint
from dr_core.replication.heartbeat import Crossing
from dr_core.replication.port import BucketPair
from dr_core.replication.rules import Rule, drift, live, rule_of

NOW = datetime(2026, 1, 5, 10, 3, tzinfo=UTC)
PAIR = BucketPair("docs-a", "us-west-2", "docs-b", "us-east-2", ("blue/", "green/"))


def raw(chosen: dict[str, Any], **destination: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", **chosen, "Destination": {"Bucket": "arn:aws:s3:::docs-b", **destination}}


ON = {"Status": "Enabled"}


@pytest.mark.parametrize(
    ("remark", "given", "expected"),
    [
        ("the first version", raw({"Prefix": "a/"}),
         Rule("r", "docs-b", True, "a/", metrics=False, delete_markers=True)),
        ("a prefix", raw({"Filter": {"Prefix": "a/"}}), Rule("r", "docs-b", True, "a/", metrics=False)),
        ("everything", raw({"Filter": {}}), Rule("r", "docs-b", True, metrics=False)),
        ("a tag", raw({"Filter": {"Tag": {"Key": "k", "Value": "v"}}}),
         Rule("r", "docs-b", True, tags=(("k", "v"),), metrics=False)),
        ("prefix and tags", raw({"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}}),
         Rule("r", "docs-b", True, "a/", (("k", "v"),), metrics=False)),
        ("metrics", raw({"Filter": {}}, Metrics=ON), Rule("r", "docs-b", True, metrics=True)),
        ("time control brings metrics", raw({"Filter": {}}, ReplicationTime=ON),
         Rule("r", "docs-b", True, metrics=True, time_control=True)),
        ("delete markers", raw({"Filter": {}, "DeleteMarkerReplication": ON}),
         Rule("r", "docs-b", True, metrics=False, delete_markers=True)),
        ("switched off", raw({"Filter": {}, "Status": "Disabled"}), Rule("r", "docs-b", False, metrics=False)),
    ],
)  # fmt: skip
def test_a_rule_is_read_as_aws_puts_it(remark: str, given: dict[str, Any], expected: Rule) -> None:
    assert rule_of(given) == expected, remark


BLUE, GREEN = Rule("blue", "docs-b", True, "blue/"), Rule("green", "docs-b", True, "green/")


@pytest.mark.parametrize(
    ("remark", "rules", "found"),
    [
        ("as declared", [BLUE, GREEN], ()),
        ("one rule for all", [Rule("all", "docs-b", True)], ()),
        ("a prefix is missing", [BLUE], ("no enabled rule copies all of green/ to docs-b",)),
        ("a part of a prefix", [BLUE, Rule("g", "docs-b", True, "green/new/")],
         ("no enabled rule copies all of green/ to docs-b",)),
        ("only what is tagged", [BLUE, Rule("g", "docs-b", True, "green/", (("k", "v"),))],
         ("no enabled rule copies all of green/ to docs-b",)),
        ("elsewhere", [BLUE, Rule("g", "docs-c", True, "green/")],
         ("no enabled rule copies all of green/ to docs-b",)),
        ("switched off", [BLUE, GREEN, Rule("old", "docs-b", False)], ("rule old is disabled",)),
        ("no metrics", [BLUE, Rule("green", "docs-b", True, "green/", metrics=False)], ("rule green has no metrics",)),
    ],
)  # fmt: skip
def test_drift_is_named(remark: str, rules: list[Rule], found: tuple[str, ...]) -> None:
    assert drift(rules, PAIR) == found, remark


def test_a_bucket_declared_without_prefixes_is_declared_whole() -> None:
    whole = BucketPair("docs-a", "us-west-2", "docs-b", "us-east-2")
    assert drift([BLUE, GREEN], whole) == ("no enabled rule copies the whole bucket to docs-b",)
    assert live([BLUE, Rule("c", "docs-c", True)], whole) == (BLUE,)


def point(value: float, seconds_ago: float) -> Datapoint:
    return Datapoint(value, NOW - timedelta(seconds=seconds_ago))


def look(
    points: dict[tuple[str, str], Datapoint],
    beats: dict[str, Crossing] | None,
    *,
    rules: tuple[Rule, ...] = (BLUE, GREEN),
    why: str = "",
) -> Looked:
    return Looked(PAIR, Known(rules, NOW), points, why, beats, Failures({"blue": point(3, 60)}))


LATE = {("blue", LATENCY): point(2, 60), ("green", LATENCY): point(9, 120)}


@pytest.mark.parametrize(
    ("remark", "points", "beats", "seconds", "age", "source"),
    [
        ("without heartbeats the slowest rule", LATE, None, 9, 120, f"CloudWatch {LATENCY}, us-east-2"),
        ("the metric is worse", LATE, {"blue": Crossing(3, NOW), "green": Crossing(4, NOW)}, 9, 120,
         f"CloudWatch {LATENCY}, us-east-2"),
        ("the heartbeat is worse", LATE, {"blue": Crossing(30, NOW), "green": Crossing(4, NOW)}, 30, 120,
         "heartbeat object, us-west-2 to us-east-2"),
        ("as old as the oldest proof", LATE, {"blue": Crossing(3, NOW - timedelta(seconds=500)),
         "green": Crossing(4, NOW)}, 9, 500, f"CloudWatch {LATENCY}, us-east-2"),
        ("a heartbeat that proves nothing", LATE, {"blue": Crossing(None, None, "denied"), "green": Crossing(4, NOW)},
         None, None, f"CloudWatch {LATENCY}, us-east-2 and heartbeat object, us-west-2 to us-east-2"),
        ("a silent rule", {("blue", LATENCY): point(2, 60)}, None, None, None, f"CloudWatch {LATENCY}, us-east-2"),
    ],
)  # fmt: skip
def test_exposure_is_never_better_than_metric_or_heartbeat(
    remark: str,
    points: dict[tuple[str, str], Datapoint],
    beats: dict[str, Crossing] | None,
    seconds: float | None,
    age: float | None,
    source: str,
) -> None:
    found = judged(look(points, beats))
    assert found.seconds == seconds, remark
    assert found.measured_at == (None if age is None else NOW - timedelta(seconds=age)), remark
    assert found.source == source, remark
    assert found.seconds is not None or found.reason, remark


def figures(looked: Looked) -> dict[str, Figure]:
    return {figure.name: figure for figure in judged(looked).figures}


def test_every_figure_has_a_source_and_a_time_or_a_reason() -> None:
    beats = {"blue": Crossing(3, NOW), "green": Crossing(None, None, "permission is missing for s3:PutObject.")}
    found = figures(look({**LATE, ("blue", OPERATIONS): point(7, 60)}, beats))
    assert found["pending_operations/blue"].value == 7
    assert found["failed_operations/blue"].value == 3
    assert found["heartbeat/green"].reason == "permission is missing for s3:PutObject."
    assert "only when something replicates" in found["failed_operations/green"].reason
    assert found["rules"].value == 2
    for figure in found.values():
        assert figure.source
        assert (figure.value is None) == (figure.measured_at is None)
        assert figure.value is not None or figure.reason


def test_a_rule_without_metrics_is_drift_and_unknown() -> None:
    quiet = Rule("green", "docs-b", True, "green/", metrics=False)
    found = judged(look({("blue", LATENCY): point(2, 60)}, None, rules=(BLUE, quiet)))
    assert found.seconds is None
    assert "rule green has no metrics" in found.reason
    assert {f.name: f for f in found.figures}["latency/green"].reason == "the rule has no metrics"


def test_no_rule_is_unknown_and_its_rules_are_counted() -> None:
    found = judged(look({}, {}, rules=(Rule("off", "docs-b", False),)))
    assert found.reason == "no enabled rule replicates docs-a to docs-b"
    drifted = {figure.name: figure for figure in found.figures}["rule_drift"]
    assert drifted.value == 3
    assert "rule off is disabled" in drifted.reason


def test_an_error_of_cloudwatch_is_the_reason_and_the_heartbeat_is_shown_all_the_same() -> None:
    beats = {"blue": Crossing(3, NOW), "green": Crossing(4, NOW)}
    found = judged(look({}, beats, why="cloudwatch GetMetricData in us-east-2 is throttled (Throttling)."))
    assert found.seconds is None
    assert "throttled" in found.reason
    assert {figure.name: figure for figure in found.figures}["heartbeat/green"].value == 4


def test_a_declared_part_that_no_rule_copies_makes_the_exposure_unknown() -> None:
    """The rule of green/ was deleted; that of blue/ goes on and would look fine."""
    found = judged(look({("blue", LATENCY): point(2, 60)}, {"blue": Crossing(3, NOW)}, rules=(BLUE,)))
    assert (found.seconds, found.measured_at) == (None, None)
    assert "no enabled rule copies all of green/ to docs-b" in found.reason
    assert {f.name: f for f in found.figures}["heartbeat/blue"].value == 3
