"""Where data lives and how it is copied: databases, buckets, caches, tables, parameters."""

from enum import StrEnum

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import PerRegion, RdsName, RdsNames, RoleArn, Text
from dr_core.value import Value


class AuroraEngine(StrEnum):
    POSTGRESQL = "aurora-postgresql"
    MYSQL = "aurora-mysql"


class AuroraGlobal(Value):
    """`engine` None: as it is observed, and PostgreSQL where nothing is."""

    global_cluster: RdsName
    clusters: RdsNames
    gate: bool = True
    engine: AuroraEngine | None = None

    @property
    def parts(self) -> PerRegion:
        return self.clusters

    @property
    def label(self) -> str:
        """What sentences call it."""
        return f"global cluster {self.global_cluster}"


class RdsReplica(Value):
    """One instance a region: one is the source, the others are its read replicas."""

    instances: RdsNames
    gate: bool = True

    @property
    def name(self) -> str:
        """What it is called: all of them, since they have no name in common."""
        return " ".join(sorted(self.instances.values()))

    @property
    def parts(self) -> PerRegion:
        return self.instances

    @property
    def label(self) -> str:
        """What sentences call it."""
        return f"database {' and '.join(sorted(self.instances.values()))}"


class Database(OneOf):
    aurora_global: AuroraGlobal | None = None
    rds_replica: RdsReplica | None = None


class S3Buckets(Value):
    buckets: PerRegion
    prefixes: tuple[Text, ...] = ()
    heartbeat: bool = True
    gate: bool = False
    batch_role_arn: RoleArn | None = None


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
