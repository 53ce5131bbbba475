"""Secrets: replicas that follow their source, and what remains of one whose replication fails.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets_troubleshoot.html: versions that were
replicated stay in the replica's region, and DescribeSecret tells why the others did not arrive.
"""

import pytest

HERE, THERE = "eu-central-1", "eu-west-1"


@pytest.fixture
def stage(play, shop):
    return play({"shop": {"primary": HERE, "standby": [THERE], "secrets": ["shop/key"]}})


def current(stage, region):
    described = stage.aws("secretsmanager", region).describe_secret(SecretId="shop/key")
    return next(v for v, stages in described["VersionIdsToStages"].items() if "AWSCURRENT" in stages)


def status(stage):
    return stage.aws("secretsmanager", HERE).describe_secret(SecretId="shop/key")["ReplicationStatus"][0]


def test_a_new_version_reaches_the_replica(stage):
    stage.aws("secretsmanager", HERE).put_secret_value(SecretId="shop/key", SecretString="new")
    assert current(stage, HERE) == current(stage, THERE)
    assert status(stage)["Status"] == "InSync"


def test_a_replica_whose_replication_fails_keeps_its_version_and_the_primary_tells(stage):
    before = current(stage, THERE)
    fault = stage.world.add_fault("replication_stops", service="secretsmanager")
    assert status(stage)["Status"] == "InSync", "nothing had to be replicated yet"
    stage.aws("secretsmanager", HERE).put_secret_value(SecretId="shop/key", SecretString="new")
    assert (current(stage, THERE), current(stage, HERE) != before) == (before, True)
    assert stage.aws("secretsmanager", THERE).get_secret_value(SecretId="shop/key")["SecretString"] != "new"
    assert status(stage)["Status"] == "Failed"
    assert status(stage)["StatusMessage"]
    stage.world.remove_fault(fault)
    assert current(stage, HERE) == current(stage, THERE)
    assert status(stage)["Status"] == "InSync"


def test_a_dead_primary_leaves_the_replica_readable(stage):
    stage.world.add_fault("region_down", region=HERE)
    described = stage.aws("secretsmanager", THERE).describe_secret(SecretId="shop/key")
    assert described["PrimaryRegion"] == HERE


def test_a_promoted_replica_is_a_secret_of_its_own_even_when_its_source_is_dead(stage):
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html"""
    there = stage.aws("secretsmanager", THERE)
    with pytest.raises(there.exceptions.InvalidParameterException):
        there.put_secret_value(SecretId="shop/key", SecretString="a replica takes no writes")
    fault = stage.world.add_fault("region_down", region=HERE)
    arn = there.stop_replication_to_replica(SecretId="shop/key")["ARN"]
    assert arn == there.describe_secret(SecretId="shop/key")["ARN"]
    there.put_secret_value(SecretId=arn, SecretString="theirs")
    stage.world.remove_fault(fault)
    here = stage.aws("secretsmanager", HERE)
    here.put_secret_value(SecretId="shop/key", SecretString="ours")
    assert here.describe_secret(SecretId="shop/key").get("ReplicationStatus", []) == []
    values = [client.get_secret_value(SecretId="shop/key")["SecretString"] for client in (here, there)]
    assert values == ["ours", "theirs"]


def test_only_a_replica_is_promoted(stage):
    here = stage.aws("secretsmanager", HERE)
    with pytest.raises(here.exceptions.InvalidRequestException):
        here.stop_replication_to_replica(SecretId="shop/key")
    with pytest.raises(here.exceptions.ResourceNotFoundException):
        here.stop_replication_to_replica(SecretId="no/such")
