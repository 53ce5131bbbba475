"""Least privilege: what is granted is what is called, on things of the topology, in documents that IAM takes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.world.authorization import FREE, NAMED_OTHERWISE, PREFIXES, RESOURCES
from dr_core.permissions.catalogue import granted, granted_elsewhere
from dr_core.permissions.model import Grant, Role
from dr_core.plan.steps import KINDS
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from infra.config import read_config
from infra.iam.__main__ import main
from infra.iam.policies import (
    MOST_CHARACTERS,
    MOST_POLICIES,
    documents,
    merged,
    packed,
    role_name,
    size,
    statements,
)
from infra.iam.reasons import BESIDES, WIDE
from tests.infra.iam_reference import is_of, kinds, known
from tests.infra.synthesized import CONFIGS, EXAMPLE, ROOT
from tests.shape.simulated_aws import calls

ACCOUNT = "111122223333"
DEPLOYED = (EXAMPLE, CONFIGS / "north.yaml", CONFIGS / "three.yaml")
EVERY = (*sorted((ROOT / "tests" / "topologies").glob("*.yaml")), *DEPLOYED)

# Found in the code by their name alone, and called of another service.
NOT_CALLED = {"ec2:DescribeAccountAttributes": "RDS has an operation of that name"}

NAMED_ALIKE = {("ec2", "DescribeAccountAttributes")}
# What the reference calls required, and is not asked for where the call does without it.
LOOSE = {"rds:DeleteDBCluster": {"cluster-snapshot"}}

# No sample names a role for the team's own documents: tests/unit/plan/test_custom_layer.py does.
NOT_SAMPLED = {"custom-ssm": {"iam:PassRole"}}


def everything(topology: Topology, role: Role = Role.WORKER) -> tuple[Grant, ...]:
    others = sorted({app.account.role_arn for app in topology.applications.values() if app.account})
    identity = f"arn:aws:iam::{ACCOUNT}:role/dr-{role}"
    elsewhere = (grant for arn in others if role is Role.WORKER for grant in granted_elsewhere(topology, arn))
    return (*granted(topology, role, ACCOUNT, identity), *elsewhere)


@pytest.fixture(scope="module")
def grants() -> tuple[Grant, ...]:
    """Of every role over every sample topology."""
    topologies = [load_topology(path) for path in EVERY]
    return tuple(grant for topology in topologies for role in Role for grant in everything(topology, role))


def test_what_is_called_is_granted_and_nothing_else(grants: tuple[Grant, ...]) -> None:
    asked = {action(service, operation) for service, operation in calls()} - FREE - NOT_CALLED.keys()
    given = {grant.need.action for grant in grants}
    assert asked - given == set()
    assert given - asked == BESIDES.keys()


def action(service: str, operation: str) -> str:
    key = f"{service}:{operation}"
    return NAMED_OTHERWISE.get(key, f"{PREFIXES.get(service, service)}:{operation}")


def test_every_kind_of_step_that_calls_aws_is_in_the_catalogue(grants: tuple[Grant, ...]) -> None:
    needy = {name for name, kind in KINDS.items() if kind.actions}
    assert needy - {name for grant in grants for name in grant.by} == set()
    for name, kind in KINDS.items():
        used = {grant.need.action for grant in grants if name in grant.by}
        assert used - set(kind.actions) == (used if name == "custom-plugin" else set()), name
        assert set(kind.actions) - used == NOT_SAMPLED.get(name, set()), name


def test_every_action_is_one_of_aws_on_things_of_its_own(grants: tuple[Grant, ...]) -> None:
    for need in {grant.need for grant in grants}:
        assert known(need.action), need.action
        possible = kinds(need.action)
        if need.resources == ("*",):
            wide = {kind for kind, required in possible.items() if required}
            assert not wide or Role.DISCOVER in _whose(grants, need.action), f"{need.action} on everything"
            continue
        for arn in need.resources:
            assert any(is_of(arn, need.action, kind) for kind in possible), (need.action, arn)


def _whose(grants: tuple[Grant, ...], name: str) -> set[Role]:
    return {Role.DISCOVER for grant in grants if grant.need.action == name and "discovery" in grant.by}


def test_only_what_is_named_here_is_granted_on_everything_of_a_kind(grants: tuple[Grant, ...]) -> None:
    wide = {kind for grant in grants for arn in grant.need.resources for kind in _all_of_a_kind(arn)}
    assert {kind for kind in wide if not {kind, kind.partition(":")[0]} & WIDE.keys()} == set()
    assert {key for key in WIDE if not any(key in (kind, kind.partition(":")[0]) for kind in wide)} == set()


def _all_of_a_kind(arn: str) -> Iterator[str]:
    """`service:kind` where the ARN names none of its things, and S3's only where no bucket is named."""
    if arn == "*":
        return
    _, _, service, _, _, rest = arn.split(":", 5)
    kind, _, name = rest.replace("/", ":").partition(":")
    name = name.removeprefix(":")
    if service in ("sqs",) and kind == "*":
        yield f"{service}:queue"
    elif name.startswith("*") and not name.removeprefix("*").strip("*:/"):
        yield f"{service}:{kind}"


