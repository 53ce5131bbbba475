"""ECS services: how many tasks are wanted and run in a region."""

from functools import partial

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.capacity.port import capacity_name
from dr_core.clock import Clock
from dr_core.errors import RejectedError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.topology.capacity import EcsService


class EcsCapacity:
    """The one kind of capacity that can be changed so far; the others are refused by name."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "ecs")
        self._clock = clock

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


def _ecs(entry: CapacityEntry) -> EcsService:
    if entry.ecs is None:
        raise RejectedError(f"Capacity of kind {entry.kind} ({capacity_name(entry)}) is not supported yet.")
    return entry.ecs
