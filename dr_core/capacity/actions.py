"""The IAM actions by which each kind of capacity is looked at and changed, and on which resources. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Callable, Mapping

from dr_core.capacity.reader_names import prefix
from dr_core.topology.capacity import Capacity

Actions = dict[str, tuple[str, ...]]
"""Action -> the ARNs that it is called on."""
_ANY = ("*",)


def actions_on(entry: Capacity, region: str, account: str) -> Actions:
    """Everything that is called to bring this entry to another size in this region."""
    return _BY_KIND[entry.kind](entry, region, account)


def _ecs(entry: Capacity, region: str, account: str) -> Actions:
    if entry.ecs is None:
        return {}
    service = (f"arn:aws:ecs:{region}:{account}:service/{entry.ecs.cluster}/{entry.ecs.service}",)
    # A scalable target's id is AWS's own.
    target = (f"arn:aws:application-autoscaling:{region}:{account}:scalable-target/*",)
    return {
        "ecs:DescribeServices": service,
        "ecs:UpdateService": service,
        "application-autoscaling:DescribeScalableTargets": _ANY,
        "application-autoscaling:RegisterScalableTarget": target,
    }


def _group(name: str, region: str, account: str) -> Actions:
    arn = (f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{name}",)
    return {
        "autoscaling:DescribeAutoScalingGroups": _ANY,
        "autoscaling:SuspendProcesses": arn,
        "autoscaling:ResumeProcesses": arn,
    }


def _autoscaling(entry: Capacity, region: str, account: str) -> Actions:
    if entry.autoscaling is None:
        return {}
    found = _group(entry.autoscaling.group, region, account)
    return {
        **found,
        "autoscaling:DescribeScalingActivities": _ANY,
        "autoscaling:UpdateAutoScalingGroup": found["autoscaling:SuspendProcesses"],
    }


def _eks(entry: Capacity, region: str, account: str) -> Actions:
    if entry.eks_nodegroup is None:
        return {}
    spec = entry.eks_nodegroup
    nodegroup = (f"arn:aws:eks:{region}:{account}:nodegroup/{spec.cluster}/{spec.nodegroup}/*",)
    return {
        "eks:DescribeNodegroup": nodegroup,
        "eks:UpdateNodegroupConfig": nodegroup,
        **_group("eks-*", region, account),
    }


def _readers(entry: Capacity, region: str, account: str) -> Actions:
    if entry.aurora_readers is None or region not in entry.aurora_readers.clusters:
        return {}
    cluster = entry.aurora_readers.clusters[region].lower()
    rds = f"arn:aws:rds:{region}:{account}"
    ours = f"{rds}:db:{prefix(cluster)}*"
    return {
        "rds:DescribeDBClusters": (f"{rds}:cluster:{cluster}",),
        "rds:DescribeDBInstances": (f"{rds}:db:*",),
        "rds:CreateDBInstance": (ours, f"{rds}:cluster:{cluster}", f"{rds}:pg:*", f"{rds}:subgrp:*"),
        "rds:DeleteDBInstance": (ours,),
    }


_BY_KIND: Mapping[str, Callable[[Capacity, str, str], Actions]] = {
    "ecs": _ecs,
    "autoscaling": _autoscaling,
    "eks_nodegroup": _eks,
    "aurora_readers": _readers,
}
