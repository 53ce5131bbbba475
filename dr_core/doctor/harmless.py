"""One harmless call for each service that an application uses in a region.

It reads, costs nothing, and is one that the product makes anyway: a refusal is a permission that is really missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dr_core.topology.model import Application


@dataclass(frozen=True)
class HarmlessCall:
    """`arguments` by the names of the API reference."""

    service: str
    operation: str
    arguments: dict[str, object] = field(default_factory=dict, hash=False)


def calls(application: Application, region: str) -> tuple[HarmlessCall, ...]:
    """At most one a service, in a region of the application."""
    first: dict[str, HarmlessCall] = {}
    for call in (*_stores(application, region), *_settings(application), *_compute(application)):
        first.setdefault(call.service, call)
    return tuple(first.values())


def _stores(application: Application, region: str) -> Iterator[HarmlessCall]:
    database = application.database
    if database and database.aurora_global:
        identifier = database.aurora_global.global_cluster
        yield HarmlessCall("rds", "DescribeGlobalClusters", {"GlobalClusterIdentifier": identifier})
    if database and database.rds_replica and region in database.rds_replica.instances:
        instance = database.rds_replica.instances[region]
        yield HarmlessCall("rds", "DescribeDBInstances", {"DBInstanceIdentifier": instance})
    for storage in application.storage:
        if storage.s3 and region in storage.s3.buckets:
            yield HarmlessCall("s3", "HeadBucket", {"Bucket": storage.s3.buckets[region]})
    for cache in application.cache:
        if cache.elasticache_global:
            yield HarmlessCall("elasticache", "DescribeGlobalReplicationGroups")
    for table in application.tables:
        if table.dynamodb_global:
            yield HarmlessCall("dynamodb", "DescribeTable", {"TableName": table.dynamodb_global.table})


def _settings(application: Application) -> Iterator[HarmlessCall]:
    for secret in application.secrets:
        yield HarmlessCall("secretsmanager", "DescribeSecret", {"SecretId": secret})
    parameters = application.parameters
    paths = (*parameters.paths, *((parameters.flags,) if parameters.flags else ()))
    for path in paths:
        root = path.rstrip("/") or "/"
        yield HarmlessCall("ssm", "GetParametersByPath", {"Path": root, "Recursive": True, "MaxResults": 1})
    for key in application.keys:
        alias = key if key.startswith("alias/") else f"alias/{key}"
        yield HarmlessCall("kms", "DescribeKey", {"KeyId": alias})


def _compute(application: Application) -> Iterator[HarmlessCall]:
    for capacity in application.capacity:
        if capacity.ecs:
            named = {"cluster": capacity.ecs.cluster, "services": [capacity.ecs.service]}
            yield HarmlessCall("ecs", "DescribeServices", dict(named))
        if capacity.autoscaling:
            names = [capacity.autoscaling.group]
            yield HarmlessCall("autoscaling", "DescribeAutoScalingGroups", {"AutoScalingGroupNames": names})


def everywhere(application: Application) -> tuple[HarmlessCall, ...]:
    """What has one home for all regions."""
    for traffic in application.traffic:
        if traffic.route53_records:
            zone = traffic.route53_records.hosted_zone
            return (HarmlessCall("route53", "ListResourceRecordSets", {"HostedZoneId": zone, "MaxItems": "1"}),)
    return ()
