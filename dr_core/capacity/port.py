"""What the product asks of services that run a number of copies in each region."""

from enum import StrEnum
from typing import Protocol

from dr_core.claim import Claim
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.value import Value


class Scaling(StrEnum):
    """Whether what scales by itself may act."""

    ON = "on"
    PARTLY = "partly suspended"
    SUSPENDED = "suspended"


class Bounds(Value):
    """What changes a count without being asked: policies and schedules, and between which counts they keep it."""

    least: int
    most: int
    scaling: Scaling


def capacity_name(entry: CapacityEntry) -> str:
    """How an entry is called everywhere: `shop/api` for an ECS service, the group's name for an Auto Scaling group."""
    if entry.ecs is not None:
        return f"{entry.ecs.cluster}/{entry.ecs.service}"
    if entry.autoscaling is not None:
        return entry.autoscaling.group
    if entry.eks_nodegroup is not None:
        return f"{entry.eks_nodegroup.cluster}/{entry.eks_nodegroup.nodegroup}"
    if entry.aurora_readers is not None:
        return f"readers of {', '.join(dict.fromkeys(entry.aurora_readers.clusters.values()))}"
    raise ValueError("a capacity of no kind")


class Capacity(Protocol):
    """One kind of capacity. Everything that changes something may be said twice and has one effect.

    All of it raises RejectedError when the service, group or cluster does not exist in the region.
    """

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        """Wanted and running copies; where fewer run than are wanted, what the service says of it in `reason`."""
        ...

    def bounds(self, entry: CapacityEntry, region: str) -> Bounds | None:
        """None: nothing changes the count but whoever asks for another one."""
        ...

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        """At least `count` copies from now on, and automatic scaling, which is on, keeps at least as many."""
        ...

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        """No copies, and nothing that brings one back by itself: automatic scaling is suspended first."""
        ...

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        """Exactly `count` copies, at least as many kept by automatic scaling, which is on."""
        ...

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        """Automatic scaling, where it is on, keeps no more than `least` from now on; the count stays as it is."""
        ...
