"""EKS managed node groups: their size is EKS's, their instances and what may launch them are the group's behind.

What runs is counted in instances that are in service; whether Kubernetes has made a ready node of one is known to the
cluster alone, and shows in the health of what is served.

https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupConfig.html
https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html: a maximum is 1 at least, so that
a maximum alone does not keep the Cluster Autoscaler from starting a node.
"""

import hashlib
import json
from collections import Counter
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors, is_gone
from dr_core.capacity.groups import Groups, lingering, running, scaling
from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import RejectedError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.topology.capacity import EksNodegroup

_CHANGING = frozenset({"CREATING", "UPDATING", "DELETING"})
_LEAST_MOST = 1


class EksCapacity:
    """One update of a node group at a time: while one is under way, no other is asked for."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "eks")
        self._groups = Groups(client_of)
        self._clock = clock

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        nodegroup = self._described(entry, region)
        status = nodegroup["status"]
        issues = [issue.get("message", "") for issue in nodegroup.get("health", {}).get("issues", ())]
        changing = f"the node group is {status}" if status in _CHANGING else ""
        groups = self._behind(nodegroup, region)
        return CapacityState(
            region=region,
            name=capacity_name(entry),
            desired=nodegroup["scalingConfig"]["desiredSize"],
            running=sum(running(group) for group in groups),
            lingering=dict(sum((Counter(lingering(group)) for group in groups), Counter())),
            reason="; ".join(part for part in (changing, *issues) if part),
            changing=status in _CHANGING,
            observed_at=self._clock.now(),
        )

    def bounds(self, entry: CapacityEntry, region: str) -> Bounds:
        nodegroup = self._described(entry, region)
        size, found = nodegroup["scalingConfig"], {scaling(group) for group in self._behind(nodegroup, region)}
        whole = found.pop() if len(found) == 1 else Scaling.PARTLY if found else Scaling.ON
        return Bounds(least=size["minSize"], most=size["maxSize"], scaling=whole)

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        nodegroup = self._described(entry, region)
        for group in self._behind(nodegroup, region):
            self._groups.resume(group, region)
        size = nodegroup["scalingConfig"]
        least, desired = max(size["minSize"], count), max(size["desiredSize"], count)
        self._size(nodegroup, region, least, max(size["maxSize"], count), desired, claim)

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        nodegroup = self._described(entry, region)
        for group in self._behind(nodegroup, region):
            self._groups.suspend(group, region)
        self._size(nodegroup, region, 0, nodegroup["scalingConfig"]["maxSize"], 0, claim)

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        nodegroup = self._described(entry, region)
        for group in self._behind(nodegroup, region):
            self._groups.resume(group, region)
        most = max(nodegroup["scalingConfig"]["maxSize"], count, _LEAST_MOST)
        self._size(nodegroup, region, count, most, count, claim)

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        nodegroup = self._described(entry, region)
        size = nodegroup["scalingConfig"]
        if self.bounds(entry, region).scaling is Scaling.ON:
            self._size(nodegroup, region, least, size["maxSize"], size["desiredSize"], claim)

    def _described(self, entry: CapacityEntry, region: str) -> dict[str, Any]:
        spec = _spec(entry)
        try:
            with aws_errors("eks", region, "DescribeNodegroup"):
                answer = self._client(region).describe_nodegroup(clusterName=spec.cluster, nodegroupName=spec.nodegroup)
        except RejectedError as error:
            if is_gone(error):
                raise RejectedError(f"There is no EKS node group {capacity_name(entry)} in {region}.") from error
            raise
        return dict(answer["nodegroup"])

    def _behind(self, nodegroup: dict[str, Any], region: str) -> list[dict[str, Any]]:
        named = nodegroup.get("resources", {}).get("autoScalingGroups", ())
        return [self._groups.described(group["name"], region) for group in named]

    def _size(self, nodegroup: dict[str, Any], region: str, least: int, most: int, desired: int, claim: Claim) -> None:
        wanted = {"minSize": least, "maxSize": most, "desiredSize": desired}
        if nodegroup["scalingConfig"] == wanted:
            return
        with aws_errors("eks", region, "UpdateNodegroupConfig"):
            self._client(region).update_nodegroup_config(
                clusterName=nodegroup["clusterName"],
                nodegroupName=nodegroup["nodegroupName"],
                scalingConfig=wanted,
                clientRequestToken=token(claim, nodegroup),
            )


def token(claim: Claim, nodegroup: dict[str, Any]) -> str:
    """The same for every attempt of a step at one version of the node group: a late one then updates nothing.

    Of another version it is another, or the answer to an earlier update would be taken for this one's.
    """
    size = json.dumps(nodegroup["scalingConfig"], sort_keys=True)
    said = "\n".join((claim.token, str(nodegroup.get("nodegroupArn")), size, str(nodegroup.get("modifiedAt"))))
    return hashlib.sha256(said.encode()).hexdigest()


def _spec(entry: CapacityEntry) -> EksNodegroup:
    if entry.eks_nodegroup is None:
        raise RejectedError(f"{capacity_name(entry)} is no EKS node group.")
    return entry.eks_nodegroup
