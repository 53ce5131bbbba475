"""What whoever deploys asks of AWS with their own hands (`dr deploy`): looking, and copying what a standby lacks. Pure.

Stacks are changed by CDK with the roles of its bootstrap stacks, which this identity takes
(https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html). It may take them, and is as mighty as they are.
"""

from collections.abc import Callable, Iterator

from dr_core.parameters.port import parameter_paths
from dr_core.permissions import settings
from dr_core.permissions.catalogue import granted
from dr_core.permissions.model import Grant, Ground, Role
from dr_core.plan.kind import Need
from infra.config import Config
from infra.iam.policies import Json, merged, packed
from infra.policy.residency import EXEMPTIONS, allowed_regions

_BOOTSTRAP = "hnb659fds"
"""The qualifier of CDK's own bootstrap stack."""
_TAKEN = ("deploy", "file-publishing", "image-publishing", "lookup")
_STACKS = (
    "cloudformation:BatchDescribeTypeConfigurations", "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStacks", "cloudformation:ListStacks",
)  # fmt: skip
"""Of no single stack, or of all: https://docs.aws.amazon.com/service-authorization/latest/reference/
list_awscloudformation.html"""
_STACK = (
    "cloudformation:DeleteChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource", "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DescribeStackResources", "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift", "cloudformation:GetTemplate", "cloudformation:ListStackResources",
)  # fmt: skip
_COMPARED = (
    "acm:DescribeCertificate", "acm:ListTagsForCertificate", "application-autoscaling:Describe*",
    "autoscaling:Describe*", "cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrail",
    "cloudtrail:GetTrailStatus", "cloudtrail:ListTags", "cloudwatch:Describe*", "cloudwatch:GetDashboard",
    "cloudwatch:ListTagsForResource", "dynamodb:Describe*", "dynamodb:ListTagsOfResource", "ec2:Describe*",
    "ecs:Describe*", "ecs:ListTagsForResource", "elasticache:Describe*", "elasticache:ListTagsForResource",
    "elasticloadbalancing:Describe*", "events:DescribeRule", "events:ListTagsForResource",
    "events:ListTargetsByRule", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases",
    "kms:ListResourceTags", "logs:Describe*", "logs:ListTagsForResource", "rds:Describe*", "rds:ListTagsForResource",
    "s3:GetAccelerateConfiguration", "s3:GetAnalyticsConfiguration", "s3:GetBucket*",
    "s3:GetEncryptionConfiguration", "s3:GetInventoryConfiguration", "s3:GetLifecycleConfiguration",
    "s3:GetMetricsConfiguration", "s3:GetReplicationConfiguration", "secretsmanager:DescribeSecret",
    "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic",
    "sns:ListTagsForResource", "sqs:GetQueueAttributes", "sqs:ListQueueTags",
)  # fmt: skip
_COMPARED_ANYWHERE = (
    "budgets:ViewBudget", "cloudfront:Get*", "cloudfront:ListTagsForResource", "iam:GetPolicy", "iam:GetPolicyVersion",
    "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
    "route53-recovery-control-config:Describe*", "route53-recovery-control-config:ListTagsForResource",
    "route53:Get*", "route53:ListResourceRecordSets", "route53:ListTagsForResource",
)  # fmt: skip
"""What a stack's drift is seen by: CloudFormation reads each resource as whoever asks, and none of these reads what is
in one. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html"""
_READING = ("Describe", "Get", "List", "Lookup", "Simulate", "Test", "View")
_VALUES = frozenset({"secretsmanager:GetSecretValue"})


def documents(config: Config, identity: str) -> list[Json]:
    """As managed policies."""
    return packed(merged(needed(config, identity)))


def needed(config: Config, identity: str) -> tuple[Grant, ...]:
    """`by`: the word of `dr deploy`."""
    return tuple(Grant(need, (word,)) for word, needs in _WORDS.items() for need in needs(config, identity))


def places(config: Config) -> tuple[str, ...]:
    """Every region that a stack may stand in: the allowed ones, and those of stacks that AWS ties to a place."""
    return tuple(dict.fromkeys([*allowed_regions(config), *(one.region for one in EXEMPTIONS)]))


def _applying(config: Config, _: str) -> Iterator[Need]:
    account = config.deployment.account
    roles = [f"arn:aws:iam::{account}:role/cdk-{_BOOTSTRAP}-{kind}-role-{account}-*" for kind in _TAKEN]
    yield Need("sts:AssumeRole", None, (*roles, *_others(config)))
    for region in places(config):
        yield from (Need(action, region) for action in _STACKS)
        stacks = f"arn:aws:cloudformation:{region}:{account}:stack/*/*"
        yield from (Need(action, region, (stacks,)) for action in _STACK)


def _checking(config: Config, _: str) -> Iterator[Need]:
    account = config.deployment.account
    for region in places(config):
        version = f"arn:aws:ssm:{region}:{account}:parameter/cdk-bootstrap/{_BOOTSTRAP}/version"
        yield Need("ssm:GetParameter", region, (version,))
    for region in allowed_regions(config):
        for action in ("servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"):
            yield Need(action, region)
        yield Need("cloudwatch:GetMetricData", region)


def _reporting(config: Config, _: str) -> Iterator[Need]:
    for region in places(config):
        yield Need("cloudtrail:LookupEvents", region)
        yield from (Need(action, region) for action in _COMPARED)
    yield from (Need(action, None) for action in _COMPARED_ANYWHERE)


def _validating(config: Config, identity: str) -> Iterator[Need]:
    """What a worker reads, but for values of secrets; the freeze's markers are among it."""
    for grant in granted(config.topology, Role.WORKER, config.deployment.account, identity):
        action = grant.need.action
        if action.partition(":")[2].startswith(_READING) and action not in _VALUES:
            yield grant.need


def _syncing(config: Config, identity: str) -> Iterator[Need]:
    """Parameters, replicas of secrets, and the keys of both through their services alone.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html
    """
    account = config.deployment.account
    for name, app in config.applications.items():
        if app.account is not None:
            continue
        ground = Ground(config.topology, name, account, identity)
        yield from settings.parameters(ground)
        for path in parameter_paths(app.parameters):
            arn = f"arn:aws:ssm:{{region}}:{account}:parameter/{path.strip('/')}"
            yield from ground.each_region("ssm:PutParameter", f"{arn}/*" if path.endswith("/") else arn)
        for secret in app.secrets:
            arn = f"arn:aws:secretsmanager:{{region}}:{account}:secret:{secret}{settings.SUFFIX}"
            for action in ("secretsmanager:DescribeSecret", "secretsmanager:ReplicateSecretToRegions"):
                yield from ground.each_region(action, arn)
        if app.secrets:
            actions = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
            yield from settings.used_by(ground, "secretsmanager", *actions)


def _others(config: Config) -> tuple[str, ...]:
    """The roles of applications in other accounts, where their markers, parameters and secrets are."""
    found = (app.account.role_arn for app in config.applications.values() if app.account)
    return tuple(dict.fromkeys(found))


_WORDS: dict[str, Callable[[Config, str], Iterator[Need]]] = {
    "apply": _applying, "check": _checking, "report": _reporting, "sync": _syncing, "validate": _validating,
}  # fmt: skip
