"""ElastiCache Global Datastores: the roles of their members, the member in each region, and its lag.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastore.html. GlobalDatastoreReplicationLag (in
seconds, between the primary nodes of the secondary and of the primary region) is published in the secondary's region:
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.errors import DrError, RejectedError
from dr_core.replication.cloudwatch import PERIOD_S, Datapoint, Metric, Metrics
from dr_core.replication.copies import SECONDARY, CacheMember, CacheView, Datastore
from dr_core.replication.port import Measurement

_LAG = "GlobalDatastoreReplicationLag"
_PAGE = 100


class ElastiCache:
    """DescribeGlobalReplicationGroups and DescribeReplicationGroups in each region, GetMetricData in secondaries."""

    def __init__(self, client_of: Callable[[str, str], Any], metrics: Metrics) -> None:
        self._client_of = client_of
        self._metrics = metrics

    def view(self, group: str, region: str) -> CacheView:
        seen = self.datastore(group, region)
        own = seen.member(region)
        status, lag = (None, None) if own is None else self._own(own)
        return CacheView(seen.region, seen.datastore, seen.status, seen.members, status, lag)

    def datastore(self, group: str, region: str) -> Datastore:
        """Roles and statuses alone; nothing is asked about the region's own member."""
        raw = _named(group, self._datastores(region), region)
        members = tuple(
            CacheMember(
                region=entry["ReplicationGroupRegion"],
                group=entry["ReplicationGroupId"],
                role=str(entry.get("Role", "")).upper(),
                status=entry.get("Status", "not told"),
            )
            for entry in raw.get("Members", ())
        )
        return Datastore(region, raw["GlobalReplicationGroupId"], raw.get("Status", "not told"), members)

    def last_lag(self, group: str, region: str) -> Measurement:
        """The newest lag of the region's member whatever its role is now: a primary publishes none, it only had one."""
        own = self.datastore(group, region).member(region)
        if own is None:
            raise RejectedError(f"{group} has no member in {region}.")
        return self._lag(own, _shards(self._group(own)))

    def _datastores(self, region: str) -> list[dict[str, Any]]:
        client, found = self._client_of("elasticache", region), []
        marker: dict[str, str] = {}
        while True:
            with aws_errors("elasticache", region, "DescribeGlobalReplicationGroups"):
                page = client.describe_global_replication_groups(ShowMemberInfo=True, MaxRecords=_PAGE, **marker)
            found += page["GlobalReplicationGroups"]
            if not page.get("Marker"):
                return found
            marker = {"Marker": page["Marker"]}

    def _own(self, member: CacheMember) -> tuple[str, Measurement | None]:
        found = self._group(member)
        status = str(found.get("Status", "not told"))
        if member.role != SECONDARY:
            return status, None
        return status, self._lag(member, _shards(found))

    def _group(self, member: CacheMember) -> dict[str, Any]:
        with aws_errors("elasticache", member.region, "DescribeReplicationGroups"):
            found = self._client_of("elasticache", member.region).describe_replication_groups(
                ReplicationGroupId=member.group
            )["ReplicationGroups"]
        if not found:
            raise RejectedError(f"There is no replication group {member.group} in {member.region}.")
        return dict(found[0])

    def _lag(self, member: CacheMember, shards: Sequence[Sequence[str]]) -> Measurement:
        """The slowest shard, as old as the oldest of them: each has a primary node of its own, which alone publishes.

        A shard that is silent makes it unknown: what is lost of it the others do not tell.
        """
        where = f"CloudWatch {_LAG}, {member.region}"
        asked = [
            [Metric("AWS/ElastiCache", _LAG, dimensions) for node in nodes for dimensions in _dimensions(node)]
            for nodes in shards
        ]
        try:
            wanted = [metric for metrics in asked for metric in metrics]
            found = self._metrics.newest(wanted, member.region) if wanted else {}
        except DrError as error:
            return Measurement(None, None, where, error.message, PERIOD_S)
        known = [point for metrics in asked if (point := _slowest([found[m] for m in metrics if m in found]))]
        if not known or len(known) < len(asked):
            of = f"{len(asked) - len(known)} of {len(asked)} shards of " if len(asked) > 1 else ""
            reason = f"no {_LAG} datapoint for {of}{member.group} in the last 15 minutes"
            return Measurement(None, None, where, reason, PERIOD_S)
        return Measurement(
            max(point.value for point in known), min(point.at for point in known), where, period_s=PERIOD_S
        )


def _slowest(points: Sequence[Datapoint]) -> Datapoint | None:
    """Of one shard's newest minute: a node that was its primary before has older points."""
    if not points:
        return None
    newest = max(point.at for point in points)
    fresh = [point for point in points if newest - point.at <= timedelta(seconds=PERIOD_S)]
    return Datapoint(max(point.value for point in fresh), min(point.at for point in fresh))


def _shards(group: dict[str, Any]) -> list[list[str]]:
    """The nodes of each shard; where shards are not told, all of them are one."""
    shards = [
        [entry["CacheClusterId"] for entry in shard.get("NodeGroupMembers", ()) if entry.get("CacheClusterId")]
        for shard in group.get("NodeGroups", ())
    ]
    told = [shard for shard in shards if shard]
    everything = [str(node) for node in group.get("MemberClusters", ())]
    return told or ([everything] if everything else [])


def _dimensions(node: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """By cluster, and by cluster and node: a cluster of a replication group has one node, and either may be published.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html
    """
    cluster = ("CacheClusterId", node)
    return ((cluster,), (cluster, ("CacheNodeId", "0001")))


def matching(group: str, datastores: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By its full id, else by the suffix that people give: AWS puts a prefix of its own before it."""
    exact = [raw for raw in datastores if raw["GlobalReplicationGroupId"] == group]
    return exact or [raw for raw in datastores if raw["GlobalReplicationGroupId"].partition("-")[2] == group]


def _named(group: str, datastores: Sequence[dict[str, Any]], region: str) -> dict[str, Any]:
    found = matching(group, datastores)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(raw["GlobalReplicationGroupId"] for raw in found))
        raise RejectedError(f"{group} is ambiguous in {region}: {names}.", hint="Name it in full in dr.yaml.")
    raise RejectedError(f"There is no global datastore {group} in {region}.")
