"""Roles: who takes them, what none of them can leave, and that people come in by name and with a second factor."""

import fnmatch
from collections.abc import Iterator

from ruamel.yaml import YAML

from infra.policy.boundary import boundary, organization_policy
from infra.policy.trust import trust
from tests.infra.synthesized import ROOT, Assembly, Json, Template

EU = ("eu-central-1", "eu-west-1")
BOOTSTRAP = ROOT / "infra" / "node_modules" / "aws-cdk" / "lib" / "api" / "bootstrap" / "bootstrap-template.yaml"
MAKES = {
    "AWS::S3::Bucket": ("s3:CreateBucket", "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-us-east-1"),
    "AWS::S3::BucketPolicy": ("s3:PutBucketPolicy", "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-us-east-1"),
    "AWS::ECR::Repository": (
        "ecr:CreateRepository",
        "arn:aws:ecr:us-east-1:111122223333:repository/cdk-hnb659fds-container-assets-111122223333-us-east-1",
    ),
    "AWS::SSM::Parameter": (
        "ssm:PutParameter", "arn:aws:ssm:us-east-1:111122223333:parameter/cdk-bootstrap/hnb659fds/version"
    ),
    "AWS::IAM::Role": ("iam:CreateRole", "*"),
    "AWS::IAM::ManagedPolicy": ("iam:CreatePolicy", "*"),
}  # fmt: skip
"""What making a resource of the type asks, under the name that the bootstrap gives it."""


def roles(each: Assembly, concern: str) -> Iterator[tuple[Template, Json]]:
    for template in each.templates.values():
        if template.stack.startswith(f"{each.config.deployment.name}-{concern}-"):
            for body in template.of("AWS::IAM::Role").values():
                yield template, body["Properties"]


def test_each_process_has_a_role_in_each_region_that_only_its_tasks_take(each: Assembly) -> None:
    found = {role["RoleName"]: (template, role) for template, role in roles(each, "identity")}
    name = each.config.deployment.name
    assert set(found) == {f"{name}-{p}-{region}" for p in ("bot", "worker") for region in each.config.regions}
    for template, role in found.values():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": each.config.deployment.account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{template.region}:{each.config.deployment.account}:*"},
        }


def test_no_role_of_the_house_is_without_the_boundary(each: Assembly) -> None:
    for concern in ("identity", "people"):
        for _, role in roles(each, concern):
            assert "PermissionsBoundary" in role


def test_a_role_holds_no_more_policies_than_iam_allows(each: Assembly) -> None:
    for template in each.templates.values():
        attached: dict[str, int] = {}
        for body in template.of("AWS::IAM::ManagedPolicy").values():
            for role in body["Properties"].get("Roles", []):
                attached[str(role)] = attached.get(str(role), 0) + 1
        assert all(count <= 10 for count in attached.values())


def test_people_take_roles_by_name_for_an_hour(example: Assembly) -> None:
    found = {role["RoleName"]: role for _, role in roles(example, "people")}
    assert set(found) == {"dr-look", "dr-deploy", "dr-terminal", "dr-break-glass"}
    for role in found.values():
        assert role["MaxSessionDuration"] == 3600
    [holders] = found["dr-break-glass"]["AssumeRolePolicyDocument"]["Statement"]
    # Lena and Sven hold it, Ada does not.
    assert holders["Condition"]["ArnEquals"]["aws:PrincipalArn"] == [
        "arn:aws:iam::111122223333:user/lena",
        "arn:aws:iam::111122223333:user/sven",
    ]


