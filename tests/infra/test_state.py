"""The bot's own store and secrets, as a reviewer would look at them."""

import json
import re

from infra.house import FILLED_BY_PEOPLE
from tests.infra.synthesized import Assembly, Json, Template


def state_of(each: Assembly) -> Template:
    config = each.config
    return each.templates[f"{config.deployment.name}-state-{config.topology.control_region}"]


def test_the_store_survives_a_zone_a_mistake_and_a_region(each: Assembly) -> None:
    """A synchronous standby, encryption, no deletion, two weeks of backups, and those in another region, too."""
    [body] = state_of(each).of("AWS::RDS::DBInstance").values()
    store = body["Properties"]
    assert (store["MultiAZ"], store["StorageEncrypted"], store["DeletionProtection"]) == (True, True, True)
    assert (store["PubliclyAccessible"], body["DeletionPolicy"], body["UpdateReplacePolicy"]) == (
        False,
        "Retain",
        "Retain",
    )
    assert store["BackupRetentionPeriod"] >= 14
    assert "KmsKeyId" in store
    away = store["AutomaticBackupReplicationRegion"]
    assert away in each.config.regions
    assert away != each.config.topology.control_region
    assert f":{away}:" in json.dumps(store["AutomaticBackupReplicationKmsKeyId"])


def test_the_store_speaks_tls_only_and_admits_the_networks_of_the_bot_alone(each: Assembly) -> None:
    state = state_of(each)
    assert state.one("AWS::RDS::DBParameterGroup")["Parameters"]["rds.force_ssl"] == "1"
    [group] = state.of("AWS::EC2::SecurityGroup").values()
    rules = group["Properties"]["SecurityGroupIngress"]
    assert {rule["CidrIp"] for rule in rules} == {each.config.cidr(region) for region in each.config.regions}
    assert {(rule["FromPort"], rule["ToPort"]) for rule in rules} == {(5432, 5432)}


def test_the_password_stands_in_no_template(each: Assembly) -> None:
    password = state_of(each).one("AWS::RDS::DBInstance")["MasterUserPassword"]
    assert "{{resolve:secretsmanager:" in json.dumps(password)


def test_every_secret_stands_in_every_region_under_the_key_of_that_region(each: Assembly) -> None:
    others = {one for one in each.config.regions if one != each.config.topology.control_region}
    found = state_of(each).of("AWS::SecretsManager::Secret")
    assert len(found) >= 6
    for body in found.values():
        secret = body["Properties"]
        assert {copy["Region"] for copy in secret.get("ReplicaRegions", [])} == others
        assert all(copy["KmsKeyId"] == f"alias/{each.config.deployment.name}" for copy in secret["ReplicaRegions"])
        assert body["DeletionPolicy"] == "RetainExceptOnCreate"


def test_a_secret_is_found_by_its_name_in_every_region(each: Assembly) -> None:
    """An ARN without AWS's own six characters is read as another's where the name itself ends like that."""
    for body in state_of(each).of("AWS::SecretsManager::Secret").values():
        assert not re.search(r"-.{6}$", body["Properties"]["Name"])


def test_keys_and_tokens_are_left_to_people_and_have_no_value(each: Assembly) -> None:
    state, name = state_of(each), each.config.deployment.name
    left = state.body["Metadata"]["dr:left-to-people"]
    secrets = {
        body["Properties"]["Name"]: body["Properties"] for body in state.of("AWS::SecretsManager::Secret").values()
    }
    for what in FILLED_BY_PEOPLE:
        assert f"the secret {name}/{what}" in left
        assert not {"SecretString", "GenerateSecretString"} & set(secrets[f"{name}/{what}"])


def test_the_store_is_reached_from_every_region(each: Assembly) -> None:
    """A peering with each other region, and a route on both sides of it."""
    state, config = state_of(each), each.config
    others = [one for one in config.regions if one != config.topology.control_region]
    peerings = [body["Properties"] for body in state.of("AWS::EC2::VPCPeeringConnection").values()]
    assert sorted(one["PeerRegion"] for one in peerings) == sorted(others)
    back = {body["Properties"]["DestinationCidrBlock"] for body in state.of("AWS::EC2::Route").values()}
    assert back == {config.cidr(region) for region in others}
    for region in others:
        host = each.templates[f"{config.deployment.name}-host-{region}"]
        there = [body["Properties"]["DestinationCidrBlock"] for body in host.of("AWS::EC2::Route").values()]
        assert set(there) == {config.cidr(config.topology.control_region)}
        assert len(there) == len(config.zones(region))


def outputs(template: Template) -> Json:
    return dict(template.body["Outputs"])


def test_what_other_regions_need_of_it_is_put_out(each: Assembly) -> None:
    """Every parameter of the host's stacks names an output that there is."""
    config = each.config
    for region in config.regions:
        host = each.templates[f"{config.deployment.name}-host-{region}"]
        for source in host.body["Metadata"]["dr:comes-from"].values():
            assert source["output"] in outputs(each.templates[source["stack"]])
