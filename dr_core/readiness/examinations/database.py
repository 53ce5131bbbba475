"""The members of the global database: one that can take over, alike, not held back, backed up, spread, encrypted.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dr_core.errors import DrError, RejectedError
from dr_core.readiness.asking import call, found, pages
from dr_core.readiness.examination import ACROSS, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.capacity import readers_of
from dr_core.topology.stores import AuroraEngine

AREA = "database"
_OLDEST_RESTORABLE = timedelta(minutes=30)
_RPO_PARAMETER = "rds.global_db_rpo"


@dataclass(frozen=True)
class ClusterFacts:
    """One member cluster as its region describes it. None: AWS did not say."""

    name: str
    version: str | None
    instances: int
    retention_days: int | None
    restorable_from: datetime | None
    restorable_to: datetime | None
    insights: str | None
    encrypted: bool | None
    key: str | None
    parameter_group: str | None
    engine: str | None = None
    forwards: bool = False


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    database = subject.application.database
    spec = database.aurora_global if database else None
    if spec is None:
        return
    for region, cluster in spec.clusters.items():
        where = f"RDS DescribeDBClusters, {region}"
        yield Inquiry(
            "database-unknown", AREA, cluster, region, where, partial(cluster_facts, subject, cluster, region),
            partial(judge_cluster, made=readers_of(subject.application.capacity, region, cluster) is not None),
        )  # fmt: skip
        yield Inquiry(
            "zones-unknown", AREA, cluster, region, f"RDS DescribeDBInstances, {region}",
            partial(zones, subject, cluster, region), judge_zones,
        )  # fmt: skip
        alone = len(spec.clusters) == 2
        yield Inquiry(
            "global-db-rpo-unknown", AREA, cluster, region, f"RDS DescribeDBClusterParameters, {region}",
            partial(rpo_parameter, subject, cluster, region), partial(judge_rpo, alone),
        )  # fmt: skip
        yield Inquiry(
            "encryption-unknown", AREA, cluster, region, f"{where}; KMS DescribeKey",
            partial(key_facts, subject, cluster, region), judge_key,
        )  # fmt: skip
    yield Inquiry(
        "engine-versions-unknown", AREA, spec.global_cluster, ACROSS, "RDS DescribeDBClusters in each region",
        partial(versions, subject, dict(spec.clusters)), partial(judge_versions, subject.active),
    )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def cluster_facts(subject: Subject, cluster: str, region: str) -> ClusterFacts | None:
    answer = found(subject, "rds", region, "DescribeDBClusters", DBClusterIdentifier=cluster)
    raw = next(iter(answer["DBClusters"]), None) if answer else None
    if raw is None:
        return None
    return ClusterFacts(
        name=cluster,
        version=raw.get("EngineVersion"),
        instances=len(raw.get("DBClusterMembers", ())),
        retention_days=raw.get("BackupRetentionPeriod"),
        restorable_from=raw.get("EarliestRestorableTime"),
        restorable_to=raw.get("LatestRestorableTime"),
        insights=_insights(raw),
        encrypted=raw.get("StorageEncrypted"),
        key=raw.get("KmsKeyId"),
        parameter_group=raw.get("DBClusterParameterGroup"),
        engine=raw.get("Engine"),
        forwards=raw.get("GlobalWriteForwardingStatus") in ("enabled", "enabling"),
    )


def _insights(raw: dict[str, Any]) -> str | None:
    mode = raw.get("DatabaseInsightsMode")
    if mode:
        return f"Database Insights {mode}"
    enabled = raw.get("PerformanceInsightsEnabled")
    return None if enabled is None else ("Performance Insights" if enabled else "")


def _known(subject: Subject, cluster: str, region: str) -> ClusterFacts:
    facts = cluster_facts(subject, cluster, region)
    if facts is None:
        raise RejectedError(f"There is no database cluster {cluster} in {region}.")
    return facts


def zones(subject: Subject, cluster: str, region: str) -> tuple[str, ...]:
    """The availability zone of each instance; those that RDS does not tell yet are left out."""
    answer = call(
        subject, "rds", region, "DescribeDBInstances", Filters=[{"Name": "db-cluster-id", "Values": [cluster]}]
    )
    mine = (raw for raw in answer["DBInstances"] if raw.get("DBClusterIdentifier") == cluster)
    return tuple(raw["AvailabilityZone"] for raw in mine if raw.get("AvailabilityZone"))


def rpo_parameter(subject: Subject, cluster: str, region: str) -> str | None:
    """What somebody set `rds.global_db_rpo` to; None: nobody did, and nothing is held back."""
    facts = _known(subject, cluster, region)
    if facts.engine not in (None, AuroraEngine.POSTGRESQL.value):
        return None  # Aurora MySQL has no such parameter
    group = facts.parameter_group
    if group is None:
        raise RejectedError(f"RDS does not say which parameter group {cluster} has.")
    if group.startswith("default."):
        return None  # a default group cannot be changed
    listed = pages(
        subject, "rds", region, "DescribeDBClusterParameters", token=("Marker", "Marker"),
        DBClusterParameterGroupName=group, Source="user",
    )  # fmt: skip
    values = [p.get("ParameterValue") for page in listed for p in page["Parameters"] if _is_rpo(p)]
    return next((str(value) for value in values if value not in (None, "", "-1")), None)


def _is_rpo(parameter: dict[str, Any]) -> bool:
    return parameter.get("ParameterName") == _RPO_PARAMETER


@dataclass(frozen=True)
class KeyFacts:
    """`multi_region` None: the key is not told, or it may not be asked about."""

    encrypted: bool | None
    key: str | None
    multi_region: bool | None
    manager: str | None


def key_facts(subject: Subject, cluster: str, region: str) -> KeyFacts:
    facts = _known(subject, cluster, region)
    if not facts.encrypted or not facts.key:
        return KeyFacts(facts.encrypted, facts.key, None, None)
    meta = call(subject, "kms", region, "DescribeKey", KeyId=facts.key)["KeyMetadata"]
    return KeyFacts(True, facts.key, meta.get("MultiRegion"), meta.get("KeyManager"))


def versions(subject: Subject, clusters: dict[str, str]) -> dict[str, str | None]:
    """region -> engine version; None where the region does not answer or has no such cluster."""
    told: dict[str, str | None] = {}
    for region, cluster in clusters.items():
        try:
            facts = cluster_facts(subject, cluster, region)
        except DrError:
            facts = None
        told[region] = facts.version if facts else None
    return told


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_cluster(facts: ClusterFacts | None, about: About, *, made: bool = False) -> Iterable[Check]:
    """`made`: a run makes an instance itself where there is none."""
    if facts is None:
        message = f"There is no database cluster {about.subject} in {about.region}."
        yield about.blocking("missing:database", message, way_out="Add it to the global cluster, or correct dr.yaml.")
        return
    if facts.instances == 0 and made:
        message = (
            f"Cluster {facts.name} in {about.region} has no instance; a failover makes one first, which takes time."
        )
        yield about.info("target-headless", message, evidence="0 instances", way_out="Count that into the RTO.")
    elif facts.instances == 0:
        message = f"Cluster {facts.name} in {about.region} has no instance: nothing there could become the writer."
        yield about.blocking("target-headless", message, evidence="0 instances", way_out="Add an instance first.")
    else:
        yield about.ok("target-headless", f"{facts.name} has an instance.", evidence=f"instances: {facts.instances}")
    yield _backups(facts, about)
    if facts.forwards:
        # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-write-forwarding.html
        message = f"{facts.name} in {about.region} forwards writes to the primary, wherever that is."
        way_out = "What writes there is not stopped by fencing the other region: mind it when the writer moves."
        yield about.info("write-forwarding", message, way_out=way_out)
    if facts.insights is None:
        yield about.unknown("no-insights", "RDS does not say whether Database Insights is on.")
    elif not facts.insights:
        message = f"Neither Database Insights nor Performance Insights is on for {facts.name}."
        yield about.info("no-insights", message, way_out="Switch it on: it tells why a database is slow.")
    else:
        yield about.ok("no-insights", f"{facts.insights} is on for {facts.name}.")


def _backups(facts: ClusterFacts, about: About) -> Check:
    window = f"from {facts.restorable_from:%Y-%m-%d %H:%M}Z" if facts.restorable_from else "start not told"
    window += f" to {facts.restorable_to:%Y-%m-%d %H:%M}Z" if facts.restorable_to else ", end not told"
    kept = "not told" if facts.retention_days is None else f"{facts.retention_days} days"
    evidence = f"retention {kept}, restorable {window}"
    if facts.retention_days == 0:
        message = f"{facts.name} keeps no automatic backups."
        return about.warning("no-backups", message, evidence=evidence, way_out="Set a backup retention period.")
    if facts.retention_days is None or facts.restorable_to is None:
        return about.unknown("no-backups", f"To which moment {facts.name} could be restored is not told ({evidence}).")
    if about.at - facts.restorable_to > _OLDEST_RESTORABLE:
        message = f"{facts.name} can be restored only to a moment that is long past."
        return about.warning("backups-behind", message, evidence=evidence, way_out="Look at the cluster's backups.")
    return about.ok("no-backups", f"{facts.name} can be restored to any moment of its window.", evidence=evidence)


def judge_zones(found_zones: tuple[str, ...], about: About) -> Iterable[Check]:
    spread = sorted(set(found_zones))
    evidence = f"instances: {len(found_zones)}, in {', '.join(spread) or 'no zone'}"
    if len(spread) > 1:
        yield about.ok("single-az", f"The instances of {about.subject} stand in several zones.", evidence=evidence)
        return
    message = f"{about.subject} in {about.region} stands in fewer than two availability zones."
    way_out = "Add an instance in another zone; one can be added after a failover, too."
    yield about.warning("single-az", message, evidence=evidence, way_out=way_out)


def judge_rpo(two_regions: bool, value: str | None, about: About) -> Iterable[Check]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html

    "Managing RPOs": where no secondary keeps the limit, the primary commits nothing; a new primary of two regions has
    no secondary at first.
    """
    if value is None:
        yield about.ok("global-db-rpo", f"{_RPO_PARAMETER} is not set on {about.subject}.")
        return
    evidence = f"{_RPO_PARAMETER} = {value} s"
    if two_regions:
        message = (
            f"Once {about.region} is the primary, {about.subject} would pause every commit: "
            f"{_RPO_PARAMETER} is set and no other secondary is left."
        )
        way_out = f"Reset {_RPO_PARAMETER} in the parameter group of {about.subject}."
        yield about.blocking("global-db-rpo", message, evidence=evidence, way_out=way_out)
        return
    message = f"{about.subject} pauses commits whenever every secondary is more than {value} s behind."
    yield about.warning("global-db-rpo", message, evidence=evidence, way_out="Make sure that this is meant.")


