"""Instances that join and leave an Aurora cluster, which takes minutes; clusters and instances are moto's.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-replicas-adding.html
"""

from functools import partial
from typing import Any, ClassVar

from moto.rds.models import rds_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import SEED_KEY

CREATE_S = 300.0
DELETE_S = 120.0
INSTANCES = 40
"""AWS's default of instances in a region."""


class Readers:
    PAGES: ClassVar[dict[str, str]] = {"rds": "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults

    def operations(self) -> Operations:
        return {
            ("rds", "CreateDBInstance"): self.create,
            ("rds", "DeleteDBInstance"): self.delete,
            ("rds", "DescribeAccountAttributes"): self.quotas,
        }

    def create(self, call: Call) -> Reply:
        """moto's instance is there at once; one of a cluster is created for five minutes."""
        short = self._faults.lasting(FaultKind.CAPACITY_SHORT, (call.region,), "rds")
        if short is not None:
            told = "Insufficient capacity is available for the DB instance class in this Region."
            raise AwsError("InsufficientDBInstanceCapacity", told, 400)
        reply = call.forward()
        if reply.ok and call.parameters.get("DBClusterIdentifier") and call.access_key != SEED_KEY:
            instance = self._instances(call.region)[call.text("DBInstanceIdentifier").lower()]
            instance.status = "creating"
            self._timeline.after(CREATE_S, partial(self._created, instance))
        return reply

    def delete(self, call: Call) -> Parameters | Reply:
        """An instance of a cluster is deleted for two minutes, and refuses to be deleted twice meanwhile."""
        name = call.text("DBInstanceIdentifier").lower()
        instance = self._instances(call.region).get(name)
        if instance is None or not getattr(instance, "db_cluster_identifier", None):
            return call.forward()
        if instance.status == "deleting":
            raise AwsError("InvalidDBInstanceState", f"Instance {name} is already being deleted.")
        instance.status = "deleting"
        self._timeline.after(DELETE_S, partial(self._deleted, call.region, name))
        shown = {"DBInstanceIdentifier": name, "DBClusterIdentifier": instance.db_cluster_identifier}
        return {"DBInstance": {**shown, "DBInstanceStatus": "deleting"}}

    def quotas(self, call: Call) -> Parameters:
        """Instances alone: ample, unless the fault `quota_short` says how many there may be."""
        short = self._faults.lasting(FaultKind.QUOTA_SHORT, (call.region,), "rds")
        most = INSTANCES if short is None else int(short.value or 0)
        used = len(self._instances(call.region))
        return {"AccountQuotas": [{"AccountQuotaName": "DBInstances", "Used": used, "Max": most}]}

    def _created(self, instance: Any) -> None:
        if instance.status == "creating":
            instance.status = "available"

    def _deleted(self, region: str, name: str) -> None:
        backend = rds_backends[self._account][region]
        if name in backend.databases:
            backend.delete_db_instance(name)

    def _instances(self, region: str) -> Any:
        return rds_backends[self._account][region].databases
