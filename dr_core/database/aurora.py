"""Aurora Global Database through the RDS API.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
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
        cluster = self._describe(spec, via)
        members = tuple(_member(member) for member in cluster.get("GlobalClusterMembers", ()))
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

    def _describe(self, spec: AuroraGlobal, via: str) -> dict[str, Any]:
        with aws_errors("rds", via, "DescribeGlobalClusters"):
            answer = self._client("rds", via).describe_global_clusters(GlobalClusterIdentifier=spec.global_cluster)
        # Filtered here as well: an endpoint that ignores the filter must not make us act on another cluster.
        for cluster in answer["GlobalClusters"]:
            if cluster["GlobalClusterIdentifier"] == spec.global_cluster:
                return dict(cluster)
        raise RejectedError(f"There is no global cluster {spec.global_cluster} in {via}.")

    def _member_arn(self, spec: AuroraGlobal, via: str, target: str) -> str:
        for member in self._describe(spec, via).get("GlobalClusterMembers", ()):
            if _region(member["DBClusterArn"]) == target:
                return str(member["DBClusterArn"])
        raise RejectedError(f"Global cluster {spec.global_cluster} has no member in {target}.")

    def _with_details(self, member: MemberState) -> MemberState:
        try:
            with aws_errors("rds", member.region, "DescribeDBClusters"):
                found = self._client("rds", member.region).describe_db_clusters(DBClusterIdentifier=member.cluster)
        except DrError:
            return member
        for cluster in found["DBClusters"]:
            if cluster["DBClusterIdentifier"] == member.cluster:
                return member.model_copy(
                    update={
                        "status": cluster.get("Status"),
                        "instances": len(cluster.get("DBClusterMembers", ())),
                        "engine_version": cluster.get("EngineVersion"),
                    }
                )
        return member


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _member(member: dict[str, Any]) -> MemberState:
    arn = member["DBClusterArn"]
    return MemberState(region=_region(arn), cluster=arn.rsplit(":", 1)[1], is_writer=bool(member.get("IsWriter")))
