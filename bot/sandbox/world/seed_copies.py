"""Everything that AWS copies by itself, and feature flags: keys, global tables, caches, AppConfig."""

import json

from bot.sandbox.world.dynamodb import DynamoDb
from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.seed_clients import SeedClients
from dr_core.topology.model import AppConfigFlags, Application

_FLAGS = {
    "version": "1",
    "flags": {"new-checkout": {"name": "new checkout"}, "search-v2": {"name": "search v2"}},
    "values": {"new-checkout": {"enabled": True}, "search-v2": {"enabled": False}},
}


class CopySeeds:
    def __init__(self, clients: SeedClients, tables: DynamoDb, caches: ElastiCacheGlobal) -> None:
        self._clients = clients
        self._tables = tables
        self._caches = caches

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
        with self._clients.tolerated(f"key {alias}"):
            kms = self._clients.client("kms", app.primary)
            if any(known["AliasName"] == name for known in kms.list_aliases()["Aliases"]):
                return
            key = kms.create_key(MultiRegion=True, Description=name)["KeyMetadata"]["KeyId"]
            for region in app.standby:
                kms.replicate_key(KeyId=key, ReplicaRegion=region)
            for region in app.regions:
                self._clients.client("kms", region).create_alias(AliasName=name, TargetKeyId=key)

    def _table(self, app: Application, name: str) -> None:
        for region in app.regions:
            with self._clients.tolerated(f"table {name}"):
                self._clients.client("dynamodb", region).create_table(
                    TableName=name,
                    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                )
        self._tables.join(name, app.regions)

    def _cache(self, app: Application, name: str) -> None:
        for region in app.regions:
            with self._clients.tolerated(f"cache {name}"):
                self._clients.client("elasticache", region).create_replication_group(
                    ReplicationGroupId=name,
                    ReplicationGroupDescription=name,
                    Engine="redis",
                    CacheNodeType="cache.r6g.large",
                    NumCacheClusters=2,
                )
        self._caches.join(name, dict.fromkeys(app.regions, name), app.primary)

    def _configuration(self, region: str, spec: AppConfigFlags) -> None:
        """Names are made when they are not there: several profiles may belong to one application."""
        client = self._clients.client("appconfig", region)
        with self._clients.tolerated(f"configuration {spec.profile}"):
            applications = {known["Name"]: known["Id"] for known in client.list_applications()["Items"]}
            application = applications.get(spec.application)
            if application is None:
                application = client.create_application(Name=spec.application)["Id"]
            environments = client.list_environments(ApplicationId=application)["Items"]
            environment = {known["Name"]: known["Id"] for known in environments}.get(spec.environment)
            if environment is None:
                environment = client.create_environment(ApplicationId=application, Name=spec.environment)["Id"]
            profiles = client.list_configuration_profiles(ApplicationId=application)["Items"]
            if any(known["Name"] == spec.profile for known in profiles):
                return
            profile = client.create_configuration_profile(
                ApplicationId=application, Name=spec.profile, LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
            )["Id"]
            version = client.create_hosted_configuration_version(
                ApplicationId=application,
                ConfigurationProfileId=profile,
                Content=json.dumps(_FLAGS).encode(),
                ContentType="application/json",
            )["VersionNumber"]
            client.start_deployment(
                ApplicationId=application,
                EnvironmentId=environment,
                ConfigurationProfileId=profile,
                ConfigurationVersion=str(version),
                DeploymentStrategyId="sandbox.AtOnce",
            )
