"""ECS services: how many tasks are wanted and run in a region."""

from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.aws.session import AwsSessions
from dr_core.capacity.port import capacity_name
from dr_core.clock import Clock
from dr_core.errors import RejectedError
from dr_core.observation.model import CapacityState
from dr_core.topology.model import Account, EcsService
from dr_core.topology.model import Capacity as CapacityEntry


class EcsCapacity:
    """The one kind of capacity that can be changed so far; the others are refused by name."""

    def __init__(self, aws: AwsSessions, clock: Clock, *, account: Account | None = None, purpose: str = "run") -> None:
        self._aws = aws
        self._clock = clock
        self._account = account
        self._purpose = purpose

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        spec = _ecs(entry)
        with aws_errors("ecs", region, "DescribeServices"):
            answer = self._client(region).describe_services(cluster=spec.cluster, services=[spec.service])
        for service in answer["services"]:
            if service["serviceName"] == spec.service and service.get("status") != "INACTIVE":
                return CapacityState(
                    region=region,
                    name=capacity_name(entry),
                    desired=service["desiredCount"],
                    running=service["runningCount"],
                    observed_at=self._clock.now(),
                )
        raise RejectedError(f"There is no ECS service {capacity_name(entry)} in {region}.")

    def scale(self, entry: CapacityEntry, region: str, desired: int) -> None:
        spec = _ecs(entry)
        with aws_errors("ecs", region, "UpdateService"):
            self._client(region).update_service(cluster=spec.cluster, service=spec.service, desiredCount=desired)

    def _client(self, region: str) -> Any:
        return self._aws.client(
            "ecs",
            region,
            purpose=self._purpose,
            role=self._account,
            connect_timeout_s=2,
            read_timeout_s=4,
            max_attempts=1,
        )


def _ecs(entry: CapacityEntry) -> EcsService:
    if entry.ecs is None:
        raise RejectedError(f"Capacity of kind {entry.kind} ({capacity_name(entry)}) is not supported yet.")
    return entry.ecs