def judge_key(facts: KeyFacts, about: About) -> Iterable[Check]:
    if facts.encrypted is False:
        message = f"The storage of {about.subject} is not encrypted."
        yield about.warning("not-encrypted", message, way_out="Restore it into an encrypted cluster.")
    elif facts.encrypted is None or facts.key is None:
        yield about.unknown("not-encrypted", f"With which key {about.subject} is encrypted is not told.")
    elif facts.multi_region:
        yield about.ok("not-encrypted", f"{about.subject} is encrypted with a multi-Region key.", evidence=facts.key)
    else:
        managed = "the AWS managed key" if facts.manager == "AWS" else "a single-Region key"
        message = f"{about.subject} is encrypted with {managed}, not with a multi-Region key."
        way_out = "Snapshots of it can be copied to another region only under another key."
        yield about.info("key-not-multi-region", message, evidence=facts.key, way_out=way_out)


def judge_versions(active: str, told: dict[str, str | None], about: About) -> Iterable[Check]:
    """One check a region, against the active one: that is what a switchover compares."""
    ours = told.get(active)
    for region, version in told.items():
        if region == active:
            continue
        there = About(about.area, about.subject, region, about.source, about.at)
        if ours is None or version is None:
            silent = active if ours is None else region
            yield there.unknown("engine-versions-unknown", f"The engine version in {silent} is not known.")
        elif ours == version:
            yield there.ok("engine-versions-differ", f"Both run {version}.", evidence=f"{active} and {region}")
        else:
            message = "The engine versions differ; they must be equal, major and minor."
            evidence = f"{active}: {ours}, {region}: {version}"
            yield there.blocking(
                "engine-versions-differ", message, evidence=evidence, way_out="Upgrade the older one first."
            )
