"""Every kind of capacity behind one port: the entry says which."""

from collections.abc import Mapping

from dr_core.aws.clients import ClientOf
from dr_core.capacity.aurora_readers import AuroraReadersCapacity
from dr_core.capacity.autoscaling import AutoScalingCapacity
from dr_core.capacity.ecs import EcsCapacity
from dr_core.capacity.eks import EksCapacity
from dr_core.capacity.port import Bounds, Capacity
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry


class CapacityByKind:
    """`adapters`: one for each kind of entry, by the key that it has in the topology."""

    def __init__(self, adapters: Mapping[str, Capacity]) -> None:
        self._adapters = adapters

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        return self._adapters[entry.kind].state(entry, region)

    def bounds(self, entry: CapacityEntry, region: str) -> Bounds | None:
        return self._adapters[entry.kind].bounds(entry, region)

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        self._adapters[entry.kind].grow(entry, region, count, claim)

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        self._adapters[entry.kind].fence(entry, region, claim)

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        self._adapters[entry.kind].stand_by(entry, region, count, claim)

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        self._adapters[entry.kind].give_back(entry, region, least, claim)


def aws_capacity(client_of: ClientOf, clock: Clock) -> CapacityByKind:
    """An adapter for every kind that the topology knows."""
    return CapacityByKind(
        {
            "ecs": EcsCapacity(client_of, clock),
            "autoscaling": AutoScalingCapacity(client_of, clock),
            "eks_nodegroup": EksCapacity(client_of, clock),
            "aurora_readers": AuroraReadersCapacity(client_of, clock),
        }
    )
