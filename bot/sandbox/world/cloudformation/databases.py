"""Databases: RDS's types. Members of a global cluster join and leave it by RDS's own calls."""

from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json

_SOURCE = "SourceDBInstanceIdentifier"


@dataclass(frozen=True)
class _Cluster:
    fixed: frozenset[str] = frozenset(
        {"DBClusterIdentifier", "DBSubnetGroupName", "DatabaseName", "KmsKeyId", "StorageEncrypted", "Engine"}
    )

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("rds", "CreateDBCluster", properties)
        asked.setdefault("DBClusterIdentifier", site.name().lower())
        made = site.ask("rds", "CreateDBCluster", **asked)["DBCluster"]
        name = str(made["DBClusterIdentifier"])
        port = str(made.get("Port") or properties.get("Port") or "")
        arn = made.get("DBClusterArn") or f"arn:aws:rds:{site.region}:{site.account}:cluster:{name}"
        return Made(
            name,
            {
                "DBClusterArn": arn,
                "DBClusterResourceId": made.get("DbClusterResourceId", ""),
                "Endpoint.Address": made.get("Endpoint", ""),
                "Endpoint.Port": port,
                "ReadEndpoint.Address": made.get("ReaderEndpoint", ""),
                "MasterUserSecret.SecretArn": (made.get("MasterUserSecret") or {}).get("SecretArn", ""),
            },
        )

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        asked = parameters("rds", "ModifyDBCluster", after)
        for name in ("MasterUserPassword", "DBClusterIdentifier"):
            asked.pop(name, None)
        site.ask("rds", "ModifyDBCluster", DBClusterIdentifier=made.id, ApplyImmediately=True, **asked)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        joined = properties.get("GlobalClusterIdentifier")
        if joined:
            member = {"GlobalClusterIdentifier": joined, "DbClusterIdentifier": made.attributes["DBClusterArn"]}
            with_absent_fine(lambda: site.ask("rds", "RemoveFromGlobalCluster", **member))
        gone = {"DBClusterIdentifier": made.id, "SkipFinalSnapshot": True}
        with_absent_fine(lambda: site.ask("rds", "DeleteDBCluster", **gone))


@dataclass(frozen=True)
class _Instance:
    """One of a cluster, one alone, or a read replica of one that may stand in another region."""

    fixed: frozenset[str] = frozenset(
        {"DBInstanceIdentifier", "DBClusterIdentifier", "DBSubnetGroupName", "DBName", "KmsKeyId", "Engine", _SOURCE}
    )

    def create(self, site: Site, properties: Json) -> Made:
        make = "CreateDBInstanceReadReplica" if properties.get(_SOURCE) else "CreateDBInstance"
        asked = parameters("rds", make, properties)
        asked.setdefault("DBInstanceIdentifier", site.name().lower())
        if properties.get(_SOURCE):
            # moto looks for the group in the region of the source.
            asked.pop("DBSubnetGroupName", None)
        if properties.get("VPCSecurityGroups"):
            asked["VpcSecurityGroupIds"] = properties["VPCSecurityGroups"]
        made = site.ask("rds", make, **asked)["DBInstance"]
        name, endpoint = str(made["DBInstanceIdentifier"]), made.get("Endpoint") or {}
        return Made(
            name,
            {
                "DBInstanceArn": f"arn:aws:rds:{site.region}:{site.account}:db:{name}",
                "DbiResourceId": made.get("DbiResourceId", ""),
                "Endpoint.Address": endpoint.get("Address", ""),
                "Endpoint.Port": str(endpoint.get("Port", "")),
            },
        )

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        asked = parameters("rds", "ModifyDBInstance", after)
        for name in ("MasterUserPassword", "DBInstanceIdentifier"):
            asked.pop(name, None)
        site.ask("rds", "ModifyDBInstance", DBInstanceIdentifier=made.id, ApplyImmediately=True, **asked)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        gone = {"DBInstanceIdentifier": made.id, "SkipFinalSnapshot": True}
        with_absent_fine(lambda: site.ask("rds", "DeleteDBInstance", **gone))


@dataclass(frozen=True)
class _Parameters:
    """A group of parameters; `of` is what its API's names begin with."""

    of: str
    fixed: frozenset[str] = frozenset({"Family", "Description"})

    @property
    def _name(self) -> str:
        return f"{self.of}Name"

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get(self._name) or site.name()).lower()
        told = {"DBParameterGroupFamily": properties["Family"], "Description": properties["Description"]}
        site.ask("rds", f"Create{self.of}", **{self._name: name}, **told)
        made = Made(name)
        self._say(site, name, properties)
        return made

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self._say(site, made.id, after)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("rds", f"Delete{self.of}", **{self._name: made.id}))

    def _say(self, site: Site, name: str, properties: Json) -> None:
        said = [
            {"ParameterName": key, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"}
            for key, value in (properties.get("Parameters") or {}).items()
        ]
        if said:
            site.ask("rds", f"Modify{self.of}", **{self._name: name}, Parameters=said)


KINDS: dict[str, Kind] = {
    "AWS::RDS::DBCluster": _Cluster(),
    "AWS::RDS::DBInstance": _Instance(),
    "AWS::RDS::DBClusterParameterGroup": _Parameters("DBClusterParameterGroup"),
    "AWS::RDS::DBParameterGroup": _Parameters("DBParameterGroup"),
    "AWS::RDS::DBSubnetGroup": Plain(
        "rds", "CreateDBSubnetGroup", "DBSubnetGroup.DBSubnetGroupName", drop="DeleteDBSubnetGroup",
        by={"DBSubnetGroupName": "{id}"}, change="ModifyDBSubnetGroup", named="DBSubnetGroupName",
        fixed=frozenset({"DBSubnetGroupName"}),
    ),
    "AWS::RDS::GlobalCluster": Plain(
        "rds", "CreateGlobalCluster", "GlobalCluster.GlobalClusterIdentifier", drop="DeleteGlobalCluster",
        by={"GlobalClusterIdentifier": "{id}"}, change="ModifyGlobalCluster", named="GlobalClusterIdentifier",
        attributes={"GlobalEndpoint.Address": "GlobalCluster.Endpoint"},
        fixed=frozenset({"GlobalClusterIdentifier", "SourceDBClusterIdentifier", "StorageEncrypted", "Engine"}),
    ),
}  # fmt: skip
