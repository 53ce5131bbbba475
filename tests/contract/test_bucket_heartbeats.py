"""The heartbeat of a bucket on the simulated AWS: what it writes, what it proves, and what the rules add to it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
"""

from collections.abc import Iterator
from typing import Any

import pytest

from dr_core.errors import UnreachableError
from dr_core.observation.model import Figure
from dr_core.replication.heartbeat import key_of
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.rules import Rule
from tests.contract import replication_subjects as subjects
from tests.contract.replication_subjects import HERE, PAIR, THERE, Theatre, Watched, theatre

ROLE = "arn:aws:iam::123456789012:role/replication"
ON = {"Status": "Enabled"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("world")) as found:
        yield found


@pytest.fixture
def clean(stage: Theatre) -> Iterator[Theatre]:
    yield stage
    stage.tidy()


@pytest.fixture
def watched(clean: Theatre) -> Watched:
    found = Watched(subjects.bucket_in_aws(clean))
    for _ in range(3):
        found.look()
        found.subject.wait(8)
    return found


def buckets(stage: Theatre, name: str, *rules: dict[str, Any]) -> BucketPair:
    """A bucket and its copy of their own, with these rules."""
    pair = BucketPair(f"{name}-syd", HERE, f"{name}-nrt", THERE)
    for bucket, region in ((pair.source, HERE), (pair.target, THERE)):
        s3 = stage.client_of("s3", region)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    if rules:
        configuration = {"Role": ROLE, "Rules": [{**rule, "Priority": n} for n, rule in enumerate(rules, 1)]}
        stage.client_of("s3", HERE).put_bucket_replication(Bucket=pair.source, ReplicationConfiguration=configuration)
    return pair


def rule(name: str, target: str, chosen: dict[str, Any] | None = None, **destination: Any) -> dict[str, Any]:
    return {
        "ID": name, "Status": "Enabled", "Filter": chosen or {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}", "Metrics": ON, **destination},
    }  # fmt: skip


def written(stage: Theatre, bucket: str) -> list[dict[str, Any]]:
    calls = stage.world.calls()
    return [c for c in calls if c["operation"] == "PutObject" and c["parameters"]["Bucket"] == bucket]


def shown(found: Measurement) -> dict[str, Figure]:
    return {figure.name: figure for figure in found.figures}


def test_it_is_written_once_a_minute_with_its_own_purpose_and_under_its_own_name(clean: Theatre) -> None:
    pair = buckets(clean, "calm", rule("all", "calm-nrt"))
    reader = clean.bucket_lag()
    for _ in range(30):
        reader.lag(pair)
        clean.clock.advance(10)
    calls = written(clean, pair.source)
    assert 4 <= len(calls) <= 6
    assert {call["purpose"] for call in calls} == {"heartbeat"}
    assert {call["parameters"]["Key"] for call in calls} == {f".dr-heartbeat/{HERE}-to-{THERE}"}
    everything = [c for c in clean.world.calls() if c["purpose"] not in ("heartbeat", "observe")]
    assert [c for c in everything if c["parameters"].get("Bucket") == pair.source and c["purpose"]] == []


def test_until_it_has_crossed_once_nothing_is_proven(clean: Theatre) -> None:
    pair = buckets(clean, "young", rule("all", "young-nrt"))
    clean.clock.advance(60)
    reader = clean.bucket_lag()
    first = reader.lag(pair)
    assert first.seconds is None
    assert "no heartbeat has arrived yet" in first.reason
    assert shown(first)["latency/all"].value == 0, "the metric alone says that all is well"
    clean.clock.advance(8)
    assert reader.lag(pair).seconds == 8


def test_a_replication_that_stands_still_is_seen_although_nobody_writes(watched: Watched, clean: Theatre) -> None:
    """Failure 14: pending metrics tell of nothing where nothing was written."""
    clean.world.add_fault("replication_stops", service="s3")
    watched.passes(400, every=20)
    assert watched.last is not None
    assert watched.last.seconds is not None
    assert 330 <= watched.last.seconds <= 400
    assert "has not arrived" in watched.last.reason
    assert watched.exposure().verdict == "over"
    clean.world.remove_fault(None)
    watched.passes(180, every=10)
    assert watched.exposure().verdict == "ok", watched.last.reason


def test_another_worker_goes_on_without_a_better_figure(watched: Watched, clean: Theatre) -> None:
    clean.world.add_fault("replication_stops", service="s3")
    before = watched.passes(200, every=20)
    assert before.seconds is not None
    watched.subject = subjects.bucket_in_aws(clean)
    after = watched.passes(20, every=20)
    assert after.seconds is not None
    assert after.seconds >= before.seconds


