"""Aurora Global Database through the RDS API.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors, is_gone
from dr_core.clock import Clock
from dr_core.database.port import DatabaseEvent
from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import DatabaseState, MemberState
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.port import Measurement
from dr_core.topology.stores import AuroraGlobal

# The global cluster's own statuses that say a change of writer is on its way, FailoverState filled in or not.
_MOVING = frozenset({"switching-over", "failing-over"})


class AuroraDatabase:
    """The global cluster as RDS tells it. One attempt a call: the runner repeats, so that every attempt is seen."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = client_of
        self._clock = clock

    def state(self, spec: AuroraGlobal, *, via: str, details: bool = True) -> DatabaseState:
        cluster = self._described(spec, via)
        members = tuple(_member(member) for member in (cluster or {}).get("GlobalClusterMembers", ()))
        if via not in {member.region for member in members}:
            members = (*members, *self._alone(spec, via))
        if cluster is None:
            if not members:
                raise RejectedError(f"There is no global cluster {spec.global_cluster} in {via}.")
            cluster = {}
        if details and members:
            with ThreadPoolExecutor(len(members)) as pool:
                members = tuple(pool.map(self._with_details, members))
        moving = cluster.get("FailoverState") or {}
        status = moving.get("Status") or (cluster.get("Status") if cluster.get("Status") in _MOVING else None)
        return DatabaseState(
            members=members,
            failover_status=status,
            failover_to=_region(moving["ToDbClusterArn"]) if moving.get("ToDbClusterArn") else None,
            data_loss_allowed=moving.get("IsDataLossAllowed"),
            observed_via=via,
            observed_at=self._clock.now(),
        )

    def switchover(self, spec: AuroraGlobal, *, source: str, target: str) -> None:
        arn = self._member_arn(spec, source, target)
        with aws_errors("rds", source, "SwitchoverGlobalCluster"):
            self._client("rds", source).switchover_global_cluster(
                GlobalClusterIdentifier=spec.global_cluster, TargetDbClusterIdentifier=arn
            )

    def failover(self, spec: AuroraGlobal, *, target: str) -> None:
        arn = self._member_arn(spec, target, target)
        with aws_errors("rds", target, "FailoverGlobalCluster"):
            self._client("rds", target).failover_global_cluster(
                GlobalClusterIdentifier=spec.global_cluster, TargetDbClusterIdentifier=arn, AllowDataLoss=True
            )

    def detach(self, spec: AuroraGlobal, *, target: str) -> None:
        arn = self._member_arn(spec, target, target)
        with aws_errors("rds", target, "RemoveFromGlobalCluster"):
            self._client("rds", target).remove_from_global_cluster(
                GlobalClusterIdentifier=spec.global_cluster, DbClusterIdentifier=arn
            )

    def lag(self, spec: AuroraGlobal, region: str, *, source: str) -> Measurement:
        cluster = spec.clusters.get(region)
        if cluster is None:
            return Measurement(None, None, "CloudWatch", f"the topology names no cluster in {region}")
        try:
            return AuroraLag(Metrics(self._client, self._clock)).lag(cluster, region, source)
        except DrError as error:
            return Measurement(None, None, f"CloudWatch, {region}", error.message)

    def events(self, spec: AuroraGlobal, region: str) -> tuple[DatabaseEvent, ...]:
        with aws_errors("rds", region, "DescribeEvents"):
            answer = self._client("rds", region).describe_events(
                SourceType="db-cluster", SourceIdentifier=spec.clusters[region], Duration=60
            )
        return tuple(
            sorted((DatabaseEvent(raw["Date"], raw["Message"]) for raw in answer["Events"]), key=lambda e: e.at)
        )

    def _described(self, spec: AuroraGlobal, via: str) -> dict[str, Any] | None:
        """None where the region knows no such global cluster."""
        try:
            with aws_errors("rds", via, "DescribeGlobalClusters"):
                answer = self._client("rds", via).describe_global_clusters(GlobalClusterIdentifier=spec.global_cluster)
        except RejectedError as error:
            if is_gone(error):
                return None
            raise
        # Filtered here as well: an endpoint that ignores the filter must not make us act on another cluster.
        found = (c for c in answer["GlobalClusters"] if c["GlobalClusterIdentifier"] == spec.global_cluster)
        return next((dict(cluster) for cluster in found), None)

    def _describe(self, spec: AuroraGlobal, via: str) -> dict[str, Any]:
        cluster = self._described(spec, via)
        if cluster is None:
            raise RejectedError(f"There is no global cluster {spec.global_cluster} in {via}.")
        return cluster

    def _alone(self, spec: AuroraGlobal, via: str) -> tuple[MemberState, ...]:
        """The region's own cluster, where it is a member of no global cluster any more and has a writer."""
        name = spec.clusters.get(via)
        cluster = self._cluster(name, via) if name is not None else None
        if cluster is None or cluster.get("ReplicationSourceIdentifier"):
            return ()
        with aws_errors("rds", via, "DescribeGlobalClusters"):
            others = self._client("rds", via).describe_global_clusters()["GlobalClusters"]
        joined = {member["DBClusterArn"] for other in others for member in other.get("GlobalClusterMembers", ())}
        if cluster["DBClusterArn"] in joined:
            return ()
        # While it is promoted it has no writer yet.
        writes = any(member.get("IsClusterWriter") for member in cluster.get("DBClusterMembers", ()))
        return (MemberState(region=via, cluster=str(name), is_writer=writes, detached=True, **_details(cluster)),)

    def _cluster(self, name: str, region: str) -> dict[str, Any] | None:
        """None: there is no such cluster."""
        try:
            with aws_errors("rds", region, "DescribeDBClusters"):
                found = self._client("rds", region).describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        except RejectedError as error:
            if is_gone(error):
                return None
            raise
        return next((dict(cluster) for cluster in found if cluster["DBClusterIdentifier"] == name), None)

    def _member_arn(self, spec: AuroraGlobal, via: str, target: str) -> str:
        for member in self._describe(spec, via).get("GlobalClusterMembers", ()):
            if _region(member["DBClusterArn"]) == target:
                return str(member["DBClusterArn"])
        raise RejectedError(f"Global cluster {spec.global_cluster} has no member in {target}.")

    def _with_details(self, member: MemberState) -> MemberState:
        try:
            cluster = self._cluster(member.cluster, member.region)
        except DrError:
            return member
        return member if cluster is None else member.model_copy(update=_details(cluster))


def _details(cluster: dict[str, Any]) -> dict[str, Any]:
    """What its own region tells of a member, by the fields of MemberState."""
    return {
        "status": cluster.get("Status"),
        "instances": len(cluster.get("DBClusterMembers", ())),
        "engine": cluster.get("Engine"),
        "engine_version": cluster.get("EngineVersion"),
    }


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _member(member: dict[str, Any]) -> MemberState:
    arn = member["DBClusterArn"]
    told = member.get("SynchronizationStatus")
    return MemberState(
        region=_region(arn),
        cluster=arn.rsplit(":", 1)[1],
        is_writer=bool(member.get("IsWriter")),
        synchronized=told == "connected" if told else None,
    )
