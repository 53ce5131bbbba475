"""Quotas of what runs on instances: vCPUs of EC2 by family for groups and node groups, instances of RDS for readers.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html#ec2-on-demand-instances-limits
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeAccountAttributes.html
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from dr_core.capacity.port import capacity_name
from dr_core.capacity.sizes import at_work, there
from dr_core.errors import RejectedError
from dr_core.readiness.asking import call
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.examinations.quotas import AREA, Need, Quota, Room, judge, quota
from dr_core.readiness.model import Check
from dr_core.topology.capacity import AuroraReaders, Capacity, EksNodegroup

# Families of instance types, each counted by a quota of its own: the letters before the first digit, or a whole word.
_FAMILIES = {
    "L-1216C47A": ("a", "c", "d", "h", "i", "im", "is", "m", "mac", "r", "t", "z"),
    "L-DB2E81BA": ("g", "gr", "vt"),
    "L-417A185B": ("p",),
    "L-74FC7D96": ("f",),
    "L-7295265B": ("x",),
    "L-1945791B": ("inf",),
    "L-2C3B7624": ("trn",),
    "L-6E869C2A": ("dl",),
    "L-43DA4232": ("u",),
    "L-F7808C92": ("hpc",),
}
_QUOTA_OF = {family: code for code, families in _FAMILIES.items() for family in families}
_LETTERS = re.compile(r"[a-z]+")
_INSTANCES = "DBInstances"


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    on_ec2 = tuple(entry for entry in subject.application.capacity if entry.autoscaling or entry.eks_nodegroup)
    readers = tuple(entry for entry in subject.application.capacity if entry.aurora_readers)
    for region in subject.application.regions:
        if on_ec2:
            yield Inquiry(
                "quota-unknown", AREA, "EC2 vCPUs", region,
                f"Service Quotas GetServiceQuota, CloudWatch AWS/Usage, EC2 DescribeInstanceTypes, {region}",
                partial(rooms, subject, on_ec2, region), judge_rooms,
            )  # fmt: skip
        if any(there(entry, region) for entry in readers):
            yield Inquiry(
                "quota-unknown", AREA, "DB instances", region, f"RDS DescribeAccountAttributes, {region}",
                partial(databases, subject, readers, region), judge,
            )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def rooms(subject: Subject, entries: Sequence[Capacity], region: str) -> tuple[Room, ...]:
    """What the groups need, by the quota that counts them."""
    needs: dict[str, list[Need]] = {}
    for entry in entries:
        code, need = _need(subject, entry, region)
        needs.setdefault(code, []).append(need)
    return tuple(Room(tuple(found), quota(subject, "ec2", code, region)) for code, found in needs.items())


def _need(subject: Subject, entry: Capacity, region: str) -> tuple[str, Need]:
    spec = entry.eks_nodegroup
    types, present = _nodes(subject, spec, region) if spec else _instances(subject, entry, region)
    family = _LETTERS.match(types[0])
    code = _QUOTA_OF.get(family[0]) if family else None
    if code is None:
        raise RejectedError(f"Which quota counts {types[0]} of {capacity_name(entry)} in {region} is not known.")
    answer = call(subject, "ec2", region, "DescribeInstanceTypes", InstanceTypes=types)
    largest = max(int(one["VCpuInfo"]["DefaultVCpus"]) for one in answer["InstanceTypes"])
    return code, Need(capacity_name(entry), float(largest), at_work(entry), present)


def _nodes(subject: Subject, spec: EksNodegroup, region: str) -> tuple[list[str], int]:
    asked = {"clusterName": spec.cluster, "nodegroupName": spec.nodegroup}
    nodegroup = call(subject, "eks", region, "DescribeNodegroup", **asked)["nodegroup"]
    types = [str(one) for one in nodegroup.get("instanceTypes", ())]
    if not types or nodegroup.get("capacityType") == "SPOT":
        raise RejectedError(f"The types of {spec.nodegroup} in {region} are Spot's or a launch template's.")
    return types, int(nodegroup["scalingConfig"]["desiredSize"])


def _instances(subject: Subject, entry: Capacity, region: str) -> tuple[list[str], int]:
    """By what the group launches from: what runs may be of an older kind."""
    name = capacity_name(entry)
    answer = call(subject, "autoscaling", region, "DescribeAutoScalingGroups", AutoScalingGroupNames=[name])
    group = next(iter(answer["AutoScalingGroups"]), None)
    if group is None:
        raise RejectedError(f"There is no Auto Scaling group {name} in {region}.")
    types = [str(one["InstanceType"]) for one in _overrides(group) if one.get("InstanceType")]
    types = types or [_launched(subject, group, region)]
    return types, int(group["DesiredCapacity"])


def _overrides(group: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("Overrides", [])
    return found


def _launched(subject: Subject, group: dict[str, Any], region: str) -> str:
    name = group.get("LaunchConfigurationName")
    if name:
        made = call(subject, "autoscaling", region, "DescribeLaunchConfigurations", LaunchConfigurationNames=[name])
        return str(made["LaunchConfigurations"][0]["InstanceType"])
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("LaunchTemplateSpecification")
    template = group.get("LaunchTemplate") or mixed or {}
    versions = call(
        subject, "ec2", region, "DescribeLaunchTemplateVersions",
        LaunchTemplateId=template.get("LaunchTemplateId", ""), Versions=[template.get("Version", "$Default")],
    )["LaunchTemplateVersions"]  # fmt: skip
    kind = versions[0]["LaunchTemplateData"].get("InstanceType") if versions else None
    if kind is None:
        raise RejectedError(f"The launch template of {group['AutoScalingGroupName']} in {region} names no type.")
    return str(kind)


def databases(subject: Subject, entries: Sequence[Capacity], region: str) -> Room:
    """Instances that the readers need in all, and how many the account has and may have."""
    needs = tuple(_database(subject, entry, entry.aurora_readers, region) for entry in entries if entry.aurora_readers)
    quotas = call(subject, "rds", region, "DescribeAccountAttributes")["AccountQuotas"]
    found = next((one for one in quotas if one["AccountQuotaName"] == _INSTANCES), None)
    if found is None:
        raise RejectedError(f"RDS in {region} tells no quota of {_INSTANCES}.")
    return Room(needs, Quota("DB instances", float(found["Max"]), float(found["Used"]), subject.now, ""))


def _database(subject: Subject, entry: Capacity, spec: AuroraReaders, region: str) -> Need:
    if region not in spec.clusters:
        return Need(capacity_name(entry), 1.0, 0, 0)
    asked = [{"Name": "db-cluster-id", "Values": [spec.clusters[region]]}]
    present = len(call(subject, "rds", region, "DescribeDBInstances", Filters=asked)["DBInstances"])
    return Need(capacity_name(entry), 1.0, at_work(entry), present)


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_rooms(seen: tuple[Room, ...], about: About) -> Iterable[Check]:
    for room in seen:
        yield from judge(room, about)
