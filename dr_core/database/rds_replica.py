"""An RDS instance and its cross-region read replicas through the RDS API.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html: RDS stops the replication and
reboots the replica, which takes minutes; the source is left as it is.
"""

from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.clock import Clock
from dr_core.database.read_replicas import CHANGING
from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import DatabaseState, MemberState
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.port import Measurement
from dr_core.replication.rds_replica import ReplicaLag
from dr_core.topology.stores import RdsReplica

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
_TAKES_NO_WRITES = frozenset({"creating", "deleting", "failed", "starting", "stopped", "stopping"})
_TAKES_NO_WRITES_STARTS = ("inaccessible-encryption-credentials", "incompatible")


class RdsReadReplicas:
    """The instances as RDS tells them. One attempt a call: the runner repeats, so that every attempt is seen."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = client_of
        self._clock = clock
        self._lag = ReplicaLag(Metrics(client_of, clock))

    def state(self, spec: RdsReplica, *, via: str) -> DatabaseState:
        raw = self._describe(spec, via)
        own = _member(raw, via)
        others = [_at(source, is_writer=True) for source in _sources(raw)]
        others += [_at(arn, is_writer=False) for arn in raw.get("ReadReplicaDBInstanceIdentifiers", ()) if _is_arn(arn)]
        changing = own.copies_from is not None and own.status in CHANGING
        return DatabaseState(
            members=(own, *(other for other in others if other.region != via)),
            failover_status=own.status if changing else None,
            failover_to=via if changing else None,
            observed_via=via,
            observed_at=self._clock.now(),
        )

    def promote(self, spec: RdsReplica, *, target: str) -> None:
        kept = _backups(self._describe(spec, target))
        with aws_errors("rds", target, "PromoteReadReplica"):
            self._client("rds", target).promote_read_replica(DBInstanceIdentifier=_instance(spec, target), **kept)

    def stop(self, spec: RdsReplica, *, region: str) -> None:
        with aws_errors("rds", region, "StopDBInstance"):
            self._client("rds", region).stop_db_instance(DBInstanceIdentifier=_instance(spec, region))

    def lag(self, spec: RdsReplica, region: str) -> Measurement:
        try:
            return self._lag.lag(_instance(spec, region), region)
        except DrError as error:
            return Measurement(None, None, f"CloudWatch, {region}", error.message)

    def _describe(self, spec: RdsReplica, region: str) -> dict[str, Any]:
        name = _instance(spec, region)
        with aws_errors("rds", region, "DescribeDBInstances"):
            found = self._client("rds", region).describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        for raw in found:
            if raw["DBInstanceIdentifier"].lower() == name.lower():
                return dict(raw)
        raise RejectedError(f"There is no RDS instance {name} in {region}.")


def _instance(spec: RdsReplica, region: str) -> str:
    name = spec.instances.get(region)
    if name is None:
        raise RejectedError(f"The topology names no RDS instance in {region}.")
    return name


def _member(raw: dict[str, Any], region: str) -> MemberState:
    status, sources = raw.get("DBInstanceStatus"), _sources(raw)
    return MemberState(
        region=region,
        cluster=raw["DBInstanceIdentifier"],
        is_writer=not sources and _takes_writes(status),
        status=status,
        instances=1,
        engine=raw.get("Engine"),
        engine_version=raw.get("EngineVersion"),
        copies_from=_region(sources[0], region) if sources else None,
        copying=_replication(raw),
        copied_to=tuple(_region(name, region) for name in raw.get("ReadReplicaDBInstanceIdentifiers", ())),
    )


def _backups(raw: dict[str, Any]) -> dict[str, Any]:
    """How the replica is backed up, said again: RDS would keep one day, in a window of its own choice.

    One without backups is left to that: a database that takes writes is not to be without any.
    """
    if not raw.get("BackupRetentionPeriod"):
        return {}
    told = {name: raw.get(name) for name in ("BackupRetentionPeriod", "PreferredBackupWindow")}
    return {name: value for name, value in told.items() if value}


def _takes_writes(status: str | None) -> bool:
    """A status that is not listed is not taken for a fence."""
    return status is None or not (status in _TAKES_NO_WRITES or status.startswith(_TAKES_NO_WRITES_STARTS))


def _replication(raw: dict[str, Any]) -> str | None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceStatusInfo.html"""
    told = [info for info in raw.get("StatusInfos", ()) if info.get("StatusType") == "read replication"]
    texts = [": ".join(filter(None, (info.get("Status", "not told"), info.get("Message")))) for info in told]
    return "; ".join(texts) or None


def _sources(raw: dict[str, Any]) -> list[str]:
    source = raw.get("ReadReplicaSourceDBInstanceIdentifier")
    return [source] if source else []


def _at(arn: str, *, is_writer: bool) -> MemberState:
    """The other side as this one names it: by its ARN where it lives in another region."""
    return MemberState(region=_region(arn, ""), cluster=arn.rsplit(":", 1)[-1], is_writer=is_writer)


def _is_arn(name: str) -> bool:
    return name.startswith("arn:")


def _region(name: str, here: str) -> str:
    """A name that is no ARN is of the same region."""
    return name.split(":")[3] if _is_arn(name) else here
