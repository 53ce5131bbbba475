"""Where data lives and how it is copied: databases, buckets, caches, tables, parameters."""

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import PerRegion, Text
from dr_core.value import Value


class AuroraGlobal(Value):
    global_cluster: Text
    clusters: PerRegion
    gate: bool = True


class RdsReplica(Value):
    instances: PerRegion
    gate: bool = True


class Database(OneOf):
    aurora_global: AuroraGlobal | None = None
    rds_replica: RdsReplica | None = None


class S3Buckets(Value):
    buckets: PerRegion
    prefixes: tuple[Text, ...] = ()
    heartbeat: bool = True
    gate: bool = False


class Storage(OneOf):
    s3: S3Buckets | None = None


class ElastiCacheGlobal(Value):
    group: Text
    gate: bool = False


class Cache(OneOf):
    elasticache_global: ElastiCacheGlobal | None = None


class DynamoDbGlobal(Value):
    table: Text
    gate: bool = False


class Table(OneOf):
    dynamodb_global: DynamoDbGlobal | None = None


class AppConfigFlags(Value):
    """A configuration profile of AppConfig by its names, the same in each region."""

    application: Text
    environment: Text
    profile: Text


class Parameters(Value):
    paths: tuple[Text, ...] = ()
    flags: Text | None = None
    appconfig: tuple[AppConfigFlags, ...] = ()
