"""Replication between an application's buckets."""

import pytest
from botocore.exceptions import ClientError

A, B = "web-eu-central-1", "web-eu-west-1"


@pytest.fixture
def stage(play, shop):
    storage = [{"s3": {"buckets": {"eu-central-1": A, "eu-west-1": B}, "prefixes": ["blue/", "green/"]}}]
    return play({"shop": {"primary": shop["primary"], "standby": shop["standby"], "storage": storage}})


def status(stage, region, bucket, key):
    return stage.aws("s3", region).head_object(Bucket=bucket, Key=key).get("ReplicationStatus")


def test_buckets_have_versions_rules_both_ways_and_objects_under_each_prefix(stage):
    for region, bucket, other in (("eu-central-1", A, B), ("eu-west-1", B, A)):
        s3 = stage.aws("s3", region)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        rule = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"][0]
        assert rule["Destination"]["Bucket"] == f"arn:aws:s3:::{other}"
        assert rule["SourceSelectionCriteria"]["ReplicaModifications"]["Status"] == "Enabled"
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        assert {key.split("/")[0] for key in keys} == {"blue", "green"}


def test_an_object_is_pending_then_completed_and_its_copy_a_replica(stage):
    stage.aws("s3", "eu-central-1").put_object(Bucket=A, Key="blue/new.txt", Body=b"hello", Metadata={"owner": "shop"})
    assert status(stage, "eu-central-1", A, "blue/new.txt") == "PENDING"
    stage.advance(6)
    assert status(stage, "eu-central-1", A, "blue/new.txt") == "COMPLETED"
    copy = stage.aws("s3", "eu-west-1").get_object(Bucket=B, Key="blue/new.txt")
    assert (copy["Body"].read(), copy["ReplicationStatus"], copy["Metadata"]) == (
        b"hello",
        "REPLICA",
        {"owner": "shop"},
    )


def test_a_delete_marker_goes_along(stage):
    stage.aws("s3", "eu-west-1").delete_object(Bucket=B, Key="blue/index.html")
    stage.advance(6)
    with pytest.raises(ClientError):
        status(stage, "eu-central-1", A, "blue/index.html")


def test_stopped_replication_holds_objects_and_shows_them_in_the_metrics(stage):
    fault = stage.world.add_fault("replication_stops", service="s3")
    stage.aws("s3", "eu-central-1").put_object(Bucket=A, Key="blue/late.txt", Body=b"12345")
    stage.clock.advance(60)
    assert status(stage, "eu-central-1", A, "blue/late.txt") == "PENDING"
    now = stage.clock.now()
    dimensions = [
        {"Name": "SourceBucket", "Value": A},
        {"Name": "DestinationBucket", "Value": B},
        {"Name": "RuleId", "Value": "to-eu-west-1"},
    ]
    names = (
        "BytesPendingReplication",
        "OperationsPendingReplication",
        "ReplicationLatency",
        "OperationsFailedReplication",
    )
    queries = [
        {
            "Id": f"m{index}",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/S3", "MetricName": name, "Dimensions": dimensions},
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for index, name in enumerate(names)
    ]

    def values(region: str) -> list[float | None]:
        results = stage.aws("cloudwatch", region).get_metric_data(
            MetricDataQueries=queries, StartTime=now.timestamp() - 120, EndTime=now.timestamp() + 1
        )["MetricDataResults"]
        return [max(result["Values"], default=None) for result in results]

    assert values("eu-west-1") == [5, 1, pytest.approx(60, abs=2), None]
    assert values("eu-central-1") == [None, None, None, 0]
    stage.world.remove_fault(fault)
    stage.advance(6)
    assert status(stage, "eu-west-1", B, "blue/late.txt") == "REPLICA"


def test_a_lag_fault_delays_copies_by_real_seconds(stage):
    stage.world.add_fault("replication_lag", service="s3", value=30)
    stage.aws("s3", "eu-central-1").put_object(Bucket=A, Key="blue/slow.txt", Body=b"x")
    stage.clock.advance(29)
    assert status(stage, "eu-central-1", A, "blue/slow.txt") == "PENDING"
    stage.clock.advance(2)
    assert status(stage, "eu-central-1", A, "blue/slow.txt") == "COMPLETED"


def test_rules_come_back_as_they_were_put_and_need_versioning(stage):
    s3 = stage.aws("s3", "eu-central-1")
    s3.create_bucket(Bucket="plain-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    config = {
        "Role": "arn:aws:iam::123456789012:role/r",
        "Rules": [
            {
                "ID": "only-blue",
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": "blue/"},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{B}"},
            }
        ],
    }
    with pytest.raises(ClientError) as error:
        s3.put_bucket_replication(Bucket="plain-bucket", ReplicationConfiguration=config)
    assert error.value.response["Error"]["Code"] == "InvalidRequest"
    s3.put_bucket_replication(Bucket=A, ReplicationConfiguration=config)
    assert s3.get_bucket_replication(Bucket=A)["ReplicationConfiguration"] == config
    s3.put_object(Bucket=A, Key="green/stays.txt", Body=b"x")
    stage.advance(6)
    assert status(stage, "eu-central-1", A, "green/stays.txt") is None


def test_a_bucket_in_a_dead_region_does_not_answer_a_client_elsewhere(stage):
    stage.world.add_fault("region_down", region="eu-central-1")
    with pytest.raises(Exception, match=r"closed|reset|abort"):
        stage.aws("s3", "eu-west-1").head_object(Bucket=A, Key="blue/index.html")


def test_an_anchor_is_written_once(play):
    stage = play(audit={"anchors": [{"region": "eu-west-1", "bucket": "audit-anchor-west"}]})
    s3 = stage.aws("s3", "eu-west-1", purpose="anchor")
    s3.put_object(Bucket="audit-anchor-west", Key="000001.json", Body=b"{}", IfNoneMatch="*")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="audit-anchor-west", Key="000001.json", Body=b"{}", IfNoneMatch="*")
    assert error.value.response["Error"]["Code"] == "PreconditionFailed"
    assert (
        s3.get_object_lock_configuration(Bucket="audit-anchor-west")["ObjectLockConfiguration"]["ObjectLockEnabled"]
        == "Enabled"
    )
