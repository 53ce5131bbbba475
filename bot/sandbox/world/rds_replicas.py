"""RDS's API over plain instances and their read replicas in other regions; the instances themselves are moto's."""

from typing import Any, ClassVar

from moto.rds.models import rds_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Reply
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.replica_set import ReplicaSet

_BACKED_UP_DAYS = 1
_BACKED_UP_AT = "00:30-01:00"
"""What a promotion that says nothing of backups leads to; AWS draws the window."""


class RdsReplicas:
    """`sets`: one instance and its replicas each."""

    PAGES: ClassVar[dict[str, str]] = {"rds": "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._rds = ground.part(Rds)
        self.sets: list[ReplicaSet] = []

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "DescribeDBInstances": self.describe_instances,
            "PromoteReadReplica": self.promote,
            "StopDBInstance": self.stop,
            "StartDBInstance": self.start,
        }
        return {("rds", name): handler for name, handler in table.items()}

    def describe_instances(self, call: Call) -> Reply:
        """moto's answer, after statuses, sources and replicas were brought up to what is so now."""
        self._rds.refresh(call.region)
        for one in self.sets:
            if call.region in one.members:
                self._refresh(one, call.region)
        return call.forward()

    def promote(self, call: Call) -> Reply:
        """A database of its own after five minutes, with what had arrived; backed up for a day unless more is said."""
        found = self._find(call)
        if found is None:
            return call.forward()
        if call.region not in found.copies:
            raise _state(call, "The specified DB Instance is not a Read Replica.")
        self._check_available(call, found)
        reply = call.forward()
        self._back_up(call, found)
        found.promote(call.region)
        return reply

    def _back_up(self, call: Call, found: ReplicaSet) -> None:
        instance: Any = rds_backends[self._account][call.region].databases[found.members[call.region]]
        instance.backup_retention_period = call.parameters.get("BackupRetentionPeriod", _BACKED_UP_DAYS)
        instance.preferred_backup_window = call.parameters.get("PreferredBackupWindow", _BACKED_UP_AT)

    def stop(self, call: Call) -> Reply:
        """Not while it is a replica or has one; it takes two minutes, and RDS starts it again after seven days."""
        found = self._find(call)
        if found is None:
            return call.forward()
        if call.region in found.copies or found.copied_to(call.region):
            raise _state(call, "Cannot stop a DB instance that is a Read Replica or has one.")
        self._check_available(call, found)
        self._refresh(found, call.region)
        reply = call.forward()
        found.stop(call.region)
        return reply

    def start(self, call: Call) -> Reply:
        """Only one that is stopped; it takes four minutes, and takes writes again unless it is a replica."""
        found = self._find(call)
        if found is None:
            return call.forward()
        if found.status(call.region) != "stopped":
            raise _state(call, f"Instance is {found.status(call.region)}.")
        self._refresh(found, call.region)
        reply = call.forward()
        found.start(call.region)
        return reply

    def _find(self, call: Call) -> ReplicaSet | None:
        identifier = call.text("DBInstanceIdentifier").lower()
        return next((one for one in self.sets if one.members.get(call.region, "").lower() == identifier), None)

    def _check_available(self, call: Call, found: ReplicaSet) -> None:
        if found.status(call.region) != "available":
            raise _state(call, f"Instance is not in available state, but {found.status(call.region)}.")

    def _refresh(self, one: ReplicaSet, region: str) -> None:
        name = one.members[region]
        instance: Any = rds_backends[self._account][region].databases.get(name)
        if instance is None:
            return
        source = one.copies.get(region)
        instance.status = one.status(region)
        instance.is_replica = source is not None
        instance.source_db_instance_identifier = self._arn(one, source) if source else None
        instance.replicas = [self._arn(one, copy) for copy in one.copied_to(region)]
        instance.status_infos = []
        if source:
            normal = one.replicating(region)
            told = {"StatusType": "read replication", "Normal": normal, "Status": "replicating" if normal else "error"}
            instance.status_infos = [told]

    def _arn(self, one: ReplicaSet, region: str) -> str:
        return f"arn:aws:rds:{region}:{self._account}:db:{one.members[region].lower()}"


def _state(call: Call, message: str) -> AwsError:
    return AwsError("InvalidDBInstanceState", f"{message} ({call.text('DBInstanceIdentifier')})")
