"""Clones of Aurora clusters through RDS's API, under names and tags of the drill's own.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterToPointInTime.html: RestoreType
`copy-on-write` makes a clone; it comes without instances, and with the default security group unless one is named.
An instance of class `db.serverless` needs a cluster with a range of capacities:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.requirements.html
"""

from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors, is_gone
from dr_core.drills.port import Clone, CloneSource
from dr_core.errors import RejectedError

TAG = "dr-drill"
_GOING = "deleting"
_TAKEN = ("DBClusterAlreadyExists", "DBInstanceAlreadyExists")
_GOING_ALREADY = ("InvalidDBInstanceState", "InvalidDBClusterState")


class AuroraClones:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "rds")

    def source(self, cluster: str, region: str) -> CloneSource:
        found = self._described(cluster, region)
        if found is None:
            raise RejectedError(f"There is no Aurora cluster {cluster} in {region}.")
        instances = self._instances(cluster, region)
        return CloneSource(
            instance_class=str(instances[0]["DBInstanceClass"]) if instances else None,
            engine=str(found["Engine"]),
            endpoint=str(found.get("ReaderEndpoint") or found.get("Endpoint") or ""),
            port=int(found["Port"]),
            subnet_group=found.get("DBSubnetGroup"),
            security_groups=tuple(one["VpcSecurityGroupId"] for one in found.get("VpcSecurityGroups", ())),
            parameter_group=found.get("DBClusterParameterGroup"),
            serverless=found.get("ServerlessV2ScalingConfiguration"),
        )

    def state(self, name: str, region: str) -> Clone | None:
        found = self._described(name, region)
        if found is None:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in found.get("TagList", ())}
        return Clone(
            status=str(found["Status"]),
            drill=tags.get(TAG),
            endpoint=str(found.get("Endpoint") or ""),
            port=int(found["Port"]),
            instances={
                str(one["DBInstanceIdentifier"]): str(one["DBInstanceStatus"]) for one in self._instances(name, region)
            },
        )

    def restore(self, cluster: str, name: str, region: str, *, drill: str) -> None:
        source = self.source(cluster, region)
        same: dict[str, Any] = {
            "DBSubnetGroupName": source.subnet_group,
            "VpcSecurityGroupIds": list(source.security_groups),
            "DBClusterParameterGroupName": source.parameter_group,
            "ServerlessV2ScalingConfiguration": source.serverless,
        }
        with _unless_there(), aws_errors("rds", region, "RestoreDBClusterToPointInTime"):
            self._client(region).restore_db_cluster_to_point_in_time(
                DBClusterIdentifier=name,
                SourceDBClusterIdentifier=cluster,
                RestoreType="copy-on-write",
                UseLatestRestorableTime=True,
                DeletionProtection=False,
                Tags=_tags(drill),
                **{key: value for key, value in same.items() if value},
            )

    def add_instance(self, name: str, region: str, *, like: str, drill: str) -> None:
        source = self.source(like, region)
        with _unless_there(), aws_errors("rds", region, "CreateDBInstance"):
            self._client(region).create_db_instance(
                DBInstanceIdentifier=f"{name}-1",
                DBClusterIdentifier=name,
                DBInstanceClass=source.instance_class,
                Engine=source.engine,
                PubliclyAccessible=False,
                Tags=_tags(drill),
            )

    def remove(self, name: str, region: str, *, drill: str) -> None:
        clone = self.state(name, region)
        if clone is None:
            return
        if clone.drill != drill:
            raise RejectedError(f"{name} in {region} bears no tag of drill {drill}: it is left alone.")
        staying = [one for one, status in clone.instances.items() if status != _GOING]
        for instance in staying:
            with _unless_gone(), aws_errors("rds", region, "DeleteDBInstance"):
                self._client(region).delete_db_instance(DBInstanceIdentifier=instance, SkipFinalSnapshot=True)
        if not clone.instances:
            with _unless_gone(), aws_errors("rds", region, "DeleteDBCluster"):
                self._client(region).delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)

    def _described(self, name: str, region: str) -> dict[str, Any] | None:
        try:
            with aws_errors("rds", region, "DescribeDBClusters"):
                found = self._client(region).describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        except RejectedError as error:
            if is_gone(error):
                return None
            raise
        return next((dict(one) for one in found if one["DBClusterIdentifier"] == name.lower()), None)

    def _instances(self, cluster: str, region: str) -> list[dict[str, Any]]:
        asked = [{"Name": "db-cluster-id", "Values": [cluster.lower()]}]
        with aws_errors("rds", region, "DescribeDBInstances"):
            answer = self._client(region).describe_db_instances(Filters=asked)
        return [dict(one) for one in answer["DBInstances"] if one.get("DBClusterIdentifier") == cluster.lower()]


class _Unless:
    """Swallows one kind of refusal: what was wanted is so already."""

    def __init__(self, codes: tuple[str, ...], *, gone: bool = False) -> None:
        self._codes, self._gone = codes, gone

    def __enter__(self) -> None:
        """Nothing to do before."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, AwsRejectedError):
            return False
        return (error.aws_code or "").startswith(self._codes) or (self._gone and is_gone(error))


def _unless_there() -> _Unless:
    return _Unless(_TAKEN)


def _unless_gone() -> _Unless:
    return _Unless(_GOING_ALREADY, gone=True)


def _tags(drill: str) -> list[dict[str, str]]:
    return [{"Key": TAG, "Value": drill}]