def test_a_beat_that_s3_gave_up_on_is_followed_by_another_that_keeps_its_time(clean: Theatre) -> None:
    pair = buckets(clean, "lossy", rule("all", "lossy-nrt"))
    reader = clean.bucket_lag()
    reader.lag(pair)
    clean.clock.advance(8)
    assert shown(reader.lag(pair))["heartbeat/all"].value == 8
    clean.clock.advance(60)
    reader.lag(pair)
    there = clean.client_of("s3", THERE)
    for item in there.list_object_versions(Bucket=pair.target)["Versions"]:
        there.delete_object(Bucket=pair.target, Key=item["Key"], VersionId=item["VersionId"])
    there.delete_bucket(Bucket=pair.target)
    before = len(written(clean, pair.source))
    for _ in range(10):
        clean.clock.advance(20)
        found = reader.lag(pair)
    assert len(written(clean, pair.source)) > before
    heartbeat = shown(found)["heartbeat/all"]
    assert heartbeat.value is not None
    assert heartbeat.value >= 190
    assert shown(found)["failed_operations/all"].value is not None
    assert (shown(found)["failed_operations/all"].value or 0) >= 1


def test_a_heartbeat_that_may_not_be_written_proves_nothing_and_says_why(clean: Theatre) -> None:
    pair = buckets(clean, "closed", rule("all", "closed-nrt"))
    clean.world.add_fault("denied", region=HERE, service="s3", operation="PutObject")
    reader = clean.bucket_lag()
    for _ in range(4):
        found = reader.lag(pair)
        clean.clock.advance(30)
    assert found.seconds is None
    assert "permission is missing for s3:PutObject" in found.reason
    assert shown(found)["latency/all"].value == 0
    assert shown(found)["heartbeat/all"].value is None


def test_switched_off_it_writes_nothing_and_the_metric_stands_alone(clean: Theatre) -> None:
    pair = buckets(clean, "quiet", rule("all", "quiet-nrt"))
    clean.clock.advance(60)
    found = clean.bucket_lag().lag(BucketPair(pair.source, HERE, pair.target, THERE, heartbeat=False))
    assert found.seconds == 0
    assert written(clean, pair.source) == []
    assert (shown(found)["heartbeat/all"].value, shown(found)["heartbeat/all"].reason) == (None, "switched off")


def test_each_rule_has_its_beat_and_its_figures_and_tags_are_put_on_it(clean: Theatre) -> None:
    tagged = {"And": {"Prefix": "green/", "Tags": [{"Key": "team", "Value": "web shop"}]}}
    pair = buckets(
        clean, "parted", rule("blue", "parted-nrt", {"Prefix": "blue/"}), rule("green", "parted-nrt", tagged)
    )
    pair = BucketPair(pair.source, HERE, pair.target, THERE, ("blue/", "green/"))
    reader = clean.bucket_lag()
    reader.lag(pair)
    clean.clock.advance(60)
    found = reader.lag(pair)
    assert shown(found)["heartbeat/blue"].value == shown(found)["heartbeat/green"].value == 60
    key = key_of(pair, Rule("green", pair.target, enabled=True, prefix="green/", tags=(("team", "web shop"),)))
    tags = clean.client_of("s3", THERE).get_object_tagging(Bucket=pair.target, Key=key)["TagSet"]
    assert tags == [{"Key": "team", "Value": "web shop"}]
    assert "no enabled rule copies all of green/ to parted-nrt" in found.reason, "only what is tagged is copied"
    assert found.seconds is None, "what bears no tag is lost, however fast the rest is"
    assert shown(found)["rule_drift"].value == 1


def test_time_control_delete_markers_and_drift_are_read_from_the_rules(clean: Theatre) -> None:
    off = {**rule("old", "mixed-nrt"), "Status": "Disabled"}
    exact = rule("exact", "mixed-nrt", ReplicationTime={**ON, "Time": {"Minutes": 15}})
    pair = buckets(clean, "mixed", {**exact, "DeleteMarkerReplication": ON}, off)
    found = shown(clean.bucket_lag().lag(pair))
    assert found["rules"].value == 1
    assert found["rules_with_time_control"].value == 1
    assert found["rules_that_copy_delete_markers"].value == 1
    assert (found["rule_drift"].value, found["rule_drift"].reason) == (1, "rule old is disabled")
    assert found["rules"].source == f"S3 GetBucketReplication, {HERE}"
    plain = shown(clean.bucket_lag().lag(PAIR))
    assert plain["rule_drift"].value == 0


def test_without_a_rule_nothing_replicates_and_that_is_said(clean: Theatre) -> None:
    pair = buckets(clean, "alone")
    found = clean.bucket_lag().lag(pair)
    assert found.seconds is None
    assert found.reason == "no enabled rule replicates alone-syd to alone-nrt"
    assert written(clean, pair.source) == []


def test_the_rules_are_remembered_for_when_the_source_region_is_gone(watched: Watched, clean: Theatre) -> None:
    reading = watched.passes(60)
    clean.world.add_fault("region_down", region=HERE)
    lost = watched.passes(20)
    assert (lost.seconds, lost.measured_at) != (None, None)
    assert lost.measured_at == reading.measured_at
    rules = next(figure for figure in lost.figures if figure.name == "rules")
    assert rules.value == 1
    assert rules.measured_at is not None
    assert rules.measured_at < clean.clock.now()


def test_a_source_region_that_is_gone_from_the_start_is_unreachable(clean: Theatre) -> None:
    clean.world.add_fault("region_down", region=HERE)
    with pytest.raises(UnreachableError):
        clean.bucket_lag().lag(PAIR)
