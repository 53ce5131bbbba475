"""Keys, global tables, caches, feature flags and AWS Health behave as AWS documents it; each test names its page."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.sandbox.world.health_events import HealthEvents

HOME, AWAY, FAR = "sa-east-1", "us-west-1", "us-east-2"
APP: dict[str, Any] = {
    "primary": HOME,
    "standby": [AWAY, FAR],
    "keys": ["alias/till"],
    "tables": [{"dynamodb_global": {"table": "carts"}}],
    "cache": [{"elasticache_global": {"group": "prices"}}],
    "parameters": {"appconfig": [{"application": "till", "environment": "prod", "profile": "switches"}]},
}


@pytest.fixture(scope="module")
def shared(play_module) -> Any:
    return play_module({"till": APP})


@pytest.fixture
def stage(shared) -> Iterator[Any]:
    """One world for all: a test leaves no fault behind, and works on things of its own where it changes something."""
    yield shared
    shared.world.remove_fault(None)
    shared.advance(600)


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


# -- keys -----------------------------------------------------------------------------------------------------------


def multi_region_key(stage) -> str:
    """A new key of HOME with a replica in AWAY."""
    identifier = stage.aws("kms", HOME).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    stage.aws("kms", HOME).replicate_key(KeyId=identifier, ReplicaRegion=AWAY)
    return str(identifier)


def test_what_one_region_encrypts_the_other_decrypts(stage):
    """https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html"""
    closed = stage.aws("kms", HOME).encrypt(KeyId="alias/till", Plaintext=b"words", EncryptionContext={"a": "b"})
    opened = stage.aws("kms", AWAY).decrypt(
        KeyId="alias/till", CiphertextBlob=closed["CiphertextBlob"], EncryptionContext={"a": "b"}
    )
    assert opened["Plaintext"] == b"words"
    with pytest.raises(ClientError) as refused:
        stage.aws("kms", AWAY).decrypt(CiphertextBlob=closed["CiphertextBlob"], EncryptionContext={"a": "c"})
    assert code(refused) == "InvalidCiphertextException"


def test_each_region_describes_its_own_end_of_the_family(stage):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_MultiRegionConfiguration.html"""
    kinds = {}
    for region in (HOME, AWAY):
        described = stage.aws("kms", region).describe_key(KeyId="alias/till")["KeyMetadata"]
        kinds[region] = described["MultiRegionConfiguration"]["MultiRegionKeyType"]
        assert f":{region}:" in described["Arn"]
    assert kinds == {HOME: "PRIMARY", AWAY: "REPLICA"}


def test_a_key_of_another_name_does_not_open_it(stage):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html (IncorrectKeyException)"""
    closed = stage.aws("kms", HOME).encrypt(KeyId="alias/till", Plaintext=b"words")["CiphertextBlob"]
    other = multi_region_key(stage)
    with pytest.raises(ClientError) as refused:
        stage.aws("kms", AWAY).decrypt(KeyId=other, CiphertextBlob=closed)
    assert code(refused) == "IncorrectKeyException"


def test_the_state_of_a_key_is_that_of_its_region_alone(stage):
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"""
    key = multi_region_key(stage)
    stage.aws("kms", AWAY).disable_key(KeyId=key)
    closed = stage.aws("kms", HOME).encrypt(KeyId=key, Plaintext=b"words")["CiphertextBlob"]
    with pytest.raises(ClientError) as refused:
        stage.aws("kms", AWAY).decrypt(KeyId=key, CiphertextBlob=closed)
    assert code(refused) == "DisabledException"
    stage.aws("kms", AWAY).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(ClientError) as refused:
        stage.aws("kms", AWAY).decrypt(KeyId=key, CiphertextBlob=closed)
    assert code(refused) == "KMSInvalidStateException"


def test_aliases_belong_to_one_region(stage):
    """https://docs.aws.amazon.com/kms/latest/developerguide/alias-about.html"""
    key = multi_region_key(stage)
    stage.aws("kms", HOME).create_alias(AliasName="alias/here-only", TargetKeyId=key)
    with pytest.raises(ClientError) as missing:
        stage.aws("kms", AWAY).describe_key(KeyId="alias/here-only")
    assert code(missing) == "NotFoundException"


