"""Other shapes of applications over time, and the world's own life."""

from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from dr_core.topology.load import load_topology

TOPOLOGY = Path(__file__).parents[2] / "topologies" / "shop.yaml"

REPLICAS = {
    "primary": "eu-north-1",
    "standby": ["us-west-2"],
    "database": {"rds_replica": {"instances": {"eu-north-1": "orders-n", "us-west-2": "orders-w"}}},
}


def test_a_read_replica_can_be_promoted(play):
    stage = play({"orders": REPLICAS})
    stage.aws("rds", "us-west-2").promote_read_replica(DBInstanceIdentifier="orders-w")
    stage.world.add_fault("region_down", region="eu-north-1")
    stage.advance(301)
    assert stage.world.snapshot()["applications"]["orders"]["writers"] == ["us-west-2"]


def test_three_regions_keep_one_writer_through_a_failover(play, shop):
    clusters = {"eu-central-1": "c", "eu-west-1": "w", "eu-north-1": "n"}
    app = {
        "primary": "eu-central-1",
        "standby": ["eu-west-1", "eu-north-1"],
        "database": {"aurora_global": {"global_cluster": "g", "clusters": clusters}},
    }
    stage = play({"three": app})
    stage.world.add_fault("region_down", region="eu-central-1")
    stage.aws("rds", "eu-north-1").failover_global_cluster(
        GlobalClusterIdentifier="g", TargetDbClusterIdentifier="n", AllowDataLoss=True
    )
    stage.advance(500)
    assert stage.app("three")["writers"] == ["eu-north-1"]
    stage.advance(200)
    lags = stage.app("three")["lag_seconds"]
    assert lags["eu-west-1"] < 1 < lags["eu-central-1"]


def test_a_process_holds_one_world_at_a_time_and_a_new_one_is_fresh(play, tmp_path: Path):
    stage = play({"orders": REPLICAS})
    second = World(load_topology(TOPOLOGY), data_dir=tmp_path / "second", clock=stage.clock)
    with pytest.raises(RuntimeError, match="already"):
        second.start()
    second.stop()
    stage.aws("ssm", "us-west-2").put_parameter(Name="/left/over", Value="1", Type="String")
    stage.world.stop()
    endpoints = second.start()
    try:
        again = type(stage)(second, stage.clock, endpoints)
        assert second.calls() == []
        assert again.aws("ssm", "us-west-2").get_parameters(Names=["/left/over"])["InvalidParameters"] == ["/left/over"]
    finally:
        second.stop()


def test_names_that_aws_would_refuse_do_not_keep_the_world_from_starting(play):
    app = {
        "primary": "eu-north-1",
        "standby": ["us-west-2"],
        "keys": ["no alias!"],
        "secrets": ['%% " {'],
        "database": {"aurora_global": {"global_cluster": "G_1", "clusters": {"eu-north-1": "a_b", "us-west-2": "9x"}}},
        "storage": [{"s3": {"buckets": {"eu-north-1": "X", "us-west-2": "UPPER_case"}}}],
        "capacity": [{"ecs": {"cluster": "bad name", "service": "a/b:c", "active": 1, "standby": 0}}],
        "health": [{"http": {"eu-north-1": "https://under_score.example/h", "us-west-2": "https://10.0.0.7:8443/h"}}],
    }
    stage = play({"odd": app})
    assert stage.world.missing
    assert stage.app("odd")["writers"] == ["eu-north-1"]
    assert stage.aws("rds", "eu-north-1").describe_global_clusters(GlobalClusterIdentifier="G_1")["GlobalClusters"]
