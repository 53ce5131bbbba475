"""What `dr config discover` asks: everything of every kind, since no topology names anything yet. Pure."""

from collections.abc import Iterator

from dr_core.permissions.model import House
from dr_core.plan.kind import Need

LISTS = (
    "autoscaling:DescribeAutoScalingGroups",
    "dynamodb:DescribeTable",
    "dynamodb:ListTables",
    "ecs:DescribeServices",
    "ecs:ListClusters",
    "ecs:ListServices",
    "elasticache:DescribeGlobalReplicationGroups",
    "events:ListEventBuses",
    "events:ListRules",
    "kms:DescribeKey",
    "kms:ListAliases",
    "lambda:ListEventSourceMappings",
    "rds:DescribeGlobalClusters",
    "s3:GetBucketLocation",
    "s3:GetReplicationConfiguration",
    "s3:ListAllMyBuckets",
    "scheduler:ListSchedules",
    "secretsmanager:ListSecrets",
    "ssm:DescribeParameters",
    "tag:GetResources",
)
EVERYWHERE = ("route53:ListHealthChecks", "route53:ListHostedZones", "route53:ListResourceRecordSets")


def everything(house: House) -> Iterator[Need]:
    """Nothing of it can be held to names; it reads no value of a secret, a parameter or an object."""
    for region in house.topology.residency.allowed_regions:
        yield from (Need(action, region) for action in LISTS)
    yield from (Need(action, None) for action in EVERYWHERE)