def test_the_primary_of_a_family_moves_and_takes_a_while(stage):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html"""
    key = multi_region_key(stage)
    stage.aws("kms", HOME).update_primary_region(KeyId=key, PrimaryRegion=AWAY)
    assert stage.aws("kms", AWAY).describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Updating"
    stage.advance(31)
    described = stage.aws("kms", AWAY).describe_key(KeyId=key)["KeyMetadata"]
    assert described["KeyState"] == "Enabled"
    assert described["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    assert stage.aws("kms", HOME).describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]["PrimaryKey"][
        "Region"
    ] == AWAY  # fmt: skip


def test_a_data_key_made_in_one_region_is_opened_in_the_other(stage):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html"""
    made = stage.aws("kms", HOME).generate_data_key(KeyId="alias/till", KeySpec="AES_256")
    opened = stage.aws("kms", AWAY).decrypt(CiphertextBlob=made["CiphertextBlob"])
    assert opened["Plaintext"] == made["Plaintext"]
    assert len(made["Plaintext"]) == 32


# -- global tables --------------------------------------------------------------------------------------------------


def put(stage, region: str, key: str, value: str) -> None:
    stage.aws("dynamodb", region).put_item(TableName="carts", Item={"id": {"S": key}, "v": {"S": value}})


def got(stage, region: str, key: str) -> str | None:
    found = stage.aws("dynamodb", region).get_item(TableName="carts", Key={"id": {"S": key}}).get("Item")
    return None if found is None else str(found["v"]["S"])


def test_a_region_tells_of_the_other_replicas(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ReplicaDescription.html"""
    described = stage.aws("dynamodb", AWAY).describe_table(TableName="carts")["Table"]
    assert {r["RegionName"]: r["ReplicaStatus"] for r in described["Replicas"]} == {HOME: "ACTIVE", FAR: "ACTIVE"}
    assert described["GlobalTableVersion"] == "2019.11.21"


def test_an_item_arrives_everywhere_after_a_moment(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html"""
    put(stage, HOME, "arrives", "1")
    assert got(stage, AWAY, "arrives") is None
    stage.advance(5)
    assert got(stage, AWAY, "arrives") == got(stage, FAR, "arrives") == "1"
    stage.aws("dynamodb", FAR).delete_item(TableName="carts", Key={"id": {"S": "arrives"}})
    stage.advance(5)
    assert got(stage, HOME, "arrives") is None


def test_the_last_writer_wins(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html"""
    put(stage, HOME, "torn", "first")
    stage.advance(0.2)
    put(stage, AWAY, "torn", "second")
    stage.advance(5)
    assert {got(stage, region, "torn") for region in (HOME, AWAY, FAR)} == {"second"}


def test_what_was_written_in_a_cut_off_region_arrives_when_it_is_back(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-global-table-design.html"""
    put(stage, HOME, "late", "1")
    stage.world.add_fault("region_down", region=HOME)
    stage.advance(60)
    assert got(stage, AWAY, "late") is None
    stage.world.remove_fault(None)
    stage.advance(5)
    assert got(stage, AWAY, "late") == "1"


def latest(stage, region: str, namespace: str, name: str, **dimensions: str) -> list[float]:
    now = stage.clock.now()
    found = stage.aws("cloudwatch", region).get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Period": 60, "Stat": "Maximum", "Metric": {
            "Namespace": namespace, "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }}}],
        StartTime=now.replace(second=0, microsecond=0), EndTime=now.replace(year=now.year + 1),
    )  # fmt: skip
    return list(found["MetricDataResults"][0]["Values"])


def test_replication_latency_is_published_where_items_are_written_and_stops_with_their_arrival(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html"""
    stage.world.add_fault("replication_lag", service="dynamodb", value=7.0)
    stage.advance(61 * 60)
    asked = {"TableName": "carts", "ReceivingRegion": AWAY}
    assert latest(stage, HOME, "AWS/DynamoDB", "ReplicationLatency", **asked)[0] == 7000.0
    assert latest(stage, AWAY, "AWS/DynamoDB", "ReplicationLatency", **asked) == []
    stage.world.add_fault("replication_stops", service="dynamodb")
    stage.advance(61 * 60)
    assert latest(stage, HOME, "AWS/DynamoDB", "ReplicationLatency", **asked) == []


def test_every_way_of_writing_an_item_arrives_everywhere(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html"""
    client, key = stage.aws("dynamodb", HOME), {"id": {"S": "updated"}}
    client.batch_write_item(RequestItems={"carts": [{"PutRequest": {"Item": {"id": {"S": "batch"}, "v": {"S": "1"}}}}]})
    client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "carts", "Item": {"id": {"S": "transact"}, "v": {"S": "2"}}}}]
    )
    change = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "3"}}}
    client.update_item(TableName="carts", Key=key, **change)
    stage.advance(5)
    assert [got(stage, AWAY, one) for one in ("batch", "transact", "updated")] == ["1", "2", "3"]
    client.batch_write_item(RequestItems={"carts": [{"DeleteRequest": {"Key": key}}]})
    stage.advance(5)
    assert got(stage, AWAY, "updated") is None


