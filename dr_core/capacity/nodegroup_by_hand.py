"""An EKS node group's size by hand; what may launch its nodes is the Auto Scaling group behind it. Pure."""

import json

from dr_core.aws.cli import Raw, asked, at_least, aws, is_
from dr_core.capacity import group_by_hand
from dr_core.errors import RejectedError
from dr_core.topology.capacity import Capacity, EksNodegroup

Lines = tuple[str, ...]


def running(entry: Capacity, region: str) -> str:
    return group_by_hand.serving(_behind(_spec(entry), region), region)


def left(entry: Capacity, region: str) -> str:
    return group_by_hand.listed(_behind(_spec(entry), region), region)


def grow(entry: Capacity, region: str, count: int) -> Lines:
    """Never smaller than it is; one update at a time is taken."""
    spec = _spec(entry)
    has = at_least(_size(spec, region, "minSize"), count)
    return (group_by_hand.resume(_behind(spec, region), region), f"{has} || {_resized(spec, region, count)}")


def fence(entry: Capacity, region: str, *options: str) -> Lines:
    spec = _spec(entry)
    none = _update(spec, region, {"minSize": 0, "desiredSize": 0}, *options)
    return (group_by_hand.suspend(_behind(spec, region, *options), region, *options), none)


def stand_by(entry: Capacity, region: str, count: int) -> Lines:
    spec = _spec(entry)
    return (group_by_hand.resume(_behind(spec, region), region), _resized(spec, region, count))


def at_rest(entry: Capacity, region: str, count: int) -> str:
    return is_(running(entry, region), str(count))


def _resized(spec: EksNodegroup, region: str, count: int) -> str:
    room = at_least(_size(spec, region, "maxSize"), count)
    size = {"minSize": count, "desiredSize": count}
    within, above = _update(spec, region, size), _update(spec, region, {**size, "maxSize": count})
    return f"if {room}; then {within}; else {above}; fi"


def _size(spec: EksNodegroup, region: str, figure: str) -> str:
    return _described(spec, region, f"nodegroup.scalingConfig.{figure}")


def _behind(spec: EksNodegroup, region: str, *options: str) -> Raw:
    return group_by_hand.behind(_described(spec, region, "nodegroup.resources.autoScalingGroups[0].name", *options))


def _described(spec: EksNodegroup, region: str, query: str, *options: str) -> str:
    words = ("--cluster-name", spec.cluster, "--nodegroup-name", spec.nodegroup, *options, *asked(query))
    return aws("eks", "describe-nodegroup", *words, region=region)


def _update(spec: EksNodegroup, region: str, size: dict[str, int], *more: str) -> str:
    words = ("--cluster-name", spec.cluster, "--nodegroup-name", spec.nodegroup, "--scaling-config", json.dumps(size))
    return aws("eks", "update-nodegroup-config", *words, *more, "--query", "update.status", region=region)


def _spec(entry: Capacity) -> EksNodegroup:
    if entry.eks_nodegroup is None:
        raise RejectedError("This is no EKS node group.")
    return entry.eks_nodegroup