def test_the_simulated_aws_asks_for_what_aws_asks_for() -> None:
    """Each resource type that the reference calls required, and things of no other type."""
    for service, operation in sorted(calls() - NAMED_ALIKE):
        key, asked = f"{service}:{operation}", action(service, operation)
        possible = kinds(asked) if key not in FREE else {}
        required = {kind for kind, is_required in possible.items() if is_required} - LOOSE.get(key, set())
        # One that begins with a brace is an ARN that the call names.
        arns = {
            one: [kind for kind in possible if is_of(f"arn:aws:{one}", asked, kind)] for one in RESOURCES.get(key, ())
        }
        of = {kind for one, found in arns.items() for kind in (possible if one.startswith("{") else found)}
        assert required - of == set(), f"{key} is not asked for on {required - of}"
        assert all(found or one.startswith("{") for one, found in arns.items()), f"{key} knows none of {[*arns]}"


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: path.stem)
def test_documents_are_as_iam_takes_them(path: Path) -> None:
    config = read_config(path)
    for region in config.regions:
        for role in (Role.BOT, Role.WORKER):
            made = documents(config, region, role)
            assert len(made) <= MOST_POLICIES
            assert all(size(one) <= MOST_CHARACTERS for one in made)
            listed = [one for document in made for one in document["Statement"]]
            assert sorted(map(json.dumps, listed)) == sorted(map(json.dumps, statements(config, region, role)))


def test_a_statement_that_is_too_long_is_divided_and_says_the_same() -> None:
    buckets = [f"arn:aws:s3:::bucket-{number:04}-{'x' * 40}" for number in range(300)]
    long = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": buckets}
    made = packed([long])
    assert len(made) > 1
    assert all(size(one) <= MOST_CHARACTERS for one in made)
    parts = [one for document in made for one in document["Statement"]]
    assert sorted(arn for part in parts for arn in part["Resource"]) == buckets


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_statements_say_what_is_granted_and_no_more(path: Path) -> None:
    """Taken apart again, statements are the grants: merging adds no resource to an action, and drops no condition."""
    found = everything(load_topology(path))
    wanted = {
        (grant.need.action, resource, _conditions(grant, resource))
        for grant in found
        for resource in grant.need.resources
    }
    said = {
        (action, resource, pair)
        for statement in merged(found)
        for action in statement["Action"]
        for resource in statement["Resource"]
        for pair in [_said(statement)]
    }
    assert {(action, resource) for action, resource, _ in said} == {(action, on) for action, on, _ in wanted}
    for action, resource, context in wanted:
        assert any(s[:2] == (action, resource) and context <= s[2] for s in said), (action, resource)
    assert all(statement["Effect"] == "Allow" and "*" not in statement["Action"] for statement in merged(found))


def _conditions(grant: Grant, resource: str) -> frozenset[tuple[str, str]]:
    where = {("aws:RequestedRegion", grant.need.region)} if resource == "*" and grant.need.region else set()
    return frozenset({*grant.need.context, *where})


def _said(statement: dict[str, dict[str, dict[str, list[str]]]]) -> frozenset[tuple[str, str]]:
    keys = [pair for one in statement.get("Condition", {}).values() for pair in one.items()]
    return frozenset((key, value) for key, values in keys for value in values)


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: path.stem)
def test_the_bot_changes_nothing_and_people_who_look_neither(path: Path) -> None:
    topology = load_topology(path)
    for role in (Role.BOT, Role.LOOK, Role.DISCOVER):
        changing = {
            grant.need.action
            for grant in everything(topology, role)
            if known(grant.need.action)["access_level"] not in ("List", "Read")
        }
        assert changing <= {"sns:Publish"}, "the doctor's message"


def test_the_policies_can_be_printed_for_whoever_has_to_make_them(capsys: pytest.CaptureFixture[str]) -> None:
    worker = f"arn:aws:iam::{ACCOUNT}:user/dr-worker"
    assert main(["--config", str(EXAMPLE), "--principal", f"worker={worker}"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [*printed] == [worker]
    assert {one["Effect"] for document in printed[worker] for one in document["Statement"]} == {"Allow"}
    assert main(["--config", str(EXAMPLE)]) == 0
    config = read_config(EXAMPLE)
    names = {role_name(config, region, role) for region in config.regions for role in (Role.BOT, Role.WORKER)}
    assert {arn.rpartition("/")[2] for arn in json.loads(capsys.readouterr().out)} == names
    assert main(["--config", str(EXAMPLE.with_name("missing.yaml"))]) == 2
