"""Replication between an application's buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html: which metric is published where and when.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html: filters, tags, delete markers.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html: replicas keep version ids and creation times.
"""

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


def test_every_way_of_writing_and_deleting_an_object_goes_along(stage):
    s3 = stage.aws("s3", "eu-central-1")
    s3.copy_object(Bucket=A, Key="blue/copied", CopySource={"Bucket": A, "Key": "blue/index.html"})
    upload = s3.create_multipart_upload(Bucket=A, Key="blue/parts")["UploadId"]
    part = s3.upload_part(Bucket=A, Key="blue/parts", UploadId=upload, PartNumber=1, Body=b"one")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=A, Key="blue/parts", UploadId=upload, MultipartUpload=parts)
    stage.advance(6)
    for key in ("blue/copied", "blue/parts"):
        assert status(stage, "eu-west-1", B, key) == "REPLICA"
    s3.delete_objects(Bucket=A, Delete={"Objects": [{"Key": "blue/copied"}]})
    stage.advance(6)
    with pytest.raises(ClientError):
        status(stage, "eu-west-1", B, "blue/copied")


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
    assert values("eu-central-1") == [None] * 4, "failures are published only when something replicates"
    stage.world.remove_fault(fault)
    stage.advance(6)
    assert status(stage, "eu-west-1", B, "blue/late.txt") == "REPLICA"
    stage.clock.advance(60)
    now = stage.clock.now()
    assert values("eu-central-1") == [None, None, None, 0]
    stage.clock.advance(200)
    now = stage.clock.now()
    assert values("eu-central-1") == [None] * 4
    assert values("eu-west-1")[:2] == [0, 0], "what is pending is published even when nothing replicates"


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


def replicate(stage, *rules):
    stage.aws("s3", "eu-central-1").put_bucket_replication(
        Bucket=A, ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/r", "Rules": [*rules]}
    )


def rule(name, chosen, **more):
    destination = {"Bucket": f"arn:aws:s3:::{B}", **more.pop("destination", {})}
    return {"ID": name, "Priority": 1, "Status": "Enabled", **chosen, "Destination": destination, **more}


NO_DELETES = {"DeleteMarkerReplication": {"Status": "Disabled"}}


def test_a_replica_keeps_version_time_and_tags_of_its_source(stage):
    put = stage.aws("s3", "eu-central-1").put_object(Bucket=A, Key="blue/kept.txt", Body=b"x", Tagging="team=web")
    written = stage.aws("s3", "eu-central-1").head_object(Bucket=A, Key="blue/kept.txt")["LastModified"]
    stage.advance(6)
    there = stage.aws("s3", "eu-west-1")
    copy = there.head_object(Bucket=B, Key="blue/kept.txt")
    assert (copy["VersionId"], copy["LastModified"]) == (put["VersionId"], written)
    assert there.get_object_tagging(Bucket=B, Key="blue/kept.txt")["TagSet"] == [{"Key": "team", "Value": "web"}]


def test_a_rule_with_tags_copies_only_what_has_all_of_them_and_no_delete_markers(stage):
    chosen = {"Filter": {"And": {"Prefix": "blue/", "Tags": [{"Key": "team", "Value": "web"}]}}}
    replicate(stage, rule("tagged", chosen, DeleteMarkerReplication={"Status": "Enabled"}))
    here = stage.aws("s3", "eu-central-1")
    here.put_object(Bucket=A, Key="blue/mine.txt", Body=b"x", Tagging="team=web&size=small")
    here.put_object(Bucket=A, Key="blue/other.txt", Body=b"x", Tagging="team=data")
    stage.advance(6)
    assert status(stage, "eu-west-1", B, "blue/mine.txt") == "REPLICA"
    assert status(stage, "eu-central-1", A, "blue/other.txt") is None
    here.delete_object(Bucket=A, Key="blue/mine.txt")
    stage.advance(6)
    assert status(stage, "eu-west-1", B, "blue/mine.txt") == "REPLICA"


def test_a_rule_of_the_first_version_copies_delete_markers_by_itself(stage):
    replicate(stage, rule("first", {"Prefix": "green/"}))
    stage.aws("s3", "eu-central-1").delete_object(Bucket=A, Key="green/index.html")
    stage.advance(6)
    with pytest.raises(ClientError):
        status(stage, "eu-west-1", B, "green/index.html")


@pytest.mark.parametrize(
    ("destination", "published"),
    [
        ({}, False),
        ({"Metrics": {"Status": "Enabled"}}, True),
        ({"ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}}}, True),
    ],
)
def test_metrics_are_published_for_rules_that_switch_them_on(stage, destination, published):
    replicate(stage, rule("watched", {"Filter": {"Prefix": ""}}, destination=destination, **NO_DELETES))
    stage.clock.advance(60)
    known = stage.aws("cloudwatch", "eu-west-1").list_metrics(
        Namespace="AWS/S3", Dimensions=[{"Name": "RuleId", "Value": "watched"}]
    )["Metrics"]
    assert bool(known) is published


def test_an_object_whose_destination_is_gone_fails_and_is_counted_in_the_sources_region(stage):
    s3, there = stage.aws("s3", "eu-central-1"), stage.aws("s3", "eu-west-1")
    s3.put_object(Bucket=A, Key="blue/lost.txt", Body=b"x")
    for item in there.list_object_versions(Bucket=B)["Versions"]:
        there.delete_object(Bucket=B, Key=item["Key"], VersionId=item["VersionId"])
    there.delete_bucket(Bucket=B)
    stage.clock.advance(60)
    assert status(stage, "eu-central-1", A, "blue/lost.txt") == "FAILED"
    now = stage.clock.now()
    answer = stage.aws("cloudwatch", "eu-central-1").get_metric_statistics(
        Namespace="AWS/S3",
        MetricName="OperationsFailedReplication",
        Dimensions=[
            {"Name": "SourceBucket", "Value": A},
            {"Name": "DestinationBucket", "Value": B},
            {"Name": "RuleId", "Value": "to-eu-west-1"},
        ],
        StartTime=now.timestamp() - 120,
        EndTime=now.timestamp() + 1,
        Period=60,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in answer["Datapoints"]) == 1
