"""Copy-on-write clones of Aurora clusters, which take some minutes to come and to go; clusters themselves are moto's.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Clone.html
"""

from functools import partial
from typing import Any, ClassVar

from moto.rds.models import rds_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.ground import Ground

RESTORE_S = 300.0
DELETE_S = 120.0


class Clones:
    """`made`: (region, name) -> status of every clone that is there."""

    PAGES: ClassVar[dict[str, str]] = {"rds": "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self.made: dict[tuple[str, str], str] = {}

    def operations(self) -> Operations:
        return {
            ("rds", "RestoreDBClusterToPointInTime"): self.restore,
            ("rds", "DeleteDBCluster"): self.delete,
        }

    def restore(self, call: Call) -> Parameters:
        """Only of a cluster with an instance; the clone is created for five minutes, alone and without instances."""
        name, source = call.text("DBClusterIdentifier").lower(), call.text("SourceDBClusterIdentifier").lower()
        clusters = self._clusters(call.region)
        if name in clusters:
            raise AwsError("DBClusterAlreadyExistsFault", f"DB cluster {name} already exists.")
        if source not in clusters:
            raise AwsError("DBClusterNotFoundFault", f"DBCluster {source} not found.", 404)
        if call.parameters.get("RestoreType") == "copy-on-write" and not clusters[source]._members:
            raise AwsError("InvalidDBClusterStateFault", f"DB cluster {source} has no DB instance: it can't be cloned.")
        like, asked = clusters[source], call.parameters
        rds_backends[self._account][call.region].create_db_cluster(
            {
                "db_cluster_identifier": name,
                "engine": like.engine,
                "engine_version": like.engine_version,
                "master_username": like.master_username,
                "master_user_password": "not-told-to-anybody",
                "port": like.port,
                "storage_encrypted": like.storage_encrypted,
                "kms_key_id": like.kms_key_id,
                "tags": asked.get("Tags") or [],
            }
        )
        self.made[call.region, name] = "creating"
        self._timeline.after(RESTORE_S, partial(self._created, call.region, name))
        return {"DBCluster": {"DBClusterIdentifier": name, "Status": "creating", "Engine": like.engine}}

    def delete(self, call: Call) -> Parameters | Reply:
        """A clone without instances is deleted for two minutes; any other cluster is moto's affair."""
        name = call.text("DBClusterIdentifier").lower()
        clone = self._clusters(call.region).get(name)
        if clone is None or (call.region, name) not in self.made:
            return call.forward()
        if clone._members:
            raise AwsError("InvalidDBClusterStateFault", "Cluster cannot be deleted, it still contains DB instances.")
        if self.made[call.region, name] != "available":
            told = f"DB cluster {name} is in state {self.made[call.region, name]}."
            raise AwsError("InvalidDBClusterStateFault", told)
        self.made[call.region, name] = "deleting"
        self._timeline.after(DELETE_S, partial(self._deleted, call.region, name))
        return {"DBCluster": {"DBClusterIdentifier": name, "Status": "deleting"}}

    def refresh(self, region: str) -> None:
        """moto would have a cluster available as soon as somebody has looked at it once."""
        for (where, name), status in self.made.items():
            if where == region:
                self._clusters(region)[name].status = status

    def _created(self, region: str, name: str) -> None:
        self.made[region, name] = "available"

    def _deleted(self, region: str, name: str) -> None:
        del self.made[region, name]
        rds_backends[self._account][region].delete_db_cluster(name)

    def _clusters(self, region: str) -> Any:
        return rds_backends[self._account][region].clusters
