"""The commands of docs/hosting.md, against AWS's own models and the templates: they are typed in the worst hour."""

import re
import shlex
from collections.abc import Iterator

import botocore.session
from botocore import xform_name

from infra.iam.at_terminal import FORWARDS
from tests.infra.synthesized import ROOT, Assembly

TEXT = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
EVERYWHERE = {"profile", "region", "query", "output"}
LANGUAGE = botocore.session.Session()


def commands(text: str = TEXT) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(service, operation or waiter, options) of every `aws ...` of the blocks."""
    for block in re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            for found in re.findall(r"aws (?:[^|()$]|\$[A-Z{]|\"[^\"]*\")+", line):
                service, *words = shlex.split(found)[1:]
                operation = f"wait {words.pop(1)}" if words[0] == "wait" else words[0]
                yield service, operation, options(words[1:])


def options(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        if word.startswith("--"):
            name = word.removeprefix("--")
            found[name] = ""
        else:
            found[name] = f"{found[name]} {word}".strip()
    return found


def test_every_command_has_what_its_operation_needs_and_nothing_else() -> None:
    seen = []
    for service, operation, given in commands():
        model = LANGUAGE.get_service_model(service)
        if operation.startswith("wait "):
            name = "".join(part.capitalize() for part in operation.removeprefix("wait ").split("-"))
            waits = LANGUAGE.get_waiter_model(service).get_waiter(name.replace("Db", "DB"))
            asked = model.operation_model(waits.operation)
        else:
            names = {xform_name(one, "-"): one for one in model.operation_names}
            asked = model.operation_model(names[operation])
        shape = asked.input_shape
        assert shape is not None
        known = {xform_name(one, "-"): one for one in shape.members}
        words = {name if name in known else name.removeprefix("no-") for name in given} - EVERYWHERE
        assert words <= known.keys(), (operation, words - known.keys())
        lacking = [one for one in shape.required_members if xform_name(one, "-") not in words]
        assert lacking == [], (operation, lacking)
        assert "region" in given or service == "iam", operation
        seen.append(operation)
    assert {"restore-db-instance-to-point-in-time", "update-stack", "run-task", "start-session"} <= set(seen)


def test_a_restored_store_stands_in_the_network_of_the_tasks_that_are_told_its_address(each: Assembly) -> None:
    config = each.config
    name, control = config.deployment.name, config.topology.control_region
    state = each.templates[f"{name}-state-{control}"]
    away = state.one("AWS::RDS::DBInstance")["AutomaticBackupReplicationRegion"]
    room = each.templates[f"{name}-store-room-{away}"]
    [given] = [one for _, operation, one in commands() if operation == "restore-db-instance-to-point-in-time"]
    assert room.one("AWS::RDS::DBSubnetGroup")["DBSubnetGroupName"] == f"{name}-store"
    assert given["db-subnet-group-name"] == "NAME-store"
    [rule] = room.one("AWS::EC2::SecurityGroup")["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"]) == (config.cidr(away), 5432)
    host = each.templates[f"{name}-host-{away}"]
    [update] = [one for _, operation, one in commands() if operation == "update-stack"]
    told = set(re.findall(r"ParameterKey=(\w+)", update["parameters"]))
    assert told == {key for key, one in host.body["Parameters"].items() if "Default" not in one}
    assert {*re.findall(r"OutputKey=='(\w+)'", TEXT)} <= {
        *room.body["Outputs"],
        *each.templates[f"{name}-terminal-{away}"].body["Outputs"],
        *state.body["Outputs"],
    }


def test_a_terminal_s_task_holds_nothing_and_ends_by_itself(each: Assembly) -> None:
    name = each.config.deployment.name
    for region in each.config.regions:
        template = each.templates[f"{name}-terminal-{region}"]
        assert not template.of("AWS::ECS::Service")
        task = template.one("AWS::ECS::TaskDefinition")
        [container] = task["ContainerDefinitions"]
        assert task["Family"] == f"{name}-terminal"
        assert container["Command"] == ["sleep", "3600"]
        assert "Secrets" not in container
        assert not container.get("ReadonlyRootFilesystem"), "the agent of Session Manager writes"
        group = template.one("AWS::EC2::SecurityGroup")
        assert "SecurityGroupIngress" not in group
        ports = {(one["FromPort"], one["CidrIp"]) for one in group["SecurityGroupEgress"]}
        assert (5432, each.config.cidr(each.config.topology.control_region)) in ports
        made = {one["Properties"]["RoleName"] for one in template.of("AWS::IAM::Role").values()}
        assert made == {f"{name}-terminal-{region}", f"{name}-terminal-start-{region}"}
        assert all("PermissionsBoundary" in one["Properties"] for one in template.of("AWS::IAM::Role").values())


def test_who_may_decide_opens_the_way_and_gets_no_shell(example: Assembly) -> None:
    """The role's policy names what the stacks make; no document but the one that forwards a port."""
    people = example.templates[f"dr-people-{example.config.topology.control_region}"]
    roles = {one["Properties"]["RoleName"]: one["Properties"] for one in people.of("AWS::IAM::Role").values()}
    [statement] = roles["dr-terminal"]["AssumeRolePolicyDocument"]["Statement"]
    assert "arn:aws:iam::111122223333:user/ada" not in str(statement)
    [policy] = [one["Properties"] for one in people.of("AWS::IAM::ManagedPolicy").values()
                if one["Properties"]["ManagedPolicyName"].startswith("dr-terminal-")]  # fmt: skip
    by_action: dict[str, set[str]] = {}
    for one in policy["PolicyDocument"]["Statement"]:
        for action in _list(one["Action"]):
            by_action.setdefault(action, set()).update(_list(one["Resource"]))
    for region in example.config.regions:
        here = f"{region}:111122223333"
        assert f"arn:aws:ecs:{here}:task-definition/dr-terminal:*" in by_action["ecs:RunTask"]
        assert f"arn:aws:secretsmanager:{here}:secret:dr/store/app-??????" in by_action["secretsmanager:GetSecretValue"]
        assert by_action["iam:PassRole"] >= {
            f"arn:aws:iam::111122223333:role/dr-{what}-{region}" for what in ("terminal", "terminal-start")
        }
    documents = {one.rpartition("/")[2] for one in by_action["ssm:StartSession"] if ":document/" in one}
    assert documents == {FORWARDS}
    assert FORWARDS in TEXT
    assert not {"ecs:ExecuteCommand", "ecs:UpdateService"} & by_action.keys()


def _list(found: object) -> list[str]:
    return [found] if isinstance(found, str) else list(found)  # type: ignore[call-overload]
