"""What the product asks of services that run a number of copies in each region."""

from typing import Protocol

from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry


def capacity_name(entry: CapacityEntry) -> str:
    """How an entry is called everywhere: `shop/api` for an ECS service, the group's name for an Auto Scaling group."""
    if entry.ecs is not None:
        return f"{entry.ecs.cluster}/{entry.ecs.service}"
    if entry.autoscaling is not None:
        return entry.autoscaling.group
    if entry.eks_nodegroup is not None:
        return f"{entry.eks_nodegroup.cluster}/{entry.eks_nodegroup.nodegroup}"
    return "readers"


class Capacity(Protocol):
    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        """Wanted and running copies. Raises RejectedError when the service does not exist there."""
        ...

    def scale(self, entry: CapacityEntry, region: str, desired: int) -> None:
        """Ask for `desired` copies; the same call twice has one effect."""
        ...
