"""Instances of an Aurora cluster: the writer, where the cluster writes, and its readers.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-replicas-adding.html

What is counted is instances, since the promotion of a secondary makes a writer of one reader. Aurora's own Auto
Scaling is left alone: it removes only the replicas that it created itself.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Integrating.AutoScaling.html
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors, is_gone
from dr_core.capacity.port import capacity_name
from dr_core.capacity.reader_names import is_ours, new_names
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import AuroraReaders
from dr_core.topology.capacity import Capacity as CapacityEntry

_SERVING = frozenset({
    "available", "backing-up", "modifying", "storage-optimization", "configuring-enhanced-monitoring",
    "configuring-iam-database-auth", "configuring-log-exports",
})  # fmt: skip
_GOING = "deleting"
_TAKEN, _NO_CAPACITY = "DBInstanceAlreadyExists", "InsufficientDBInstanceCapacity"
_COPIED = ("DBInstanceClass", "PubliclyAccessible", "AutoMinorVersionUpgrade", "CopyTagsToSnapshot")
_LAST_TIER = 15


class AuroraReadersCapacity:
    """Readers are made under names of ours, and no other instance is ever taken away; the writer least of all."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "rds")
        self._clock = clock

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        cluster = _cluster(entry, region)
        instances, writers = self._instances(cluster, region), self._writers(cluster, region)
        staying = [one for one in instances if one["DBInstanceStatus"] != _GOING]
        serving = [one for one in staying if one["DBInstanceStatus"] in _SERVING]
        others = ", ".join(f"{one['DBInstanceIdentifier']} is {one['DBInstanceStatus']}" for one in instances
                           if one not in serving)  # fmt: skip
        return CapacityState(
            region=region,
            name=capacity_name(entry),
            desired=len(staying),
            running=len(serving),
            reason=others,
            kept=len(staying) - len(list(_removable(staying, writers, cluster))),
            serves=False,
            observed_at=self._clock.now(),
        )

    def bounds(self, entry: CapacityEntry, region: str) -> None:
        return None

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        """Those that are missing; a name that is taken already is one that came meanwhile.

        UnreachableError where AWS has none at the moment: that is asked again.
        """
        cluster = _cluster(entry, region)
        instances = self._instances(cluster, region)
        staying = [one for one in instances if one["DBInstanceStatus"] != _GOING]
        missing = count - len(staying)
        if missing <= 0:
            return
        made_like = self._model(entry, region, staying)
        taken = {str(one["DBInstanceIdentifier"]) for one in instances}
        for name in new_names(cluster, taken, missing):
            self._create(name, cluster, made_like, region)

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        raise RejectedError(f"The {capacity_name(entry)} write nothing: there is nothing to fence in {region}.")

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        cluster = _cluster(entry, region)
        staying = [one for one in self._instances(cluster, region) if one["DBInstanceStatus"] != _GOING]
        if len(staying) < count:
            self.grow(entry, region, count, claim)
            return
        ours = list(_removable(staying, self._writers(cluster, region), cluster))
        for name in ours[: len(staying) - count]:
            self._delete(name, cluster, region)

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        """Nothing keeps a least."""

    def _described(self, cluster: str, region: str) -> dict[str, Any]:
        try:
            with aws_errors("rds", region, "DescribeDBClusters"):
                answer = self._client(region).describe_db_clusters(DBClusterIdentifier=cluster)
        except RejectedError as error:
            if is_gone(error):
                raise RejectedError(f"There is no Aurora cluster {cluster} in {region}.") from error
            raise
        return dict(answer["DBClusters"][0])

    def _writers(self, cluster: str, region: str) -> set[str]:
        members = self._described(cluster, region).get("DBClusterMembers", ())
        return {member["DBInstanceIdentifier"] for member in members if member["IsClusterWriter"]}

    def _instances(self, cluster: str, region: str) -> list[dict[str, Any]]:
        asked = [{"Name": "db-cluster-id", "Values": [cluster]}]
        with aws_errors("rds", region, "DescribeDBInstances"):
            answer = self._client(region).describe_db_instances(Filters=asked)
        return [dict(one) for one in answer["DBInstances"] if one.get("DBClusterIdentifier") == cluster]

    def _model(self, entry: CapacityEntry, region: str, staying: list[dict[str, Any]]) -> dict[str, Any]:
        """What a new reader has: as another one of the cluster, else the given class, else as one in another region."""
        spec, cluster = _spec(entry), _cluster(entry, region)
        engine = self._described(cluster, region)["Engine"]
        if staying:
            return {"Engine": engine, **{key: staying[0][key] for key in _COPIED if key in staying[0]}}
        if spec.instance_class:
            return {"Engine": engine, "DBInstanceClass": spec.instance_class}
        for other in (one for one in spec.clusters if one != region):
            try:
                found = self._instances(spec.clusters[other], other)
            except DrError:
                continue
            if found:
                return {"Engine": engine, "DBInstanceClass": found[0]["DBInstanceClass"]}
        raise RejectedError(
            f"Nobody can say which class a reader of {cluster} in {region} should have: no region has an instance.",
            hint="Give it as instance_class of aurora_readers.",
        )

    def _create(self, name: str, cluster: str, made_like: dict[str, Any], region: str) -> None:
        try:
            with aws_errors("rds", region, "CreateDBInstance"):
                self._client(region).create_db_instance(
                    DBInstanceIdentifier=name, DBClusterIdentifier=cluster, PromotionTier=_LAST_TIER, **made_like
                )
        except AwsRejectedError as error:
            if (error.aws_code or "").startswith(_NO_CAPACITY):
                raise UnreachableError(f"RDS has no instance for {cluster} now: {error.message}") from error
            if not (error.aws_code or "").startswith(_TAKEN):
                raise

    def _delete(self, name: str, cluster: str, region: str) -> None:
        """One that is gone, or going already, is what was wanted."""
        try:
            with aws_errors("rds", region, "DeleteDBInstance"):
                self._client(region).delete_db_instance(DBInstanceIdentifier=name)
        except RejectedError:
            staying = (one for one in self._instances(cluster, region) if one["DBInstanceStatus"] != _GOING)
            if name in {one["DBInstanceIdentifier"] for one in staying}:
                raise


def _removable(instances: list[dict[str, Any]], writers: set[str], cluster: str) -> Iterator[str]:
    """Ours, the last one that was made first; never a writer."""
    names = sorted((str(one["DBInstanceIdentifier"]) for one in instances), key=lambda n: (len(n), n), reverse=True)
    return (name for name in names if is_ours(name, cluster) and name not in writers)


def _spec(entry: CapacityEntry) -> AuroraReaders:
    if entry.aurora_readers is None:
        raise RejectedError(f"{capacity_name(entry)} are no readers of Aurora.")
    return entry.aurora_readers


def _cluster(entry: CapacityEntry, region: str) -> str:
    """As RDS writes it: in lower case."""
    clusters = _spec(entry).clusters
    if region not in clusters:
        raise RejectedError(f"The topology names no Aurora cluster in {region} for the {capacity_name(entry)}.")
    return clusters[region].lower()
