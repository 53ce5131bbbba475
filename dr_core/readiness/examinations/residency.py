"""Residency: that no target of traffic, no copy of data and no part of the audit store lies outside what is allowed.

What dr.yaml declares is one thing; what AWS tells of copies that nobody declared is the other.
https://docs.aws.amazon.com/general/latest/gr/rande.html names which services are global.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import HERE, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.model import Topology

AREA = "residency"


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    topology, app = subject.topology, subject.application
    allowed = frozenset(topology.residency.allowed_regions)
    judge_copies = partial(judge, allowed)
    placed = partial(declared, topology, subject.name)
    yield Inquiry("residency-unknown", AREA, subject.name, HERE, "dr.yaml", placed, judge_copies)
    if app.database and app.database.aurora_global:
        spec = app.database.aurora_global
        yield Inquiry(
            "residency-unknown", AREA, spec.global_cluster, subject.active,
            f"RDS DescribeGlobalClusters, {subject.active}",
            partial(members, subject, spec.global_cluster), judge_copies, anywhere=True,
        )  # fmt: skip
    for name in app.secrets:
        yield Inquiry(
            "residency-unknown", AREA, name, subject.active, f"Secrets Manager DescribeSecret, {subject.active}",
            partial(secret_replicas, subject, name), judge_copies, anywhere=True,
        )  # fmt: skip
    buckets = {bucket: region for entry in app.storage if entry.s3 for region, bucket in entry.s3.buckets.items()}
    buckets |= {anchor.bucket: anchor.region for anchor in topology.audit.anchors}
    for bucket, region in buckets.items():
        yield Inquiry(
            "residency-unknown", AREA, bucket, region, f"S3 HeadBucket, {region}",
            partial(location, subject, bucket, region), partial(judge_location, allowed, region),
        )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def declared(topology: Topology, name: str) -> tuple[tuple[str, str], ...]:
    """(what, region) for everything that dr.yaml places somewhere: traffic, data, the audit store."""
    app = topology.applications[name]
    places = [(f"region {region} of {name}", region) for region in app.regions]
    places += [("the store of requests, runs and the trail (control_region)", topology.control_region)]
    places += [(f"anchor bucket {anchor.bucket}", anchor.region) for anchor in topology.audit.anchors]
    places += [(f"runbook bucket {place.bucket}", place.region) for place in topology.runbook.buckets]
    return tuple(places)


def members(subject: Subject, global_cluster: str) -> tuple[tuple[str, str], ...]:
    """Every member of the global cluster, declared or not, with the region in its ARN."""
    answer = call(subject, "rds", subject.active, "DescribeGlobalClusters", GlobalClusterIdentifier=global_cluster)
    arns = [str(m["DBClusterArn"]) for raw in answer["GlobalClusters"] for m in raw["GlobalClusterMembers"]]
    return tuple((arn.rsplit(":", 1)[-1], arn.split(":")[3]) for arn in arns)


def secret_replicas(subject: Subject, name: str) -> tuple[tuple[str, str], ...]:
    """The secret's primary and its replicas, as they are told in the region that is active."""
    raw = call(subject, "secretsmanager", subject.active, "DescribeSecret", SecretId=name)
    regions = [str(entry["Region"]) for entry in raw.get("ReplicationStatus", ())]
    return tuple((name, region) for region in (raw.get("PrimaryRegion") or subject.active, *regions))


def location(subject: Subject, bucket: str, region: str) -> str | None:
    """Where the bucket lies; None: there is none."""
    answer = found(subject, "s3", region, "HeadBucket", Bucket=bucket)
    if answer is None:
        return None
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    told = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return str(told) if told else ""


# -- what it means ---------------------------------------------------------------------------------------------------


def judge(allowed: frozenset[str], places: tuple[tuple[str, str], ...], about: About) -> Iterable[Check]:
    outside = [(what, region) for what, region in places if region not in allowed]
    evidence = f"{about.source}; allowed: {', '.join(sorted(allowed))}"
    for what, region in outside:
        message = f"{what} lies in {region}, outside the allowed regions."
        way_out = "Move or delete it, or allow the region."
        yield about.warning("outside-residency", message, evidence=evidence, way_out=way_out)
    if not outside:
        seen = ", ".join(sorted({region for _, region in places}))
        yield about.ok("outside-residency", f"{about.subject} stays inside the allowed regions.", evidence=seen)


def judge_location(allowed: frozenset[str], declared_in: str, told: str | None, about: About) -> Iterable[Check]:
    if told is None:
        message = f"Bucket {about.subject} does not exist."
        yield about.warning("missing:bucket", message, way_out="Create it, or correct dr.yaml.")
    elif not told:
        yield about.unknown("outside-residency", f"S3 does not say where bucket {about.subject} lies.")
    elif told not in allowed:
        message = f"Bucket {about.subject} lies in {told}, outside the allowed regions."
        yield about.warning("outside-residency", message, evidence=f"declared in {declared_in}", way_out="Move it.")
    elif told != declared_in:
        message = f"Bucket {about.subject} lies in {told}, not in {declared_in} as dr.yaml says."
        yield about.warning("bucket-elsewhere", message, way_out="Correct dr.yaml, or move the bucket.")
    else:
        yield about.ok("outside-residency", f"Bucket {about.subject} lies in {told}.")
