"""How databases come to stand in several regions: global clusters and who joins them, read replicas of instances.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-getting-started.html

Clusters and instances are moto's, and there at once.
"""

from typing import Any, ClassVar

from moto.rds.models import rds_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.rds_replicas import RdsReplicas
from bot.sandbox.world.replica_set import ReplicaSet


class RdsCreation:
    """Fills what `Rds` and `RdsReplicas` play. A global cluster without a member has nothing to play yet."""

    PAGES: ClassVar[dict[str, str]] = {"rds": "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._account = ground.account
        self._rds = ground.part(Rds)
        self._replicas = ground.part(RdsReplicas)
        self._empty: dict[str, str] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "CreateGlobalCluster": self.create_global,
            "DeleteGlobalCluster": self.delete_global,
            "CreateDBCluster": self.create_cluster,
            "CreateDBInstanceReadReplica": self.create_replica,
        }
        return {("rds", name): handler for name, handler in table.items()}

    def create_global(self, call: Call) -> Parameters:
        """Around a cluster that stands, which is its writer; or empty, and the first cluster that joins writes."""
        name = call.text("GlobalClusterIdentifier")
        if name.lower() in self._rds.globals or name.lower() in self._empty:
            raise AwsError("GlobalClusterAlreadyExistsFault", f"Global cluster {name} already exists.")
        source = call.parameters.get("SourceDBClusterIdentifier")
        if source:
            region, cluster = str(source).split(":")[3], str(source).rsplit(":", 1)[-1]
            if cluster not in rds_backends[self._account][region].clusters:
                raise AwsError("DBClusterNotFoundFault", f"DBCluster {cluster} not found.", 404)
            self._begin(name, region, cluster)
        else:
            self._empty[name.lower()] = name
        return {"GlobalCluster": self._named(name)}

    def delete_global(self, call: Call) -> Parameters:
        """Only once nobody is in it."""
        name = call.text("GlobalClusterIdentifier")
        database = self._rds.globals.get(name.lower())
        if database is None and name.lower() not in self._empty:
            raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {name} not found.", 404)
        if database is not None and len(database.members) > 1:
            raise AwsError("InvalidGlobalClusterStateFault", f"Global Cluster {name} is not empty")
        self._rds.globals.pop(name.lower(), None)
        self._empty.pop(name.lower(), None)
        return {"GlobalCluster": self._named(name)}

    def create_cluster(self, call: Call) -> Reply:
        """moto's, with its key and insights; one that names a global cluster is its next member."""
        asked = call.parameters
        named = str(asked.get("GlobalClusterIdentifier") or "").rsplit(":", 1)[-1]
        if named and named.lower() not in {*self._rds.globals, *self._empty}:
            raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {named} not found.", 404)
        reply = call.forward()
        if not reply.ok:
            return reply
        cluster = call.text("DBClusterIdentifier").lower()
        seen: Any = rds_backends[self._account][call.region].clusters[cluster]
        for name, attribute in (("KmsKeyId", "kms_key_id"), ("DatabaseInsightsMode", "database_insights_mode")):
            if asked.get(name):
                setattr(seen, attribute, asked[name])
        if named:
            self._join(named, call.region, cluster)
        return reply

    def create_replica(self, call: Call) -> Reply:
        """moto's, which copies from now on what its source writes, in whichever region that is."""
        source = call.text("SourceDBInstanceIdentifier")
        region = source.split(":")[3] if source.startswith("arn:") else call.region
        instance, replica = source.rsplit(":", 1)[-1], call.text("DBInstanceIdentifier")
        reply = call.forward()
        known = any(one.members.get(call.region, "").lower() == replica.lower() for one in self._replicas.sets)
        if not reply.ok or known:
            return reply
        mine = [one for one in self._replicas.sets if one.members.get(region, "").lower() == instance.lower()]
        if mine:
            mine[0].members[call.region], mine[0].copies[call.region] = replica, region
        else:
            engine = str(rds_backends[self._account][region].databases[instance.lower()].engine)
            members = {region: instance, call.region: replica}
            timeline, faults = self._ground.timeline, self._ground.faults
            made = ReplicaSet(f"{instance}-replicas", members, region, timeline, faults, engine=engine)
            self._replicas.sets.append(made)
        return reply

    # -- inside ------------------------------------------------------------------------------------------------------

    def _join(self, name: str, region: str, cluster: str) -> None:
        database = self._rds.globals.get(name.lower())
        if database is None:
            self._begin(self._empty.pop(name.lower()), region, cluster)
        else:
            database.members[region] = cluster
            database.regions_changed()

    def _begin(self, name: str, region: str, cluster: str) -> None:
        self._rds.globals[name.lower()] = GlobalDatabase(
            id=name,
            members={region: cluster},
            writer=region,
            timeline=self._ground.timeline,
            faults=self._ground.faults,
            lost_tail=self._rds.save_lost_tail,
        )

    def _named(self, name: str) -> Parameters:
        return {
            "GlobalClusterIdentifier": name.lower(),
            "GlobalClusterArn": f"arn:aws:rds::{self._account}:global-cluster:{name.lower()}",
            "Endpoint": f"{name.lower()}.global-sandbox.global.rds.amazonaws.com",
            "Status": "available",
        }
