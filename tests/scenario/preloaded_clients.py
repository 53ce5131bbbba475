"""What workers, bots and terminals read before their first call and no story changes: AWS's service models.

Of each service the model is read once, and the class of its clients is made once; the clients themselves, with their
credentials and connections, are every process's own.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from typing import Any

import boto3.session
from botocore.client import ClientCreator
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
    for name in ("_load_service_model", "_create_client_class"):
        setattr(ClientCreator, name, _once_a_service(getattr(ClientCreator, name)))
    one = boto3.session.Session("nobody", "nothing", region_name="eu-central-1")
    one._session.register_component("data_loader", _warm())
    for service in _SERVICES:
        one.client(service).close()


def _once_a_service(make: Callable[..., Any]) -> Callable[..., Any]:
    made: dict[str, Any] = {}

    @wraps(make)
    def found(creator: ClientCreator, service: str, *rest: Any) -> Any:
        if service not in made:
            made[service] = make(creator, service, *rest)
        return made[service]

    return found