def test_people_take_roles_only_where_it_is_told(each: Assembly) -> None:
    """The event of a taking is one of the region whose STS was asked: there has to be the rule that tells of it."""
    told = {template.region for template, _, _ in each.of("AWS::Events::Rule")}
    for _, role in roles(each, "people"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Condition"]["StringEquals"]["aws:RequestedRegion"]) <= told


def test_users_need_a_second_factor_and_a_directory_s_users_come_as_their_role() -> None:
    user = "arn:aws:iam::111122223333:user/ada"
    session = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/ada@example.com"
    by_user, by_role = trust("111122223333", [session, user], ["eu-west-1"])
    assert by_user["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}
    assert by_user["Condition"]["ArnEquals"] == {"aws:PrincipalArn": [user]}
    role = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Ops_0123456789abcdef"
    assert by_role["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": role},
        "StringLike": {"aws:userid": "*:ada@example.com"},
        "StringEquals": {"aws:RequestedRegion": ["eu-west-1"]},
    }


def test_where_nobody_has_an_aws_identity_people_are_told(each: Assembly) -> None:
    config = each.config
    named = any(person.aws for person in config.topology.people)
    identity = each.templates[f"{config.deployment.name}-identity-{config.topology.control_region}"]
    assert ("people" in identity.body["Metadata"].get("dr:left-to-people", {})) != named
    assert any("-people-" in stack for stack in each.templates) == named


def denied(policy: Json, action: str, region: str, resource: str = "*") -> bool:
    """Whether a Deny of the policy meets the call; of IAM's language only what these two policies use."""
    for one in policy["Statement"]:
        if one["Effect"] != "Deny":
            continue
        listed = any(_meets(pattern, action) for pattern in _list(one.get("Action", one.get("NotAction"))))
        if listed == ("NotAction" in one):
            continue
        if "NotResource" in one and _meets(one["NotResource"], resource):
            continue
        if "Resource" in one and not _meets(one["Resource"], resource):
            continue
        outside = one.get("Condition", {}).get("StringNotEquals", {}).get("aws:RequestedRegion")
        if outside is None or region not in outside:
            return True
    return False


def _list(found: object) -> list[str]:
    return [found] if isinstance(found, str) else list(found)  # type: ignore[call-overload]


def _meets(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)


def test_the_boundary_keeps_roles_inside_and_away_from_rights() -> None:
    fence = boundary(EU)
    assert not denied(fence, "rds:FailoverGlobalCluster", "eu-west-1")
    assert denied(fence, "rds:CreateDBCluster", "us-east-1")
    assert denied(fence, "s3:PutObject", "eu-north-1")
    assert not denied(fence, "route53:ChangeResourceRecordSets", "us-east-1")
    assert not denied(fence, "cloudtrail:LookupEvents", "us-east-1")
    assert denied(fence, "cloudtrail:LookupEvents", "us-west-2")
    assert denied(fence, "iam:CreateRole", "us-east-1")
    assert denied(fence, "iam:AttachRolePolicy", "eu-west-1")
    assert not denied(fence, "iam:PassRole", "eu-west-1")


def test_the_organization_s_policy_leaves_room_for_the_exempt_stacks_and_for_no_data() -> None:
    policy = organization_policy(EU, ["us-east-1", "us-west-2"])
    assert not denied(policy, "acm:RequestCertificate", "us-east-1")
    assert denied(policy, "acm:RequestCertificate", "us-east-2")
    assert not denied(policy, "s3:PutObject", "us-east-1", "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-us-east-1/x")
    assert denied(policy, "s3:PutObject", "us-east-1", "arn:aws:s3:::customers/x")
    assert not denied(policy, "s3:PutObject", "eu-west-1", "arn:aws:s3:::customers/x")
    assert denied(policy, "dynamodb:CreateTable", "us-east-1")
    assert not denied(policy, "iam:CreateRole", "us-east-1")
    images = "arn:aws:ecr:us-east-1:111122223333:repository/cdk-hnb659fds-container-assets-111122223333-us-east-1"
    assert denied(policy, "ecr:CreateRepository", "us-east-1", "arn:aws:ecr:us-east-1:111122223333:repository/shop")
    assert denied(policy, "ecr:CreateRepository", "us-east-2", images)
    assert denied(policy, "ssm:PutParameter", "us-east-1", "arn:aws:ssm:us-east-1:111122223333:parameter/shop/limit")


def test_the_organization_s_policy_lets_cdk_bootstrap_the_exempt_regions() -> None:
    """By what the CLI's own template makes without being asked for more."""
    found = YAML(typ="safe").load(BOOTSTRAP)["Resources"].values()
    made = {one["Type"] for one in found if one.get("Condition") != "CreateNewKey"}
    policy = organization_policy(EU, ["us-east-1"])
    assert made - {"AWS::IAM::Policy"} == set(MAKES)
    for action, resource in MAKES.values():
        assert not denied(policy, action, "us-east-1", resource), action
        assert not denied(policy, action, "eu-west-1", resource), action
