"""Policies are enforced as IAM evaluates them: denied by default, told as AWS tells it, and simulated by the same ones.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import pytest
from botocore.exceptions import ClientError

from bot.sandbox.world.policies import Asked, first_refused
from bot.sandbox.world.world import World
from dr_core.clock import ManualClock
from tests.sandbox.world.conftest import SHOP, SPEED, Stage, topology

HERE = "eu-west-1"
WORKER = "arn:aws:iam::123456789012:user/dr-worker"
ROLE = "arn:aws:iam::123456789012:role/apps/jobs"
SERVICE = f"arn:aws:ecs:{HERE}:123456789012:service/shop/api"
NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"


def allow(*actions, on="*", **condition):
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def refused(statement, action, *resources):
    return first_refused([{"Statement": [statement]}], Asked(action, resources))


@pytest.mark.parametrize(
    ("statement", "asked", "on", "denied_on"),
    [
        (allow("ecs:UpdateService"), "ecs:UpdateService", [SERVICE], None),
        (allow("ECS:updateservice"), "ecs:UpdateService", [SERVICE], None),
        (allow("ecs:Update*"), "ecs:UpdateService", [SERVICE], None),
        (allow("ecs:DescribeServices"), "ecs:UpdateService", [SERVICE], SERVICE),
        (allow("ecs:UpdateService", on=f"{SERVICE[:-3]}???"), "ecs:UpdateService", [SERVICE], None),
        (allow("ecs:UpdateService", on=SERVICE.upper()), "ecs:UpdateService", [SERVICE], SERVICE),
        (allow("ecs:UpdateService", on=SERVICE), "ecs:UpdateService", ["*"], "*"),
        (allow("rds:FailoverGlobalCluster", on=["a", "b"]), "rds:FailoverGlobalCluster", ["a", "b", "c"], "c"),
        ({**allow("ecs:*"), "Effect": "Deny"}, "ecs:UpdateService", [SERVICE], SERVICE),
    ],
)
def test_every_resource_of_a_call_must_be_allowed(statement, asked, on, denied_on):
    assert refused(statement, asked, *on) == denied_on


def test_what_is_denied_anywhere_is_denied():
    both = [{"Statement": [allow("ecs:*")]}, {"Statement": [{**allow("ecs:UpdateService"), "Effect": "Deny"}]}]
    assert first_refused(both, Asked("ecs:UpdateService", (SERVICE,))) == SERVICE
    assert first_refused(both, Asked("ecs:DescribeServices", (SERVICE,))) is None


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"aws:RequestedRegion": ["a", "b"]}}, {"aws:RequestedRegion": ("b",)}, True),
        ({"StringEquals": {"aws:RequestedRegion": "a"}}, {"aws:RequestedRegion": ("b",)}, False),
        ({"StringEquals": {"kms:RequestAlias": "alias/shop"}}, {}, False),
        ({"ArnLike": {"lambda:FunctionArn": "arn:*:f-?"}}, {"lambda:FunctionArn": ("arn:aws:f-1",)}, True),
        ({"ForAllValues:StringEquals": {NAMES: ["x", "y"]}}, {NAMES: ("x", "y")}, True),
        ({"ForAllValues:StringEquals": {NAMES: ["x"]}}, {NAMES: ("x", "z")}, False),
        ({"ForAllValues:StringEquals": {NAMES: ["x"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["x"]}}, {"kms:ResourceAliases": ("y", "x")}, True),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": ("1",)}, False),
    ],
)
def test_a_condition_holds_as_its_operator_says(condition, context, holds):
    statement = {**allow("s3:ListBucket"), "Condition": condition}
    found = first_refused([{"Statement": [statement]}], Asked("s3:ListBucket", ("*",), context))
    assert (found is None) is holds


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The worker may read its service and one object; the role of another account nothing that is asked here."""
    clock = ManualClock()
    policies = {
        WORKER: [
            {
                "Statement": [
                    allow("ecs:DescribeServices", on=SERVICE),
                    allow("s3:GetObject", on="arn:aws:s3:::papers/open/*"),
                    allow("iam:SimulatePrincipalPolicy", on=WORKER),
                ]
            }
        ],
        ROLE: [{"Statement": [allow("ecs:UpdateService", on=SERVICE)]}],
    }
    folder = tmp_path_factory.mktemp("iam") / "world"
    world = World(topology({"shop": SHOP}), data_dir=folder, clock=clock, speed=SPEED, policies=policies)
    yield Stage(world, clock, world.start())
    world.stop()


