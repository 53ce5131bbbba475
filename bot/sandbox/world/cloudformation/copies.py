"""What AWS copies between regions by itself: tables and caches; and settings that each region has of its own."""

from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kept, Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json


@dataclass(frozen=True)
class _GlobalTable:
    """A table here, and a replica in each other region that it names."""

    fixed: frozenset[str] = frozenset({"TableName", "KeySchema"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("dynamodb", "CreateTable", properties)
        asked["TableName"] = str(properties.get("TableName") or site.name())
        table = site.ask("dynamodb", "CreateTable", **asked)["TableDescription"]
        for region in self._others(site, properties):
            self._replica(site, asked["TableName"], "Create", region)
        arn = str(table["TableArn"])
        return Made(asked["TableName"], {"Arn": arn, "TableId": table.get("TableId", ""), "StreamArn": f"{arn}/stream"})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        had, has = set(self._others(site, before)), set(self._others(site, after))
        for region in sorted(has - had):
            self._replica(site, made.id, "Create", region)
        for region in sorted(had - has):
            self._replica(site, made.id, "Delete", region)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        for region in self._others(site, properties):
            with_absent_fine(lambda r=region: self._replica(site, made.id, "Delete", r))  # type: ignore[misc]
        with_absent_fine(lambda: site.ask("dynamodb", "DeleteTable", TableName=made.id))

    def _others(self, site: Site, properties: Json) -> list[str]:
        return [one["Region"] for one in properties.get("Replicas") or () if one["Region"] != site.region]

    def _replica(self, site: Site, table: str, verb: str, region: str) -> None:
        site.ask("dynamodb", "UpdateTable", TableName=table, ReplicaUpdates=[{verb: {"RegionName": region}}])


@dataclass(frozen=True)
class _GlobalCache:
    """A datastore whose first member is the primary; the others name it when they are made."""

    fixed: frozenset[str] = frozenset({"GlobalReplicationGroupIdSuffix"})

    def create(self, site: Site, properties: Json) -> Made:
        primary = next(one for one in properties["Members"] if one.get("Role", "PRIMARY") == "PRIMARY")
        asked = parameters("elasticache", "CreateGlobalReplicationGroup", properties)
        asked["PrimaryReplicationGroupId"] = primary["ReplicationGroupId"]
        made = site.ask("elasticache", "CreateGlobalReplicationGroup", **asked)["GlobalReplicationGroup"]
        name = str(made["GlobalReplicationGroupId"])
        return Made(name, {"GlobalReplicationGroupId": name, "Status": "available"})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        gone = {"GlobalReplicationGroupId": made.id, "RetainPrimaryReplicationGroup": True}
        with_absent_fine(lambda: site.ask("elasticache", "DeleteGlobalReplicationGroup", **gone))


_GROUP = "ReplicationGroup"
_OF = {"ApplicationId": "{ApplicationId}"}

KINDS: dict[str, Kind] = {
    "AWS::DynamoDB::GlobalTable": _GlobalTable(),
    "AWS::DynamoDB::Table": Plain(
        "dynamodb", "CreateTable", "{TableName}", drop="DeleteTable", by={"TableName": "{id}"}, named="TableName",
        attributes={"Arn": "TableDescription.TableArn"}, fixed=frozenset({"TableName", "KeySchema"}),
    ),
    "AWS::ElastiCache::GlobalReplicationGroup": _GlobalCache(),
    "AWS::ElastiCache::ReplicationGroup": Plain(
        "elasticache", "CreateReplicationGroup", "{ReplicationGroupId}", drop="DeleteReplicationGroup",
        by={"ReplicationGroupId": "{id}"}, change="ModifyReplicationGroup", named="ReplicationGroupId", longest=40,
        attributes={"PrimaryEndPoint.Address": f"{_GROUP}.ConfigurationEndpoint.Address",
                    "PrimaryEndPoint.Port": "6379",
                    "ReaderEndPoint.Address": f"{_GROUP}.ConfigurationEndpoint.Address"},
        fixed=frozenset({"ReplicationGroupId", "AtRestEncryptionEnabled", "KmsKeyId", "GlobalReplicationGroupId"}),
    ),
    "AWS::ElastiCache::SubnetGroup": Plain(
        "elasticache", "CreateCacheSubnetGroup", "CacheSubnetGroup.CacheSubnetGroupName", drop="DeleteCacheSubnetGroup",
        by={"CacheSubnetGroupName": "{id}"}, named="CacheSubnetGroupName",
        renamed={"Description": "CacheSubnetGroupDescription"}, fixed=frozenset({"CacheSubnetGroupName"}),
    ),
    "AWS::AppConfig::Application": Plain(
        "appconfig", "CreateApplication", "Id", drop="DeleteApplication", by={"ApplicationId": "{id}"},
        attributes={"ApplicationId": "{id}"}, change="UpdateApplication",
    ),
    "AWS::AppConfig::Environment": Plain(
        "appconfig", "CreateEnvironment", "Id", drop="DeleteEnvironment", by={**_OF, "EnvironmentId": "{id}"},
        attributes={"EnvironmentId": "{id}"}, change="UpdateEnvironment", fixed=frozenset({"ApplicationId"}),
    ),
    "AWS::AppConfig::ConfigurationProfile": Plain(
        "appconfig", "CreateConfigurationProfile", "Id", drop="DeleteConfigurationProfile",
        by={**_OF, "ConfigurationProfileId": "{id}"}, attributes={"ConfigurationProfileId": "{id}"},
        change="UpdateConfigurationProfile", fixed=frozenset({"ApplicationId", "LocationUri", "Type"}),
    ),
    "AWS::AppConfig::HostedConfigurationVersion": Plain(
        "appconfig", "CreateHostedConfigurationVersion", "VersionNumber", drop="DeleteHostedConfigurationVersion",
        by={**_OF, "ConfigurationProfileId": "{ConfigurationProfileId}", "VersionNumber": "{id}"},
        attributes={"VersionNumber": "{id}"}, fixed=frozenset({"ApplicationId", "ConfigurationProfileId", "Content"}),
    ),
    "AWS::AppConfig::DeploymentStrategy": Kept(
        "a deployment says itself how long it takes", named="Name", attributes={"Id": "{id}"},
    ),
    "AWS::AppConfig::Deployment": Plain(
        "appconfig", "StartDeployment", "DeploymentNumber", attributes={"DeploymentNumber": "{id}"},
        fixed=frozenset({"ApplicationId", "EnvironmentId", "ConfigurationProfileId", "ConfigurationVersion"}),
    ),
}  # fmt: skip
