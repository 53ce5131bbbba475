"""Is a region's part of the database there and usable, by that region's own control plane?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dr_core.aws.faults import aws_errors
from dr_core.errors import RejectedError
from dr_core.health.control_plane import Judgement
from dr_core.observation.model import DatabaseState, SignalState

# Statuses in which nothing is served:
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html
_UNUSABLE = frozenset({"failed", "stopped", "stopping", "starting", "deleting", "cloning-failed", "migration-failed"})
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceStatusInfo.html
_NOT_COPYING = ("error", "stopped", "terminated")
_UNUSABLE_STARTS = ("inaccessible-encryption-credentials", "incompatible")


@dataclass(frozen=True)
class ClusterFacts:
    """One member cluster as its own region describes it."""

    status: str | None
    instances: int
    engine_version: str | None
    engine: str | None = None


class Clusters(Protocol):
    def facts(self, cluster: str, region: str) -> ClusterFacts:
        """RejectedError when there is no such cluster."""
        ...


class RdsClusters:
    """DescribeDBClusters; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any]) -> None:
        self._client_of = client_of

    def facts(self, cluster: str, region: str) -> ClusterFacts:
        with aws_errors("rds", region, "DescribeDBClusters"):
            found = self._client_of("rds", region).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
        for raw in found:
            if raw["DBClusterIdentifier"] == cluster:
                size = len(raw.get("DBClusterMembers", ()))
                return ClusterFacts(raw.get("Status"), size, raw.get("EngineVersion"), raw.get("Engine"))
        raise RejectedError(f"There is no database cluster {cluster} in {region}.")


def judge_member(region: str, view: DatabaseState, facts: ClusterFacts) -> Judgement:
    """`view` is the global database as `region` tells it, `facts` its own member."""
    member = next((member for member in view.members if member.region == region), None)
    if member is None:
        return SignalState.BAD, f"the global database has no member in {region}"
    role = "writer" if member.is_writer else "reader"
    detail = (
        f"{role}, {facts.status or 'status not told'}, {facts.instances} instance{'' if facts.instances == 1 else 's'}"
    )
    if view.failover_status is not None:
        detail += f", {view.failover_status}" + (f" to {view.failover_to}" if view.failover_to else "")
    if facts.status is None:
        return SignalState.UNKNOWN, detail
    if facts.status in _UNUSABLE or facts.status.startswith(_UNUSABLE_STARTS):
        return SignalState.BAD, detail
    if member.is_writer and facts.instances == 0:
        return SignalState.BAD, f"{detail}: nothing can write"
    return SignalState.OK, detail


def judge_instance(region: str, view: DatabaseState) -> Judgement:
    """`view` is what `region` tells of its own RDS instance. A replica that does not replicate is bad."""
    own = next((member for member in view.members if member.region == region), None)
    if own is None:
        return SignalState.UNKNOWN, f"{region} does not tell of its own instance"
    status = own.status or "status not told"
    if own.copies_from is None:
        detail = f"{'takes writes' if own.is_writer else 'takes no writes'}, {status}"
        detail += f", copied to {', '.join(own.copied_to)}" if own.copied_to else ", copied to nowhere"
    else:
        detail = f"replica of {own.copies_from}, {status}, {own.copying or 'replication not told'}"
    if own.status is None:
        return SignalState.UNKNOWN, detail
    if own.status in _UNUSABLE or own.status.startswith(_UNUSABLE_STARTS):
        return SignalState.BAD, detail
    if own.copies_from is not None and own.copying is not None and own.copying.startswith(_NOT_COPYING):
        return SignalState.BAD, detail
    return SignalState.OK, detail
