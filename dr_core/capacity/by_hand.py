"""Capacity by hand: the AWS CLI's words for looking at a size and changing it, for each kind of entry. Pure.

https://docs.aws.amazon.com/cli/latest/reference/: ecs, application-autoscaling, autoscaling, eks, rds.
"""

from collections.abc import Mapping
from typing import Protocol

from dr_core.aws.cli import at_least
from dr_core.capacity import group_by_hand, nodegroup_by_hand, readers_by_hand, service_by_hand
from dr_core.topology.capacity import Capacity

Lines = tuple[str, ...]


class Hand(Protocol):
    """The commands of one kind of capacity. Each line is one act or one condition of bash."""

    def running(self, entry: Capacity, region: str) -> str:
        """Prints how many run."""
        ...

    def left(self, entry: Capacity, region: str) -> str:
        """Prints how many are still there, serving or not."""
        ...

    def grow(self, entry: Capacity, region: str, count: int) -> Lines: ...

    def fence(self, entry: Capacity, region: str, *options: str) -> Lines: ...

    def stand_by(self, entry: Capacity, region: str, count: int) -> Lines: ...

    def at_rest(self, entry: Capacity, region: str, count: int) -> str:
        """The condition that a standby's size runs."""
        ...


def running(entry: Capacity, region: str) -> str:
    return _BY_KIND[entry.kind].running(entry, region)


def left(entry: Capacity, region: str) -> str:
    return _BY_KIND[entry.kind].left(entry, region)


def at_least_running(entry: Capacity, region: str, count: int) -> str:
    return at_least(running(entry, region), count)


def grow(entry: Capacity, region: str, count: int) -> Lines:
    return _BY_KIND[entry.kind].grow(entry, region, count)


def fence(entry: Capacity, region: str, *options: str) -> Lines:
    """`options` are said with every call, such as short timeouts where the region may be dead."""
    return _BY_KIND[entry.kind].fence(entry, region, *options)


def stand_by(entry: Capacity, region: str, count: int) -> Lines:
    return _BY_KIND[entry.kind].stand_by(entry, region, count)


def at_rest(entry: Capacity, region: str, count: int) -> str:
    return _BY_KIND[entry.kind].at_rest(entry, region, count)


_BY_KIND: Mapping[str, Hand] = {
    "ecs": service_by_hand,
    "autoscaling": group_by_hand,
    "eks_nodegroup": nodegroup_by_hand,
    "aurora_readers": readers_by_hand,
}
