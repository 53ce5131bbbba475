"""Everything that AWS copies by itself, and feature flags: keys, global tables, caches, AppConfig."""

import json

from bot.sandbox.world.dynamodb import DynamoDb
from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.model import Application
from dr_core.topology.stores import AppConfigFlags

_FLAGS = {
    "version": "1",
    "flags": {"new-checkout": {"name": "new checkout"}, "search-v2": {"name": "search v2"}},
    "values": {"new-checkout": {"enabled": True}, "search-v2": {"enabled": False}},
}


class CopySeeds:
    def __init__(self, seeds: Seeding, ground: Ground) -> None:
        self._seeds = seeds
        self._tables = ground.part(DynamoDb)
        self._caches = ground.part(ElastiCacheGlobal)

    def seed(self, app: Application) -> None:
        """In every region of the application, in step from the beginning."""
        for alias in app.keys:
            self._key(app, alias)
        for table in app.tables:
            if table.dynamodb_global:
                self._table(app, table.dynamodb_global.table)
        for cache in app.cache:
            if cache.elasticache_global:
                self._cache(app, cache.elasticache_global.group)
        for spec in app.parameters.appconfig:
            for region in app.regions:
                self._configuration(region, spec)

    def _key(self, app: Application, alias: str) -> None:
        """https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html"""
        name = alias if alias.startswith("alias/") else f"alias/{alias}"
        with self._seeds.tolerated(f"key {alias}"):
            kms = self._seeds.at("kms", app.primary)
            if any(known["AliasName"] == name for known in kms("ListAliases")["Aliases"]):
                return
            key = kms("CreateKey", MultiRegion=True, Description=name)["KeyMetadata"]["KeyId"]
            for region in app.standby:
                kms("ReplicateKey", KeyId=key, ReplicaRegion=region)
            for region in app.regions:
                self._seeds.at("kms", region)("CreateAlias", AliasName=name, TargetKeyId=key)

    def _table(self, app: Application, name: str) -> None:
        for region in app.regions:
            with self._seeds.tolerated(f"table {name}"):
                self._seeds.at("dynamodb", region)(
                    "CreateTable",
                    TableName=name,
                    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                )
        self._tables.join(name, app.regions)

    def _cache(self, app: Application, name: str) -> None:
        for region in app.regions:
            with self._seeds.tolerated(f"cache {name}"):
                self._seeds.at("elasticache", region)(
                    "CreateReplicationGroup",
                    ReplicationGroupId=name,
                    ReplicationGroupDescription=name,
                    Engine="redis",
                    CacheNodeType="cache.r6g.large",
                    NumCacheClusters=2,
                )
        self._caches.join(name, dict.fromkeys(app.regions, name), app.primary)

    def _configuration(self, region: str, spec: AppConfigFlags) -> None:
        """Names are made when they are not there: several profiles may belong to one application."""
        client = self._seeds.at("appconfig", region)
        with self._seeds.tolerated(f"configuration {spec.profile}"):
            applications = {known["Name"]: known["Id"] for known in client("ListApplications")["Items"]}
            application = applications.get(spec.application)
            if application is None:
                application = client("CreateApplication", Name=spec.application)["Id"]
            environments = client("ListEnvironments", ApplicationId=application)["Items"]
            environment = {known["Name"]: known["Id"] for known in environments}.get(spec.environment)
            if environment is None:
                environment = client("CreateEnvironment", ApplicationId=application, Name=spec.environment)["Id"]
            profiles = client("ListConfigurationProfiles", ApplicationId=application)["Items"]
            if any(known["Name"] == spec.profile for known in profiles):
                return
            profile = client(
                "CreateConfigurationProfile",
                ApplicationId=application,
                Name=spec.profile,
                LocationUri="hosted",
                Type="AWS.AppConfig.FeatureFlags",
            )["Id"]
            version = client(
                "CreateHostedConfigurationVersion",
                ApplicationId=application,
                ConfigurationProfileId=profile,
                Content=json.dumps(_FLAGS).encode(),
                ContentType="application/json",
            )["VersionNumber"]
            client(
                "StartDeployment",
                ApplicationId=application,
                EnvironmentId=environment,
                ConfigurationProfileId=profile,
                ConfigurationVersion=str(version),
                DeploymentStrategyId="sandbox.AtOnce",
            )