def test_a_replica_is_made_and_taken_away_by_an_update_of_the_table(stage):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html (ReplicaUpdates)"""
    client = stage.aws("dynamodb", HOME)
    client.create_table(
        TableName="notes", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    client.put_item(TableName="notes", Item={"id": {"S": "old"}})
    client.update_table(TableName="notes", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    (made,) = client.describe_table(TableName="notes")["Table"]["Replicas"]
    assert made["ReplicaStatus"] == "CREATING"
    stage.advance(61)
    (made,) = client.describe_table(TableName="notes")["Table"]["Replicas"]
    assert made["ReplicaStatus"] == "ACTIVE"
    assert "Item" in stage.aws("dynamodb", AWAY).get_item(TableName="notes", Key={"id": {"S": "old"}})
    client.update_table(TableName="notes", ReplicaUpdates=[{"Delete": {"RegionName": AWAY}}])
    assert not client.describe_table(TableName="notes")["Table"].get("Replicas")


# -- caches ---------------------------------------------------------------------------------------------------------


def roles(stage, region: str = HOME) -> dict[str, str]:
    found = stage.aws("elasticache", region).describe_global_replication_groups(ShowMemberInfo=True)
    store = next(s for s in found["GlobalReplicationGroups"] if s["GlobalReplicationGroupId"].endswith("-prices"))
    return {member["ReplicationGroupRegion"]: member["Role"] for member in store["Members"]}


def test_a_datastore_has_one_primary_and_is_described_by_each_member(stage):
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeGlobalReplicationGroups.html"""
    assert roles(stage) == roles(stage, AWAY) == {HOME: "PRIMARY", AWAY: "SECONDARY", FAR: "SECONDARY"}
    bare = stage.aws("elasticache", HOME).describe_global_replication_groups()["GlobalReplicationGroups"][0]
    assert not bare.get("Members")
    assert bare["GlobalReplicationGroupId"].endswith("-prices")


def test_a_new_datastore_is_available_once_a_secondary_has_joined(stage):
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateGlobalReplicationGroup.html"""
    here, there = stage.aws("elasticache", HOME), stage.aws("elasticache", AWAY)
    group = {"ReplicationGroupDescription": "new", "CacheNodeType": "cache.r6g.large"}
    here.create_replication_group(ReplicationGroupId="new", Engine="redis", **group)
    name = here.create_global_replication_group(
        GlobalReplicationGroupIdSuffix="new", PrimaryReplicationGroupId="new"
    )["GlobalReplicationGroup"]["GlobalReplicationGroupId"]  # fmt: skip
    there.create_replication_group(ReplicationGroupId="new", GlobalReplicationGroupId=name, **group)
    asked = {"GlobalReplicationGroupId": name, "ShowMemberInfo": True}

    def seen():
        store = here.describe_global_replication_groups(**asked)["GlobalReplicationGroups"][0]
        return store["Status"], [member["Status"] for member in store["Members"]]

    assert seen() == ("primary-only", ["associated", "associating"])
    stage.advance(61)
    assert seen() == ("available", ["associated", "associated"])
    away = {"ReplicationGroupId": "new", "ReplicationGroupRegion": AWAY}
    here.disassociate_global_replication_group(GlobalReplicationGroupId=name, **away)
    assert seen() == ("primary-only", ["associated"])


def test_a_failover_promotes_the_named_secondary_after_a_while(stage):
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_FailoverGlobalReplicationGroup.html"""
    client = stage.aws("elasticache", AWAY)
    name = client.describe_global_replication_groups()["GlobalReplicationGroups"][0]["GlobalReplicationGroupId"]
    asked = {"GlobalReplicationGroupId": name, "PrimaryRegion": AWAY, "PrimaryReplicationGroupId": "prices"}
    stage.world.add_fault("region_down", region=HOME)
    client.failover_global_replication_group(**asked)
    assert roles(stage, AWAY)[HOME] == "PRIMARY"
    with pytest.raises(ClientError) as refused:
        client.failover_global_replication_group(**asked)
    assert code(refused) == "InvalidGlobalReplicationGroupState"
    stage.advance(61)
    assert roles(stage, AWAY) == {HOME: "SECONDARY", AWAY: "PRIMARY", FAR: "SECONDARY"}
    stage.world.remove_fault(None)
    client.failover_global_replication_group(**{**asked, "PrimaryRegion": HOME})
    stage.advance(61)
    assert roles(stage)[HOME] == "PRIMARY"