def client(stage, service, purpose="observe", who=WORKER):
    return stage.aws(service, HERE, purpose=purpose, keys=stage.world.credentials(who))


def code_of(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], str(caught.value)


def test_what_no_policy_allows_is_denied_and_changes_nothing(stage):
    ecs = client(stage, "ecs")
    assert ecs.describe_services(cluster="shop", services=["api"])["services"]
    code, told = code_of(ecs.update_service, cluster="shop", service="api", desiredCount=9)
    assert code == "AccessDeniedException"
    assert f"{WORKER} is not authorized to perform: ecs:UpdateService on resource: {SERVICE}" in told
    assert ecs.describe_services(cluster="shop", services=["api"])["services"][0]["desiredCount"] == 1
    known = stage.world.permissions()
    assert {"principal": WORKER, "action": "ecs:UpdateService", "resource": SERVICE} in known["refused"]
    assert {"principal": WORKER, "action": "ecs:DescribeServices", "resource": SERVICE} in known["used"]


def test_a_session_has_the_policies_of_its_role_whatever_its_path(stage):
    ecs = client(stage, "ecs", who=ROLE)
    assert ecs.update_service(cluster="shop", service="api", desiredCount=1)["service"]
    assert code_of(ecs.describe_services, cluster="shop", services=["api"])[0] == "AccessDeniedException"


def test_each_protocol_words_it_in_its_own_way(stage):
    assert code_of(client(stage, "rds").describe_global_clusters)[0] == "AccessDenied"
    assert code_of(client(stage, "ec2").describe_account_attributes)[0] == "UnauthorizedOperation"
    assert code_of(client(stage, "secretsmanager").list_secrets)[0] == "AccessDeniedException"


def test_people_at_a_console_are_free_and_a_stranger_of_the_product_is_not(stage):
    assert client(stage, "rds", purpose=None).describe_global_clusters()
    assert client(stage, "rds", purpose="setup").describe_global_clusters()
    assert code_of(client(stage, "rds", who="arn:aws:iam::123456789012:user/nobody").describe_global_clusters)


def test_who_may_not_list_a_bucket_is_not_told_that_an_object_is_missing(stage):
    setup, s3 = client(stage, "s3", purpose="setup"), client(stage, "s3")
    setup.create_bucket(Bucket="papers", CreateBucketConfiguration={"LocationConstraint": HERE})
    setup.put_object(Bucket="papers", Key="open/here", Body=b"x")
    assert s3.get_object(Bucket="papers", Key="open/here")["Body"].read() == b"x"
    assert code_of(s3.get_object, Bucket="papers", Key="open/missing")[0] == "AccessDenied"
    assert code_of(s3.get_object, Bucket="papers", Key="closed")[0] == "AccessDenied"
    assert code_of(setup.get_object, Bucket="papers", Key="open/missing")[0] == "NoSuchKey"


def test_the_simulation_asks_the_same_policies(stage):
    answer = client(stage, "iam").simulate_principal_policy(
        PolicySourceArn=WORKER, ActionNames=["ecs:DescribeServices", "ecs:UpdateService"], ResourceArns=[SERVICE]
    )
    decided = {one["EvalActionName"]: one["EvalDecision"] for one in answer["EvaluationResults"]}
    assert decided == {"ecs:DescribeServices": "allowed", "ecs:UpdateService": "implicitDeny"}
