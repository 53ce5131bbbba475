"""EKS managed node groups: moto's, whose nodes are the instances of the Auto Scaling group behind.

https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
"""

import hashlib
import json
from functools import partial
from typing import Any, ClassVar

from moto.eks.models import eks_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Reply
from bot.sandbox.world.autoscaling import AutoScaling
from bot.sandbox.world.ground import Ground

UPDATE_S = 30.0
_LEAST_MOST = 1


def group_behind(cluster: str, nodegroup: str) -> str:
    """The name that EKS would give the Auto Scaling group; the same in every region, unlike EKS's."""
    return f"eks-{nodegroup}-{hashlib.sha256(f'{cluster}/{nodegroup}'.encode()).hexdigest()[:8]}"


class Eks:
    PAGES: ClassVar[dict[str, str]] = {"eks": "https://docs.aws.amazon.com/eks/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._groups = ground.part(AutoScaling)
        self._taken: dict[tuple[str, str], Reply] = {}

    def operations(self) -> Operations:
        return {
            ("eks", "CreateNodegroup"): self.create,
            ("eks", "UpdateNodegroupConfig"): self.update,
        }

    def create(self, call: Call) -> Reply:
        """moto's, with an Auto Scaling group under a name of ours."""
        reply = call.forward()
        if reply.ok:
            nodegroup = self._nodegroup(call)
            named = group_behind(nodegroup.cluster_name, nodegroup.nodegroup_name)
            nodegroup.resources = {**nodegroup.resources, "autoScalingGroups": [{"name": named}]}
        return reply

    def update(self, call: Call) -> Reply:
        """One update at a time, within bounds; the same token again has no further effect."""
        key = (call.region, str(call.parameters.get("clientRequestToken")))
        if key in self._taken:
            return self._taken[key]
        nodegroup = self._nodegroup(call)
        size = {**nodegroup.scaling_config, **(call.parameters.get("scalingConfig") or {})}
        if nodegroup.status == "UPDATING":
            told = f"Nodegroup cannot be updated as it is currently not in Active state: {nodegroup.nodegroup_name}"
            raise AwsError("ResourceInUseException", told, 409)
        if not 0 <= size["minSize"] <= size["desiredSize"] <= size["maxSize"] or size["maxSize"] < _LEAST_MOST:
            told = "Minimum capacity, desired capacity and maximum capacity do not fit together"
            raise AwsError("InvalidParameterException", f"{told}: {json.dumps(size)}")
        reply = call.forward()
        if reply.ok:
            self._taken[key] = reply
            nodegroup.scaling_config, nodegroup.status = size, "UPDATING"
            nodegroup.modified_at = self._timeline.now
            behind = group_behind(nodegroup.cluster_name, nodegroup.nodegroup_name)
            self._groups.resize(call.region, behind, size["minSize"], size["maxSize"], size["desiredSize"])
            self._timeline.after(UPDATE_S, partial(self._updated, nodegroup))
        return reply

    def _updated(self, nodegroup: Any) -> None:
        nodegroup.status = "ACTIVE"

    def _nodegroup(self, call: Call) -> Any:
        cluster = eks_backends[self._account][call.region].clusters.get(call.text("clusterName"))
        found = cluster.nodegroups.get(call.text("nodegroupName")) if cluster else None
        if found is None:
            missing = f"No node group found for name: {call.text('nodegroupName')}."
            raise AwsError("ResourceNotFoundException", missing, 404)
        return found
