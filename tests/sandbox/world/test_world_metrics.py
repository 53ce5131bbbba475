"""A minute of a fast world is short: nobody waits a real one for the next figure."""

from datetime import datetime, timedelta
from itertools import pairwise

OURS = {"Namespace": "Desk", "MetricName": "Visitors"}


def told(stage, asked: dict) -> list[datetime]:
    """When each figure of the last quarter of an hour begins, by minutes, as the product asks."""
    now = stage.clock.now()
    found = stage.aws("cloudwatch", "eu-west-1").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Period": 60, "Stat": "Maximum", "Metric": asked}}],
        StartTime=now - timedelta(minutes=15), EndTime=now + timedelta(minutes=1), ScanBy="TimestampAscending",
    )  # fmt: skip
    return found["MetricDataResults"][0]["Timestamps"]


def lag(stage) -> list[datetime]:
    cluster = {"Name": "DBClusterIdentifier", "Value": "shop-eu-west-1"}
    return told(stage, {"Namespace": "AWS/RDS", "MetricName": "AuroraGlobalDBRPOLag", "Dimensions": [cluster]})


def test_what_aws_publishes_has_its_newest_world_minutes_one_by_one_and_the_older_by_real_ones(play):
    stage = play()
    stage.advance(3 * 3600)
    began = lag(stage)
    newest, older = began[-9:], began[:-11]
    assert [later - earlier for earlier, later in pairwise(newest)] == [timedelta(seconds=1)] * 8
    assert stage.clock.now() - began[-1] < timedelta(seconds=2)
    assert older
    assert {at.second for at in older} == {0}


def test_a_figure_that_begins_after_a_moment_is_there_one_minute_of_the_world_later(play):
    stage = play()
    moment = stage.clock.now()
    stage.advance(2 * 60)
    assert lag(stage)[-1] >= moment


def test_what_others_publish_and_a_world_that_is_not_fast_have_real_minutes(play):
    stage = play()
    cloudwatch = stage.aws("cloudwatch", "eu-west-1")
    for _ in range(3):
        cloudwatch.put_metric_data(Namespace="Desk", MetricData=[{"MetricName": "Visitors", "Value": 1.0}])
        stage.advance(60)
    assert {at.second for at in told(stage, OURS)} == {0}
    stage.world.set_speed(1.0)
    assert {at.second for at in lag(stage)} == {0}
