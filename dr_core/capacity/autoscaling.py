"""EC2 Auto Scaling groups: their size, and the bounds between which policies and schedules move it.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
"""

from dr_core.aws.clients import ClientOf
from dr_core.capacity.groups import Groups, lingering, protected, running, scaling
from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import RejectedError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry


class AutoScalingCapacity:
    """Launching is resumed before a group grows, and suspended before it is emptied."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._groups = Groups(client_of)
        self._clock = clock

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        group = self._groups.described(_name(entry), region)
        desired, there = group["DesiredCapacity"], running(group)
        reason = self._groups.failure(group, region) if there < desired else ""
        if there > desired and protected(group):
            reason = f"{protected(group)} instances are protected from scale in"
        return CapacityState(
            region=region,
            name=capacity_name(entry),
            desired=desired,
            running=there,
            reason=reason,
            lingering=lingering(group),
            observed_at=self._clock.now(),
        )

    def bounds(self, entry: CapacityEntry, region: str) -> Bounds:
        group = self._groups.described(_name(entry), region)
        return Bounds(least=group["MinSize"], most=group["MaxSize"], scaling=scaling(group))

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        group = self._groups.described(_name(entry), region)
        self._groups.resume(group, region)
        least, desired = max(group["MinSize"], count), max(group["DesiredCapacity"], count)
        self._groups.size(group, region, least=least, most=max(group["MaxSize"], count), desired=desired)

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        group = self._groups.described(_name(entry), region)
        self._groups.suspend(group, region)
        self._groups.size(group, region, least=0, most=group["MaxSize"], desired=0)

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        group = self._groups.described(_name(entry), region)
        self._groups.resume(group, region)
        self._groups.size(group, region, least=count, most=max(group["MaxSize"], count), desired=count)

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        group = self._groups.described(_name(entry), region)
        if scaling(group) is Scaling.ON:
            self._groups.keep_at_least(group, region, least)


def _name(entry: CapacityEntry) -> str:
    if entry.autoscaling is None:
        raise RejectedError(f"{capacity_name(entry)} is no Auto Scaling group.")
    return entry.autoscaling.group
