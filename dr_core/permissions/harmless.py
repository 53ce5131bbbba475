"""What the doctor's harmless calls take (dr_core/doctor/harmless.py), of what a worker may do anyway. Pure."""

from collections.abc import Iterator

from dr_core.permissions import compute, settings, stores, traffic
from dr_core.permissions.model import Ground
from dr_core.plan.kind import Need

_CALLED = {
    "rds:DescribeGlobalClusters": stores.database,
    "rds:DescribeDBInstances": stores.database,
    "s3:ListBucket": stores.buckets,
    "elasticache:DescribeGlobalReplicationGroups": stores.caches,
    "dynamodb:DescribeTable": stores.tables,
    "secretsmanager:DescribeSecret": settings.secrets,
    "ssm:GetParametersByPath": settings.parameters,
    "kms:DescribeKey": settings.keys,
    "ecs:DescribeServices": compute.capacity,
    "autoscaling:DescribeAutoScalingGroups": compute.capacity,
    "route53:ListResourceRecordSets": traffic.records,
}
"""By action, who else has it."""


def answering(ground: Ground) -> Iterator[Need]:
    """Does the service answer, and does it let us in?"""
    for action, reader in _CALLED.items():
        yield from (need for need in reader(ground) if need.action == action)
