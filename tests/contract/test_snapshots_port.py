"""The rules of ClusterSnapshots, on the fake and on RDS: what is taken by itself goes, and what is copied stays."""

from dataclasses import replace

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.aws.session import Purpose
from dr_core.database.memory_snapshots import MemorySnapshots
from dr_core.database.rds_snapshots import RdsSnapshots
from dr_core.database.snapshots import AVAILABLE, ClusterSnapshots, Snapshot
from dr_core.errors import DeniedError, DrError, RejectedError, UnreachableError
from dr_core.reconciliation.search import PREFIX, copy_name

HOME, AWAY, CLUSTER = "eu-central-1", "eu-west-1", "shop-eu-central-1"
NAME = "dr-lost-writes-shop"


@pytest.fixture
def snapshots(stage) -> ClusterSnapshots:
    """The old primary is back after a forced failover, and RDS has kept what it alone had."""
    if stage.world is None:
        fake = MemorySnapshots(stage.clock)
        stage.take_down = fake.down.add
        fake.take(f"{PREFIX}{CLUSTER}-2026-11-22-10-09-00", CLUSTER, HOME, kept_days=1)
        return fake
    fault = stage.world.add_fault("region_down", region=HOME)
    rds = stage.aws.client("rds", AWAY)
    members = rds.describe_global_clusters(GlobalClusterIdentifier="shop")["GlobalClusters"][0]["GlobalClusterMembers"]
    arn = next(one["DBClusterArn"] for one in members if not one["IsWriter"])
    rds.failover_global_cluster(GlobalClusterIdentifier="shop", TargetDbClusterIdentifier=arn, AllowDataLoss=True)
    stage.advance(600)
    stage.world.remove_fault(fault)
    stage.advance(400)
    return RdsSnapshots(acting_clients(stage.aws, None, purpose=Purpose.RECONCILE))


def tails(snapshots: ClusterSnapshots) -> list[Snapshot]:
    """What RDS kept of the old primary, beside the snapshots of every day."""
    return [one for one in snapshots.automatic(CLUSTER, HOME) if one.id.startswith(PREFIX)]


def broken(stage, snapshots: ClusterSnapshots, kind: str, **scope: str) -> None:
    """The next copy fails in this way: before or after its effect."""
    if stage.world is not None:
        stage.world.add_fault(kind, region=HOME, service="rds", operation="CopyDBClusterSnapshot", **scope)
        return
    copy = snapshots.copy

    def fails(source, name):
        if kind == "error_after":
            copy(source, name)
        errors = {"denied": DeniedError, "error_before": UnreachableError, "error_after": UnreachableError}
        raise errors.get(kind, UnreachableError)(kind)

    snapshots.copy = fails


def mend(stage, snapshots: ClusterSnapshots) -> None:
    if stage.world is not None:
        stage.world.remove_fault(None)
    else:
        vars(snapshots).pop("copy", None)


def test_what_rds_keeps_of_the_old_primary_is_listed_with_its_time_and_end(stage, snapshots):
    (found,) = tails(snapshots)
    assert (found.cluster, found.region, found.status) == (CLUSTER, HOME, AVAILABLE)
    assert found.arn.split(":")[3] == HOME
    assert found.taken_at is not None
    assert abs((found.taken_at - stage.clock.now()).total_seconds()) < 3600
    assert snapshots.automatic("no-such-cluster", HOME) == ()


def test_a_copy_takes_a_while_and_stays_when_the_source_is_gone(stage, snapshots):
    (source,) = tails(snapshots)
    name = copy_name(source)
    assert snapshots.find(name, HOME) is None
    snapshots.copy(source, name)
    assert snapshots.find(name, HOME).status == "copying"
    stage.advance(600)
    assert snapshots.find(name, HOME).status == AVAILABLE
    assert name not in [one.id for one in snapshots.automatic(CLUSTER, HOME)], "a copy is no automatic one"
    stage.advance(8 * 86400)
    assert tails(snapshots) == []
    assert snapshots.find(name, HOME).status == AVAILABLE


def test_a_name_makes_one_copy(snapshots):
    (source,) = tails(snapshots)
    snapshots.copy(source, NAME)
    with pytest.raises(RejectedError):
        snapshots.copy(source, NAME)


def test_what_is_not_there_or_not_ready_is_not_copied(stage, snapshots):
    (source,) = tails(snapshots)
    with pytest.raises(RejectedError):
        snapshots.copy(replace(source, id="rds:gone"), NAME)
    snapshots.copy(source, NAME)
    with pytest.raises(RejectedError):
        snapshots.copy(snapshots.find(NAME, HOME), "another-name")


@pytest.mark.parametrize(("kind", "made"), [("error_before", False), ("error_after", True), ("throttle", False)])
def test_after_a_failed_call_it_is_looked_whether_the_copy_is_there(stage, snapshots, kind, made):
    (source,) = tails(snapshots)
    broken(stage, snapshots, kind)
    with pytest.raises(DrError):
        snapshots.copy(source, NAME)
    mend(stage, snapshots)
    assert (snapshots.find(NAME, HOME) is not None) is made


def test_a_denied_copy_says_so(stage, snapshots):
    (source,) = tails(snapshots)
    broken(stage, snapshots, "denied")
    with pytest.raises(DeniedError):
        snapshots.copy(source, NAME)
    mend(stage, snapshots)
    assert snapshots.find(NAME, HOME) is None


def test_a_region_that_is_down_is_not_taken_for_one_without_snapshots(stage, snapshots):
    stage.take_down(HOME)
    with pytest.raises(UnreachableError):
        snapshots.automatic(CLUSTER, HOME)
    with pytest.raises(UnreachableError):
        snapshots.find(NAME, HOME)


def test_the_world_records_why_a_snapshot_was_copied(stage, snapshots):
    (source,) = tails(snapshots)
    snapshots.copy(source, NAME)
    if stage.world is not None:
        (call,) = [one for one in stage.world.calls() if one["operation"] == "CopyDBClusterSnapshot"]
        assert (call["purpose"], call["effect"]) == ("reconcile", "applied")
