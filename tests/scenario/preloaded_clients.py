"""What workers, bots and terminals read before their first call and no story changes: AWS's service models."""

from contextlib import suppress
from functools import cache

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader, create_loader

from dr_core.aws import session

_ANY_SERVICE = ("endpoints", "partitions", "sdk-default-configuration", "_retry")
_SERVICES = (
    "application-autoscaling", "budgets", "ce", "cloudtrail", "cloudwatch", "cost-optimization-hub", "ecr", "ecs",
    "elasticache", "health", "iam", "kms", "rds", "route53", "s3", "secretsmanager", "service-quotas", "ssm", "sts",
)  # fmt: skip
_OF_EACH = ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2")


@cache
def _warm() -> Loader:
    loader = create_loader()
    for data in _ANY_SERVICE:
        loader.load_data(data)
    for service in _SERVICES:
        for kind in _OF_EACH:
            with suppress(DataNotFoundError):
                loader.load_service_model(service, kind)
    return loader


def preload() -> None:
    """All `AwsSessions` of this process, and of those forked from it, have one loader, which has read its files."""
    session.create_loader = _warm  # type: ignore[attr-defined]
    _warm()
