"""Global databases: switchover, failover, refusals, resynchronisation, lag."""

import pytest
from botocore.exceptions import ClientError

CLUSTER = {"GlobalClusterIdentifier": "shop", "TargetDbClusterIdentifier": "shop-eu-west-1"}


def state(stage, region="eu-west-1"):
    return stage.aws("rds", region).describe_global_clusters(GlobalClusterIdentifier="shop")["GlobalClusters"][0]


def writers(view):
    return [m["DBClusterArn"].split(":")[3] for m in view["GlobalClusterMembers"] if m["IsWriter"]]


def code(error):
    return error.value.response["Error"]["Code"]


def lag_ms(stage, region, cluster, name="AuroraGlobalDBRPOLag"):
    now = stage.clock.now()
    answer = stage.aws("cloudwatch", region).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName=name,
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": cluster}],
        StartTime=now.timestamp() - 600,
        EndTime=now.timestamp() + 1,
        Period=1,
        Statistics=["Average"],
    )
    return [(p["Timestamp"], p["Average"]) for p in sorted(answer["Datapoints"], key=lambda p: p["Timestamp"])]


def test_a_switchover_moves_the_writer_after_its_time_and_loses_nothing(play):
    stage = play()
    rds = stage.aws("rds", "eu-central-1")
    rds.switchover_global_cluster(**CLUSTER)
    assert state(stage)["FailoverState"]["Status"] == "pending"
    stage.advance(10)
    view = state(stage)
    assert view["FailoverState"]["Status"] == "switching-over"
    assert view["FailoverState"]["FromDbClusterArn"].endswith(":cluster:shop-eu-central-1")
    assert view["FailoverState"]["ToDbClusterArn"].endswith(":cluster:shop-eu-west-1")
    assert view["FailoverState"]["IsDataLossAllowed"] is False
    assert stage.app()["writers"] == ["eu-central-1"]
    stage.advance(80)
    assert stage.app()["writers"] == []
    stage.advance(40)
    view = state(stage)
    assert "FailoverState" not in view
    assert view["Status"] == "available"
    assert writers(view) == ["eu-west-1"] == stage.app()["writers"]
    assert list(stage.app()["lag_seconds"]) == ["eu-central-1"]


def test_a_switchover_tells_its_events_in_both_regions(play):
    stage = play()
    stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    stage.advance(130)
    new = stage.aws("rds", "eu-west-1").describe_events(SourceType="db-cluster", SourceIdentifier="shop-eu-west-1")[
        "Events"
    ]
    old = stage.aws("rds", "eu-central-1").describe_events(SourceType="db-cluster")["Events"]
    assert "started" in new[0]["Message"]
    assert "finished" in new[-1]["Message"]
    assert "successfully shut down" in old[0]["Message"]


def test_a_second_change_of_roles_is_refused_while_one_is_under_way(play):
    stage = play()
    stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    with pytest.raises(ClientError) as error:
        stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    assert code(error) == "InvalidGlobalClusterStateFault"
    with pytest.raises(ClientError) as error:
        stage.aws("rds", "eu-west-1").failover_global_cluster(**CLUSTER, AllowDataLoss=True)
    assert code(error) == "InvalidGlobalClusterStateFault"


def test_a_switchover_is_refused_outside_the_primary_region(play):
    stage = play()
    with pytest.raises(ClientError) as error:
        stage.aws("rds", "eu-west-1").switchover_global_cluster(**CLUSTER)
    assert code(error) == "InvalidGlobalClusterStateFault"


def test_a_failover_without_accepted_loss_is_a_switchover(play):
    stage = play()
    stage.aws("rds", "eu-central-1").failover_global_cluster(**CLUSTER, Switchover=True)
    assert state(stage)["FailoverState"]["IsDataLossAllowed"] is False


