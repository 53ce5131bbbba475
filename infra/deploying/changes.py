"""What a change set would do to each resource, and whether something would be lost by it. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from dr_core.value import Shown
from infra.deploying.assembly import Stack

_REGIONS = re.compile(r'"Region"\s*:\s*"([^"]+)"')


class Act(StrEnum):
    """LET_GO: it stands on, but no stack looks after it any more. MAY_REPLACE: decided while it is carried out."""

    ADD = "add"
    CHANGE = "change"
    REPLACE = "replace"
    MAY_REPLACE = "may replace"
    REMOVE = "remove"
    LET_GO = "let go"


class Change(Shown):
    """One resource. `holds`: what is in it and may be lost by this act; empty where nothing is."""

    resource: str
    kind: str
    act: Act
    physical: str = ""
    holds: str = ""

    @property
    def destructive(self) -> bool:
        """Whether somebody has to say that this may happen."""
        if self.act is Act.CHANGE:
            return bool(self.holds)
        return self.act in (Act.REPLACE, Act.MAY_REPLACE, Act.REMOVE) and self.kind not in WITHOUT_STATE


HOLDS = {
    "AWS::RDS::DBCluster": "the rows of a database",
    "AWS::RDS::DBInstance": "an instance of a database, and its rows where it is in no cluster",
    "AWS::RDS::GlobalCluster": "the replication of a database between its regions",
    "AWS::DSQL::Cluster": "the rows of a database",
    "AWS::DynamoDB::GlobalTable": "the items of a table, in all regions",
    "AWS::DynamoDB::Table": "the items of a table",
    "AWS::S3::Bucket": "the objects of a bucket",
    "AWS::KMS::Key": "whatever is encrypted with it: unreadable without it",
    "AWS::KMS::ReplicaKey": "whatever is encrypted with it in this region: unreadable without it",
    "AWS::SecretsManager::Secret": "the value of a secret, and its replicas",
    "AWS::SSM::Parameter": "the value of a parameter",
    "AWS::ElastiCache::ReplicationGroup": "what a cache holds",
    "AWS::ElastiCache::GlobalReplicationGroup": "the replication of a cache between its regions",
    "AWS::SQS::Queue": "messages that nobody has taken yet",
    "AWS::Logs::LogGroup": "log lines",
    "AWS::EFS::FileSystem": "files",
    "AWS::CloudTrail::Trail": "the record of calls, for as long as it is away",
    "AWS::Route53::HostedZone": "every record of a domain",
    "AWS::Route53::RecordSet": "no data; the way of users in",
    "AWS::Route53::HealthCheck": "no data; the id that dr.yaml and records name",
    "AWS::CloudFront::Distribution": "no data; the way of users in, and its domain name",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "no data; the way of users in",
}
"""What is lost with a resource of a type."""

LOSES: Mapping[tuple[str, str], str] = {
    ("AWS::SecretsManager::Secret", "ReplicaRegions"): "copies of a secret in other regions",
    ("AWS::SecretsManager::Secret", "GenerateSecretString"): "the value of a secret, which is made anew",
    ("AWS::DynamoDB::GlobalTable", "Replicas"): "the items of a table, in the regions that are left out",
    ("AWS::S3::Bucket", "ReplicationConfiguration"): "the copies of what is written from now on",
}
"""By type and property, what may be lost although the resource stays. That the property comes anew loses nothing, but
for a generated value."""

WITHOUT_STATE = frozenset({
    "AWS::ApplicationAutoScaling::ScalingPolicy", "AWS::CDK::Metadata", "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard", "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress", "AWS::ECS::TaskDefinition", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy", "AWS::Lambda::Permission", "AWS::Lambda::Version", "AWS::SNS::Subscription",
})  # fmt: skip
"""Types that hold nothing and are made anew with every update of what they describe: no word is asked for them."""


def all_new(stack: Stack) -> tuple[Change, ...]:
    """What is made where the stack does not stand yet."""
    return tuple(
        Change(resource=name, kind=str(one["Type"]), act=Act.ADD) for name, one in sorted(stack.resources.items())
    )


def changes_of(raw: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """The entries of DescribeChangeSet's Changes."""
    found = (entry["ResourceChange"] for entry in raw if entry.get("Type", "Resource") == "Resource")
    return tuple(_change(one) for one in found)


def _change(raw: Mapping[str, Any]) -> Change:
    kind, act = str(raw["ResourceType"]), _act(raw)
    lost = ", ".join(dict.fromkeys(_lost(kind, raw))) if act is Act.CHANGE else ""
    return Change(
        resource=str(raw["LogicalResourceId"]),
        kind=kind,
        act=act,
        physical=str(raw.get("PhysicalResourceId") or ""),
        holds=lost if act in (Act.ADD, Act.CHANGE) else HOLDS.get(kind, ""),
    )


def _lost(kind: str, raw: Mapping[str, Any]) -> Iterator[str]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceTargetDefinition.html"""
    for detail in raw.get("Details", ()):
        target = detail.get("Target", {})
        name = str(target.get("Name") or "")
        said = LOSES.get((kind, name))
        if said and (name == "GenerateSecretString" or not _only_more(target)):
            yield said


def _only_more(target: Mapping[str, Any]) -> bool:
    """Whether the property comes anew, or names the regions that it named before; what is not told counts as a loss."""
    if target.get("AttributeChangeType") == "Add":
        return True
    before = set(_REGIONS.findall(str(target.get("BeforeValue") or "")))
    return bool(before) and before <= set(_REGIONS.findall(str(target.get("AfterValue") or "")))


def _act(raw: Mapping[str, Any]) -> Act:
    action, policy = raw["Action"], str(raw.get("PolicyAction") or "")
    if action in ("Add", "Import"):
        return Act.ADD
    if action == "Remove":
        return Act.LET_GO if policy == "Retain" else Act.REMOVE
    if raw.get("Replacement") == "True":
        return Act.REPLACE
    if raw.get("Replacement") == "Conditional" or action == "Dynamic":
        return Act.MAY_REPLACE
    return Act.CHANGE


def not_allowed(stack: str, changes: Iterable[Change], allowed: Collection[str]) -> tuple[str, ...]:
    """STACK/RESOURCE of each destructive change that nobody has allowed."""
    names = (f"{stack}/{change.resource}" for change in changes if change.destructive)
    return tuple(name for name in names if name not in allowed)
