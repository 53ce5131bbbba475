"""Drift: that what is linked in AWS is what dr.yaml says is linked.

What is declared and absent, others find as well. What is there and not declared is found only here: a member, a
replica, a rule or a record that nobody told the bot of.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalClusterMember.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicationStatusType.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ReplicaDescription.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_GlobalReplicationGroupMember.html
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from dr_core.discovery.drift import by_region, drift
from dr_core.errors import RejectedError
from dr_core.readiness.asking import call, found, pages
from dr_core.readiness.examination import EVERYWHERE, About, Inquiry, Subject
from dr_core.readiness.examinations.traffic import HOME
from dr_core.readiness.model import Check
from dr_core.replication.elasticache import matching
from dr_core.topology.stores import AuroraGlobal
from dr_core.topology.traffic import Route53Records

AREA = "drift"
Lines = tuple[str, ...] | None
"""What is there, a line each; None: the thing itself is missing, which is said elsewhere."""


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    """Asked in the active region, and of what a dead one would hide, in a standby."""
    app, near = subject.application, (subject.standbys or (subject.active,))[0]
    if app.database and app.database.aurora_global:
        spec = app.database.aurora_global
        yield _inquiry(
            "database", spec.global_cluster, near, "RDS DescribeGlobalClusters",
            partial(_members, subject, spec, near), by_region(spec.clusters),
        )  # fmt: skip
    for storage in app.storage:
        buckets = storage.s3.buckets if storage.s3 else {}
        for region, bucket in buckets.items():
            others = tuple(name for other, name in buckets.items() if other != region)
            ask = partial(_rules, subject, bucket, region)
            yield _inquiry("storage", bucket, region, "S3 GetBucketReplication", ask, others)
    for traffic in app.traffic:
        if traffic.route53_records:
            records = traffic.route53_records
            declared = tuple(records.set_identifiers.values())
            ask = partial(_records, subject, records)
            yield _inquiry("traffic", records.name, EVERYWHERE, "Route 53 ListResourceRecordSets", ask, declared)
    regions = tuple(app.regions)
    for name in app.secrets:
        ask = partial(_secret, subject, name)
        yield _inquiry("secrets", name, subject.active, "Secrets Manager DescribeSecret", ask, regions)
    for table in app.tables:
        if table.dynamodb_global:
            ask = partial(_table, subject, table.dynamodb_global.table, near)
            yield _inquiry("tables", table.dynamodb_global.table, near, "DynamoDB DescribeTable", ask, regions)
    for cache in app.cache:
        if cache.elasticache_global:
            group = cache.elasticache_global.group
            ask = partial(_cache, subject, group, near)
            yield _inquiry("cache", group, near, "ElastiCache DescribeGlobalReplicationGroups", ask, regions)


def _inquiry(
    kind: str, name: str, lane: str, source: str, ask: Callable[[], Lines], declared: Iterable[str]
) -> Inquiry[Any]:
    where = source if lane == EVERYWHERE else f"{source}, {lane}"
    return Inquiry(
        f"drift-{kind}-unknown", AREA, name, lane, where, ask, partial(judge, kind, tuple(declared)), anywhere=True
    )


# -- what is asked ---------------------------------------------------------------------------------------------------


def _members(subject: Subject, spec: AuroraGlobal, region: str) -> Lines:
    answer = found(
        subject, "rds", region, "DescribeGlobalClusters", GlobalClusterIdentifier=spec.global_cluster
    )  # fmt: skip
    for raw in answer["GlobalClusters"] if answer else ():
        if raw["GlobalClusterIdentifier"] == spec.global_cluster:
            arns = [member["DBClusterArn"].split(":") for member in raw.get("GlobalClusterMembers", ())]
            return by_region({arn[3]: arn[6] for arn in arns})
    return None


def _rules(subject: Subject, bucket: str, region: str) -> Lines:
    """The buckets that enabled rules lead to."""
    try:
        answer = call(subject, "s3", region, "GetBucketReplication", Bucket=bucket)
    except RejectedError as error:
        code = getattr(error, "aws_code", None)
        if code == "NoSuchBucket":
            return None
        if code == "ReplicationConfigurationNotFoundError":
            return ()
        raise
    rules = answer["ReplicationConfiguration"]["Rules"]
    return tuple(str(r["Destination"]["Bucket"]).rsplit(":", 1)[-1] for r in rules if r.get("Status") == "Enabled")


def _records(subject: Subject, spec: Route53Records) -> Lines:
    answer = found(
        subject, "route53", HOME, "ListResourceRecordSets",
        HostedZoneId=spec.hosted_zone, StartRecordName=spec.name, StartRecordType=spec.type, MaxItems="100",
    )  # fmt: skip
    if answer is None:
        return None
    name = spec.name.rstrip(".").lower().replace("*", "\\052")
    return tuple(
        str(raw.get("SetIdentifier", "a record without a set identifier"))
        for raw in answer["ResourceRecordSets"]
        if raw["Name"].rstrip(".").lower() == name and raw["Type"] == spec.type
    )


def _secret(subject: Subject, name: str) -> Lines:
    """The regions that it lives in. A replica tells of itself and its primary only, so the primary is asked then."""
    answer = found(subject, "secretsmanager", subject.active, "DescribeSecret", SecretId=name)
    if answer is None:
        return None
    primary = answer.get("PrimaryRegion") or subject.active
    if primary != subject.active:
        answer = found(subject, "secretsmanager", primary, "DescribeSecret", SecretId=name) or {}
    return (primary, *(raw["Region"] for raw in answer.get("ReplicationStatus", ())))


def _table(subject: Subject, name: str, region: str) -> Lines:
    answer = found(subject, "dynamodb", region, "DescribeTable", TableName=name)
    if answer is None:
        return None
    return tuple({region, *(raw["RegionName"] for raw in answer["Table"].get("Replicas", ()))})


def _cache(subject: Subject, group: str, region: str) -> Lines:
    answers = pages(
        subject, "elasticache", region, "DescribeGlobalReplicationGroups", token=("Marker", "Marker"),
        ShowMemberInfo=True,
    )  # fmt: skip
    known = matching(group, [raw for answer in answers for raw in answer["GlobalReplicationGroups"]])
    return tuple(member["ReplicationGroupRegion"] for member in known[0].get("Members", ())) if known else None


# -- what it means ---------------------------------------------------------------------------------------------------


def judge(kind: str, declared: tuple[str, ...], there: Lines, about: About) -> Iterable[Check]:
    """A warning with the diff: what nobody declared is neither moved nor fenced, and the bot does not see it."""
    code = f"drift:{kind}"
    if there is None:
        yield about.unknown(code, f"{about.subject} was not found, so nothing about it can be compared.")
        return
    differs = drift(declared, there)
    if not differs.diff:
        yield about.ok(code, f"{about.subject} is linked as dr.yaml says.")
        return
    message = f"{about.subject} differs from dr.yaml: {differs.sentence}."
    yield about.warning(code, message, evidence=differs.diff, way_out="Correct dr.yaml, or what AWS has.")