def test_a_failover_promotes_the_target_while_the_primary_is_down(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    stage.clock.advance(20)
    assert stage.app()["writers"] == []
    assert stage.app()["lag_seconds"]["eu-west-1"] == pytest.approx(20.4, abs=0.3)
    stage.aws("rds", "eu-west-1").failover_global_cluster(**CLUSTER, AllowDataLoss=True)
    stage.advance(10)
    view = state(stage)
    assert view["FailoverState"]["Status"] == "failing-over"
    assert view["FailoverState"]["IsDataLossAllowed"] is True
    stage.advance(480)
    assert writers(state(stage)) == ["eu-west-1"] == stage.app()["writers"]
    events = stage.aws("rds", "eu-west-1").describe_events(SourceType="db-cluster")["Events"]
    assert any("timed out" in event["Message"] for event in events)


def test_a_failover_with_loss_is_refused_outside_the_target_region(play):
    stage = play()
    with pytest.raises(ClientError) as error:
        stage.aws("rds", "eu-central-1").failover_global_cluster(**CLUSTER, AllowDataLoss=True)
    assert code(error) == "InvalidDBClusterStateFault"


def test_an_unknown_cluster_or_member_is_refused(play):
    rds = play().aws("rds", "eu-west-1")
    with pytest.raises(ClientError) as error:
        rds.failover_global_cluster(GlobalClusterIdentifier="nobody", TargetDbClusterIdentifier="x", AllowDataLoss=True)
    assert code(error) == "GlobalClusterNotFoundFault"
    with pytest.raises(ClientError) as error:
        rds.failover_global_cluster(GlobalClusterIdentifier="shop", TargetDbClusterIdentifier="x", AllowDataLoss=True)
    assert code(error) == "DBClusterNotFoundFault"


def test_a_target_without_instance_cannot_be_promoted(play):
    stage = play()
    rds = stage.aws("rds", "eu-west-1")
    for instance in rds.describe_db_instances()["DBInstances"]:
        rds.delete_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    stage.advance(150)
    with pytest.raises(ClientError) as error:
        rds.failover_global_cluster(**CLUSTER, AllowDataLoss=True)
    assert code(error) == "InvalidDBClusterStateFault"


def test_unequal_engine_versions_refuse_a_switchover(play):
    stage = play()
    stage.aws("rds", "eu-west-1").modify_db_cluster(DBClusterIdentifier="shop-eu-west-1", EngineVersion="16.4")
    with pytest.raises(ClientError) as error:
        stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    assert code(error) == "InvalidDBClusterStateFault"


def test_a_global_cluster_is_renamed_and_upgraded_while_no_roles_change(play):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyGlobalCluster.html"""
    stage = play()
    rds = stage.aws("rds", "eu-central-1")
    view = rds.modify_global_cluster(
        GlobalClusterIdentifier="shop", NewGlobalClusterIdentifier="store", EngineVersion="16.8"
    )["GlobalCluster"]  # fmt: skip
    assert (view["GlobalClusterIdentifier"], view["EngineVersion"]) == ("store", "16.8")
    with pytest.raises(ClientError) as error:
        rds.describe_global_clusters(GlobalClusterIdentifier="shop")
    assert code(error) == "GlobalClusterNotFoundFault"
    rds.switchover_global_cluster(**{**CLUSTER, "GlobalClusterIdentifier": "store"})
    with pytest.raises(ClientError) as error:
        rds.modify_global_cluster(GlobalClusterIdentifier="store", NewGlobalClusterIdentifier="late")
    assert code(error) == "InvalidGlobalClusterStateFault"


def test_a_switchover_whose_primary_dies_never_ends_and_a_failover_is_taken_once_it_is_cancelling(play):
    stage = play()
    stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    stage.advance(30)
    stage.world.add_fault("region_down", region="eu-central-1")
    moving = state(stage)["FailoverState"]
    assert (moving["Status"], moving["IsDataLossAllowed"]) == ("switching-over", False)
    failover = stage.aws("rds", "eu-west-1").failover_global_cluster
    with pytest.raises(ClientError) as error:
        failover(**CLUSTER, AllowDataLoss=True)
    assert code(error) == "InvalidGlobalClusterStateFault"
    stage.advance(600)
    assert state(stage)["FailoverState"]["Status"] == "cancelling"
    assert writers(state(stage)) == ["eu-central-1"]
    failover(**CLUSTER, AllowDataLoss=True)
    assert state(stage)["FailoverState"]["IsDataLossAllowed"] is True
    stage.advance(490)
    assert stage.app()["writers"] == ["eu-west-1"]
    assert "FailoverState" not in state(stage)


def test_a_switchover_is_cancelled_when_its_dead_primary_is_back(play):
    stage = play()
    stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    stage.advance(100)
    fault = stage.world.add_fault("region_down", region="eu-central-1")
    stage.advance(200)
    stage.world.remove_fault(fault)
    stage.advance(40)
    assert "FailoverState" not in state(stage)
    assert stage.app()["writers"] == ["eu-central-1"]


def test_a_returning_primary_resynchronises_and_leaves_a_snapshot_of_the_lost_tail(play):
    stage = play()
    fault = stage.world.add_fault("region_down", region="eu-central-1")
    stage.aws("rds", "eu-west-1").failover_global_cluster(**CLUSTER, AllowDataLoss=True)
    stage.advance(500)
    synced = {m["DBClusterArn"].split(":")[3]: m["SynchronizationStatus"] for m in state(stage)["GlobalClusterMembers"]}
    assert synced == {"eu-central-1": "pending-resync", "eu-west-1": "connected"}
    stage.world.remove_fault(fault)
    assert stage.app()["writers"] == ["eu-west-1"]
    stage.advance(200)
    synced = {m["DBClusterArn"].split(":")[3]: m["SynchronizationStatus"] for m in state(stage)["GlobalClusterMembers"]}
    assert set(synced.values()) == {"connected"}
    assert stage.app()["lag_seconds"]["eu-central-1"] < 1
    snapshots = stage.aws("rds", "eu-central-1").describe_db_cluster_snapshots()["DBClusterSnapshots"]
    names = [s["DBClusterSnapshotIdentifier"] for s in snapshots]
    assert [n for n in names if n.startswith("rds:unplanned-global-failover-shop-eu-central-1-")]


def test_a_primary_that_only_hung_writes_again_until_it_resynchronises(play):
    stage = play()
    fault = stage.world.add_fault("region_hangs", region="eu-central-1")
    stage.aws("rds", "eu-west-1").failover_global_cluster(**CLUSTER, AllowDataLoss=True)
    stage.advance(490)
    assert stage.app()["writers"] == ["eu-west-1"]
    stage.world.remove_fault(fault)
    assert stage.app()["writers"] == ["eu-central-1", "eu-west-1"]
    stage.advance(70)
    assert stage.app()["writers"] == ["eu-west-1"]


def test_lag_is_published_for_secondaries_only_and_moves_with_the_roles(play):
    stage = play()
    stage.advance(120)
    points = lag_ms(stage, "eu-west-1", "shop-eu-west-1")
    assert points
    assert all(300 < value < 1000 for _, value in points)
    assert stage.clock.now() - points[-1][0] < (stage.clock.now() - points[0][0])
    assert lag_ms(stage, "eu-central-1", "shop-eu-central-1") == []
    stage.aws("rds", "eu-central-1").switchover_global_cluster(**CLUSTER)
    stage.advance(300)
    assert lag_ms(stage, "eu-central-1", "shop-eu-central-1", "AuroraGlobalDBReplicationLag")


def test_lag_metrics_stop_with_the_primary_region(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    before = lag_ms(stage, "eu-west-1", "shop-eu-west-1")[-1]
    stage.clock.advance(120)
    assert lag_ms(stage, "eu-west-1", "shop-eu-west-1")[-1] == before


def test_lag_metrics_stop_and_start_again_with_the_fault(play):
    stage = play()
    fault = stage.world.add_fault("metrics_stop", region="eu-west-1")
    stage.clock.advance(60)
    count = len(lag_ms(stage, "eu-west-1", "shop-eu-west-1"))
    stage.world.remove_fault(fault)
    stage.clock.advance(10)
    assert len(lag_ms(stage, "eu-west-1", "shop-eu-west-1")) > count


def test_stopped_replication_lets_the_lag_grow_in_real_time(play):
    stage = play()
    stage.world.add_fault("replication_stops", region="eu-west-1")
    stage.clock.advance(90)
    assert stage.app()["lag_seconds"]["eu-west-1"] == pytest.approx(90.4, abs=0.3)
    assert lag_ms(stage, "eu-west-1", "shop-eu-west-1")[-1][1] == pytest.approx(89_900, abs=1500)


def test_a_lag_fault_sets_the_lag(play):
    stage = play()
    stage.world.add_fault("replication_lag", value=45)
    stage.clock.advance(3)
    assert stage.app()["lag_seconds"] == {"eu-west-1": 45}
    assert lag_ms(stage, "eu-west-1", "shop-eu-west-1")[-1][1] == 45_000


def test_a_member_can_be_removed_in_its_own_region(play):
    stage = play()
    arn = next(m["DBClusterArn"] for m in state(stage)["GlobalClusterMembers"] if not m["IsWriter"])
    stage.aws("rds", "eu-west-1").remove_from_global_cluster(GlobalClusterIdentifier="shop", DbClusterIdentifier=arn)
    view = state(stage, "eu-central-1")
    assert [m["IsWriter"] for m in view["GlobalClusterMembers"]] == [True]
    assert stage.aws("rds", "eu-west-1").describe_global_clusters()["GlobalClusters"] == []


def test_clusters_and_instances_stand_in_each_region(play):
    stage = play()
    primary = stage.aws("rds", "eu-central-1").describe_db_clusters(DBClusterIdentifier="shop-eu-central-1")[
        "DBClusters"
    ][0]
    standby = stage.aws("rds", "eu-west-1").describe_db_clusters()["DBClusters"][0]
    assert (primary["Status"], primary["MultiAZ"], primary["EngineVersion"]) == (
        "available",
        True,
        standby["EngineVersion"],
    )
    assert [m["IsClusterWriter"] for m in primary["DBClusterMembers"]] == [True, False]
    assert [m["IsClusterWriter"] for m in standby["DBClusterMembers"]] == [False]
