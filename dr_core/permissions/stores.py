"""What is asked of databases, buckets, caches and tables by whoever observes, examines and counts. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from collections.abc import Iterator

from dr_core.drills.writing import PREFIX as DRILL
from dr_core.permissions.model import Ground
from dr_core.plan.kind import Need
from dr_core.topology.stores import S3Buckets


def database(ground: Ground) -> Iterator[Need]:
    """A global cluster is looked for among all where it has lost a member: its name alone tells nothing then."""
    if ground.app.database is None:
        return
    aurora, replicas = ground.app.database.aurora_global, ground.app.database.rds_replica
    rds = f"arn:aws:rds:{{region}}:{ground.account}"
    if aurora is not None:
        yield from ground.each_region("rds:DescribeGlobalClusters", f"arn:aws:rds::{ground.account}:global-cluster:*")
        for region, cluster in aurora.clusters.items():
            there = rds.replace("{region}", region)
            yield Need("rds:DescribeDBClusters", region, (f"{there}:cluster:{cluster.lower()}",))
            yield Need("rds:DescribeDBInstances", region, (f"{there}:db:*",))
        yield from ground.each_region("rds:DescribeDBClusterParameters", f"{rds}:cluster-pg:*")
        yield from ground.each_region("rds:DescribeEvents")
        yield from ground.each_region("kms:DescribeKey", f"arn:aws:kms:{{region}}:{ground.account}:key/*")
    if replicas is not None:
        for region, instance in replicas.instances.items():
            arn = f"{rds.replace('{region}', region)}:db:{instance.lower()}"
            yield Need("rds:DescribeDBInstances", region, (arn,))
    yield from ground.each_region("rds:DescribeDBProxies", f"{rds}:db-proxy:*")
    yield from ground.each_region("rds:DescribeDBProxyTargets", f"{rds}:db-proxy:*", f"{rds}:target-group:*")
    yield from ground.each_region("cloudwatch:GetMetricData")


def buckets(ground: Ground) -> Iterator[Need]:
    for region, bucket, _ in _buckets(ground):
        here = (f"arn:aws:s3:::{bucket}",)
        for action in (
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetReplicationConfiguration",
        ):
            yield Need(action, region, here)
        yield Need("kms:DescribeKey", region, (f"arn:aws:kms:{region}:{ground.account}:key/*",))
        yield Need("cloudwatch:GetMetricData", region)


def heartbeats(ground: Ground) -> Iterator[Need]:
    """Under the prefix of each replication rule, which the rules themselves tell; without the right to list a bucket
    what is not there looks like a refusal."""
    for region, bucket, spec in _buckets(ground):
        if spec.heartbeat:
            beats = (f"arn:aws:s3:::{bucket}/*.dr-heartbeat/*",)
            for action in ("s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"):
                yield Need(action, region, beats)
            yield Need("s3:ListBucket", region, (f"arn:aws:s3:::{bucket}",))


def drill_objects(ground: Ground) -> Iterator[Need]:
    """What a drill writes, copies of it in other regions, and all versions of both at its end."""
    for region, bucket, _ in _buckets(ground):
        objects = (f"arn:aws:s3:::{bucket}/{DRILL}/*",)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObjectVersion"):
            yield Need(action, region, objects)
        for action in ("s3:GetBucketObjectLockConfiguration", "s3:ListBucket", "s3:ListBucketVersions"):
            yield Need(action, region, (f"arn:aws:s3:::{bucket}",))


def caches(ground: Ground) -> Iterator[Need]:
    """AWS puts letters of its own before a datastore's name, and members are named by it alone: all are listed."""
    if any(entry.elasticache_global for entry in ground.app.cache):
        datastores = f"arn:aws:elasticache::{ground.account}:globalreplicationgroup:*"
        groups = f"arn:aws:elasticache:{{region}}:{ground.account}:replicationgroup:*"
        yield from ground.each_region("elasticache:DescribeGlobalReplicationGroups", datastores)
        yield from ground.each_region("elasticache:DescribeReplicationGroups", groups)
        yield from ground.each_region("cloudwatch:GetMetricData")


def tables(ground: Ground) -> Iterator[Need]:
    for entry in ground.app.tables:
        if entry.dynamodb_global:
            arn = f"arn:aws:dynamodb:{{region}}:{ground.account}:table/{entry.dynamodb_global.table}"
            yield from ground.each_region("dynamodb:DescribeTable", arn)
            yield from ground.each_region("cloudwatch:GetMetricData")


def _buckets(ground: Ground) -> Iterator[tuple[str, str, S3Buckets]]:
    for storage in ground.app.storage:
        if storage.s3 is not None:
            yield from ((region, bucket, storage.s3) for region, bucket in storage.s3.buckets.items())