def test_the_lag_of_a_cache_grows_while_it_gets_nothing_and_is_published_by_secondaries_only(stage):
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html"""
    stage.world.add_fault("replication_stops", service="elasticache")
    stage.advance(60 * 60 * 2)
    asked = {"CacheClusterId": "prices-001"}
    assert latest(stage, AWAY, "AWS/ElastiCache", "GlobalDatastoreReplicationLag", **asked)[0] >= 60
    assert latest(stage, HOME, "AWS/ElastiCache", "GlobalDatastoreReplicationLag", **asked) == []


# -- feature flags --------------------------------------------------------------------------------------------------


def test_deployments_take_their_time_and_are_listed_newest_first(stage):
    """https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_ListDeployments.html"""
    client = stage.aws("appconfig", HOME)
    application = client.list_applications()["Items"][0]["Id"]
    environment = client.list_environments(ApplicationId=application)["Items"][0]["Id"]
    profile = client.list_configuration_profiles(ApplicationId=application)["Items"][0]["Id"]
    where = {"ApplicationId": application, "EnvironmentId": environment}
    version = client.create_hosted_configuration_version(
        ApplicationId=application, ConfigurationProfileId=profile, Content=b"{}", ContentType="application/json"
    )["VersionNumber"]
    asked = {
        **where, "ConfigurationProfileId": profile, "ConfigurationVersion": str(version),
        "DeploymentStrategyId": "AppConfig.AllAtOnce",
    }  # fmt: skip
    client.start_deployment(**asked)
    stage.advance(1)
    assert [d["State"] for d in client.list_deployments(**where)["Items"]] == ["BAKING", "COMPLETE"]
    with pytest.raises(ClientError) as refused:
        client.start_deployment(**asked)
    assert code(refused) == "ConflictException"
    stage.advance(601)
    newest = client.list_deployments(**where)["Items"][0]
    assert (newest["State"], newest["ConfigurationVersion"]) == ("COMPLETE", str(version))
    assert client.get_deployment(**where, DeploymentNumber=newest["DeploymentNumber"])["State"] == "COMPLETE"


def test_hosted_flags_are_read_as_they_were_put(stage):
    """https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_GetHostedConfigurationVersion.html"""
    client = stage.aws("appconfig", FAR)
    application = client.list_applications()["Items"][0]["Id"]
    profile = client.list_configuration_profiles(ApplicationId=application)["Items"][0]
    content = client.get_hosted_configuration_version(
        ApplicationId=application, ConfigurationProfileId=profile["Id"], VersionNumber=1
    )["Content"]
    assert set(json.loads(content.read())["values"]) == {"new-checkout", "search-v2"}
    assert (profile["LocationUri"], profile["Type"]) == ("hosted", "AWS.AppConfig.FeatureFlags")


# -- AWS Health -----------------------------------------------------------------------------------------------------


def issues(stage, **wanted: list[str]) -> list[str]:
    found = stage.aws("health", "us-east-1").describe_events(filter=wanted)["events"]
    return [event["region"] for event in found]


def test_an_issue_is_opened_some_minutes_after_a_region_broke_and_closed_when_it_is_back(stage):
    """https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeEvents.html"""
    stage.world.add_fault("region_down", region=AWAY)
    stage.advance(200)
    assert issues(stage, eventStatusCodes=["open"]) == []
    stage.advance(200)
    assert issues(stage, eventStatusCodes=["open"], regions=[AWAY, HOME]) == [AWAY]
    assert issues(stage, eventStatusCodes=["open"], regions=[HOME]) == []
    stage.world.remove_fault(None)
    assert issues(stage, eventStatusCodes=["open"]) == []
    assert AWAY in issues(stage, eventStatusCodes=["closed"])


def test_an_account_without_a_support_plan_is_refused(stage):
    """https://docs.aws.amazon.com/health/latest/ug/getting-started-api.html"""
    stage.world.part(HealthEvents).subscribed = False
    try:
        with pytest.raises(ClientError) as refused:
            issues(stage)
        assert code(refused) == "SubscriptionRequiredException"
    finally:
        stage.world.part(HealthEvents).subscribed = True
