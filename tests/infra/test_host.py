"""The bot's own processes: nothing comes in, nothing is written, nothing secret is plain, and each starts by itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr_core.settings import Settings
from infra import unpack
from tests.infra.synthesized import Assembly, Json


def tasks(each: Assembly) -> Iterator[tuple[str, str, dict[str, Json]]]:
    """(region, process, containers by name) of every task of the house."""
    name = each.config.deployment.name
    for region in each.config.regions:
        template = each.templates[f"{name}-host-{region}"]
        for body in template.of("AWS::ECS::TaskDefinition").values():
            found = {one["Name"]: one for one in body["Properties"]["ContainerDefinitions"]}
            yield region, body["Properties"]["Family"].removeprefix(f"{name}-"), found


def test_bot_and_worker_run_in_every_region_as_often_as_is_said(each: Assembly) -> None:
    config = each.config
    for region in config.regions:
        template = each.templates[f"{config.deployment.name}-host-{region}"]
        services = [body["Properties"] for body in template.of("AWS::ECS::Service").values()]
        assert {one["ServiceName"] for one in services} == {f"{config.deployment.name}-{p}" for p in ("bot", "worker")}
        for one in services:
            assert one["DesiredCount"] == config.deployment.bot.count
            assert one["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
            assert one["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
            assert "LoadBalancers" not in one


def test_nothing_can_reach_a_process(each: Assembly) -> None:
    for region in each.config.regions:
        template = each.templates[f"{each.config.deployment.name}-host-{region}"]
        [group] = template.of("AWS::EC2::SecurityGroup").values()
        assert "SecurityGroupIngress" not in group["Properties"]
        assert not template.of("AWS::EC2::SecurityGroupIngress")
    for _, _, containers in tasks(each):
        assert not any(one.get("PortMappings") for one in containers.values())


def test_no_container_is_root_or_writes_outside_of_its_volumes(each: Assembly) -> None:
    for _, _, containers in tasks(each):
        for one in containers.values():
            assert (one["User"], one["ReadonlyRootFilesystem"]) == ("dr", True)
            assert not one.get("Privileged")
            assert {mount["ContainerPath"] for mount in one["MountPoints"]} == {"/run/dr", "/tmp"}


def test_each_process_has_the_secrets_that_it_needs_and_no_other(each: Assembly) -> None:
    """The worker gets the public half of the bot's key, the bot no key of the worker, neither the store's owner."""
    shared = {"PGPASSWORD"}
    for _, process, containers in tasks(each):
        of = {name: {one["Name"] for one in body.get("Secrets", [])} for name, body in containers.items()}
        hooked = {"DR_WEBHOOK_KEY"} if process == "worker" else set()
        own = {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"} if process == "bot" else set()
        assert of[process] - hooked == shared | own
        keys = {"bot": {"DR_FILE_DR_ACK_PEM"}, "worker": {"DR_FILE_DR_ACK_PUB", "DR_FILE_DR_WORKER_PEM"}}
        assert of["files"] == keys[process]
        assert of["release"] == {"PGPASSWORD", "DR_STORE_ROLE_PASSWORD"}
        owner = json.dumps(next(one for one in containers["release"]["Secrets"] if one["Name"] == "PGPASSWORD"))
        assert "store/owner" in owner
        assert "store/owner" not in json.dumps(containers[process])


def test_secrets_are_those_of_the_task_s_own_region(each: Assembly) -> None:
    for region, _, containers in tasks(each):
        for one in containers.values():
            for secret in one.get("Secrets", []):
                assert f":secretsmanager:{region}:" in json.dumps(secret["ValueFrom"])


def test_a_task_may_read_its_secrets_and_the_key_that_they_are_encrypted_with(each: Assembly) -> None:
    """Also where the key is another stack's: CDK grants nothing for such a one, and says nothing of it."""
    for region in each.config.regions:
        template = each.templates[f"{each.config.deployment.name}-host-{region}"]
        roles = [body["Properties"]["PolicyDocument"]["Statement"] for body in template.of("AWS::IAM::Policy").values()]
        assert len(roles) == 2
        for statements in roles:
            [decrypt] = [one for one in statements if one["Action"] == "kms:Decrypt"]
            via = {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}
            assert decrypt["Condition"] == {"StringEquals": via}
            assert decrypt["Resource"] != "*"


def test_the_environment_is_one_that_the_product_reads(each: Assembly) -> None:
    """Every variable is a setting, the store is asked who it is, and no password stands in an address."""
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    for _, process, containers in tasks(each):
        told = {one["Name"]: one["Value"] for one in containers[process]["Environment"]}
        assert set(told) <= known
        assert {"DR_CONFIG", "DATABASE_URL", "DR_ACK_KEY", "DR_WORKER_KEY"} <= set(told)
        address = json.dumps(told["DATABASE_URL"])
        assert "dr_app@" in address
        assert "sslmode=verify-full" in address


def test_the_store_is_brought_up_to_date_before_a_process_starts(each: Assembly) -> None:
    for _, process, containers in tasks(each):
        before = {one["ContainerName"]: one["Condition"] for one in containers[process]["DependsOn"]}
        assert before == {"files": "SUCCESS", "release": "SUCCESS"}
        assert containers["release"]["Command"][:3] == ["dr", "db", "upgrade"]
        assert containers[process]["Command"] == ["dr", process]
        assert "/livez" in json.dumps(containers[process]["HealthCheck"]["Command"])


def test_the_processes_get_the_very_file_that_the_stacks_are_made_from(each: Assembly, tmp_path: Path) -> None:
    for _, _, containers in tasks(each):
        told = {one["Name"]: one["Value"] for one in containers["files"]["Environment"]}
        assert unpack.unpack(told, tmp_path) == [tmp_path / "dr.yaml"]
        assert (tmp_path / "dr.yaml").read_text(encoding="utf-8") == each.path.read_text(encoding="utf-8")
        assert len(json.dumps(told)) < 60_000  # a task's definition holds 64 KiB


def test_logs_are_encrypted_and_end(each: Assembly) -> None:
    for region in each.config.regions:
        groups = each.templates[f"{each.config.deployment.name}-host-{region}"].of("AWS::Logs::LogGroup").values()
        assert len(groups) == 2
        assert all("KmsKeyId" in one["Properties"] and one["Properties"]["RetentionInDays"] <= 400 for one in groups)


def test_unpacked_keys_are_readable_for_their_owner_alone(tmp_path: Path) -> None:
    written = unpack.unpack({"DR_FILE_DR_ACK_PEM": "-----BEGIN-----", "OTHER": "x"}, tmp_path)
    assert [path.name for path in written] == ["dr-ack.pem"]
    assert written[0].stat().st_mode & 0o777 == 0o600
    assert written[0].read_text(encoding="utf-8") == "-----BEGIN-----\n"


@pytest.mark.parametrize("given", [{"DR_FILE_DR_ACK_PEM": " "}, {"DR_PACKED_DR_YAML": "no package"}])
def test_a_secret_without_a_value_and_a_broken_package_stop_the_start(given: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises((ValueError, OSError)):
        unpack.unpack(given, tmp_path)
