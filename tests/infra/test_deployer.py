"""Whoever deploys takes the roles of CDK's bootstrap, may ask what `dr deploy` asks, and changes nothing else."""

import fnmatch
from pathlib import Path

import pytest

from bot.sandbox.world.authorization import FREE, NAMED_OTHERWISE, PREFIXES
from dr_core.topology.approval import Group
from infra.config import read_config
from infra.iam.deployer import documents, needed, places
from infra.iam.policies import MOST_CHARACTERS, MOST_POLICIES, merged, size
from infra.policy.boundary import boundary, organization_policy
from infra.policy.residency import EXEMPTIONS, allowed_regions
from infra.policy.trust import who_deploys
from tests.infra.iam_reference import known
from tests.infra.synthesized import CONFIGS, EXAMPLE, Assembly, Json
from tests.infra.test_identity import denied, roles
from tests.shape.simulated_aws import calls

ACCOUNT = "111122223333"
ME = f"arn:aws:iam::{ACCOUNT}:role/dr-deploy"
EVERY = (EXAMPLE, *(CONFIGS / f"{name}.yaml" for name in ("north", "three", "edges")))
STACK = f"arn:aws:cloudformation:{{}}:{ACCOUNT}:stack/shop-tables-x/0"
VERSION = f"arn:aws:ssm:{{}}:{ACCOUNT}:parameter/cdk-bootstrap/hnb659fds/version"
FROZEN = f"arn:aws:ssm:{{}}:{ACCOUNT}:parameter/dr/freeze/shop"


def allows(statements: list[Json], action: str, region: str, resource: str = "*") -> bool:
    """Whether a statement meets the call; of conditions only the region is asked."""
    for one in statements:
        where = one.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion", [region])
        named = any(fnmatch.fnmatchcase(action, pattern) for pattern in one["Action"])
        if named and region in where and any(fnmatch.fnmatchcase(resource, on) for on in one["Resource"]):
            return True
    return False


def test_every_call_of_dr_deploy_is_allowed() -> None:
    asked = {
        NAMED_OTHERWISE.get(f"{service}:{name}", f"{PREFIXES.get(service, service)}:{name}")
        for service, name in calls(("infra/deploying",))
    }
    grants = [grant for path in EVERY for grant in needed(read_config(path), ME)]
    assert "cloudformation:DetectStackDrift" in asked
    assert asked - {grant.need.action for grant in grants} - FREE == set()


@pytest.mark.parametrize(
    ("action", "region", "resource"),
    [
        ("ssm:GetParameter", "eu-central-1", FROZEN),
        ("ssm:GetParameter", "us-east-1", VERSION),
        ("cloudformation:DescribeStacks", "us-east-1", STACK),
        ("cloudformation:DeleteChangeSet", "us-west-2", STACK),
        ("cloudformation:DetectStackDrift", "eu-west-1", STACK),
        ("cloudtrail:LookupEvents", "us-west-2", "*"),
        ("servicequotas:GetServiceQuota", "eu-west-1", "*"),
        ("sts:AssumeRole", "us-east-1", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-us-east-1"),
    ],
)
def test_what_deploying_takes_is_allowed_where_the_stacks_stand(action: str, region: str, resource: str) -> None:
    config = read_config(EXAMPLE)
    on = resource.format(region)
    assert allows(merged(needed(config, ME)), action, region, on)
    assert not denied(boundary(allowed_regions(config), places(config)), action, region, on)
    exempt = [one.region for one in EXEMPTIONS]
    assert not denied(organization_policy(allowed_regions(config), exempt), action, region, on)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudformation:ExecuteChangeSet", STACK.format("eu-west-1")),
        ("iam:CreateRole", "*"),
        ("rds:FailoverGlobalCluster", "*"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/api-abcdef"),
        ("ssm:PutParameter", FROZEN.format("eu-west-1")),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-eu-west-1"),
    ],
)
def test_by_hand_nothing_is_changed_but_what_sync_copies(action: str, resource: str) -> None:
    assert not allows(merged(needed(read_config(EXAMPLE), ME)), action, "eu-west-1", resource)


def test_its_fence_is_wider_only_by_what_the_exempt_stacks_consist_of() -> None:
    fence = boundary(("eu-west-1",), ("us-east-1",))
    assert not denied(fence, "cloudformation:DescribeStacks", "us-east-1")
    assert denied(fence, "cloudformation:DescribeStacks", "us-east-2")
    assert denied(fence, "rds:DescribeDBClusters", "us-east-1")
    assert denied(fence, "iam:CreateRole", "eu-west-1")
    assert denied(boundary(("eu-west-1",)), "cloudformation:DescribeStacks", "us-east-1")


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_its_policies_are_as_iam_takes_them(path: Path) -> None:
    made = documents(read_config(path), ME)
    assert len(made) <= MOST_POLICIES
    assert all(size(one) <= MOST_CHARACTERS for one in made)
    actions = {action for document in made for one in document["Statement"] for action in one["Action"]}
    assert [one for one in sorted(actions) if "*" not in one and not known(one)] == []


def test_approvers_and_holders_deploy_and_nobody_else(example: Assembly) -> None:
    topology = read_config(EXAMPLE).topology  # Ada is neither; of the group of approvers only Slack knows the members
    arns = [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ada", "lena", "sven")]
    assert who_deploys(topology) == arns[1:]
    named = topology.approval.model_copy(update={"approvers": Group(users=("U0ADA",)), "break_glass": Group()})
    assert who_deploys(topology.model_copy(update={"approval": named})) == arns[:1]
    [role] = [role for _, role in roles(example, "people") if role["RoleName"] == "dr-deploy"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] == arns[1:]
