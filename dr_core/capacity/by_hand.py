"""Capacity by hand: the AWS CLI's words for looking at a service's size and changing it. Pure.

https://docs.aws.amazon.com/cli/latest/reference/ecs/update-service.html and describe-services.html.
"""

from dr_core.aws.cli import asked, aws
from dr_core.errors import RejectedError
from dr_core.topology.capacity import Capacity, EcsService


def size(entry: Capacity, region: str, figure: str) -> str:
    """Prints `desiredCount` or `runningCount` of the service."""
    spec = _ecs(entry)
    words = ("--cluster", spec.cluster, "--services", spec.service, *asked(f"services[0].{figure}"))
    return aws("ecs", "describe-services", *words, region=region)


def resize(entry: Capacity, region: str, count: int, *more: str) -> str:
    spec = _ecs(entry)
    words = ("--cluster", spec.cluster, "--service", spec.service, "--desired-count", str(count))
    return aws("ecs", "update-service", *words, *more, "--query", "service.desiredCount", region=region)


def _ecs(entry: Capacity) -> EcsService:
    if entry.ecs is None:
        raise RejectedError(f"There is no command for capacity of kind {entry.kind}.")
    return entry.ecs
