"""An RDS instance and its read replicas: there, replicating from where the work is, backed up, in two zones, encrypted.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html: a replica without backups gets its first one
when it is promoted, and takes longer for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.readiness.asking import found
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.examinations.database import AREA
from dr_core.readiness.model import Check


@dataclass(frozen=True)
class InstanceFacts:
    """One instance as its region describes it. `copies`: the ARN or name of its source; None where AWS did not say."""

    name: str
    status: str | None
    version: str | None
    copies: str | None
    not_copying: tuple[str, ...]
    copied_to: tuple[str, ...]
    retention_days: int | None
    zones: bool | None
    encrypted: bool | None


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    database = subject.application.database
    spec = database.rds_replica if database else None
    if spec is None:
        return
    source = spec.instances.get(subject.active)
    for region, instance in spec.instances.items():
        yield Inquiry(
            "database-unknown", AREA, instance, region, f"RDS DescribeDBInstances, {region}",
            partial(instance_facts, subject, instance, region),
            partial(judge_instance, subject.active, source if region != subject.active else None),
        )  # fmt: skip


def instance_facts(subject: Subject, instance: str, region: str) -> InstanceFacts | None:
    answer = found(subject, "rds", region, "DescribeDBInstances", DBInstanceIdentifier=instance)
    named = (raw for raw in (answer or {}).get("DBInstances", ()) if _same(raw["DBInstanceIdentifier"], instance))
    raw = next(named, None)
    if raw is None:
        return None
    told = [info for info in raw.get("StatusInfos", ()) if info.get("Normal") is False]
    return InstanceFacts(
        name=instance,
        status=raw.get("DBInstanceStatus"),
        version=raw.get("EngineVersion"),
        copies=raw.get("ReadReplicaSourceDBInstanceIdentifier"),
        not_copying=tuple(str(info.get("Message") or info.get("Status")) for info in told),
        copied_to=tuple(raw.get("ReadReplicaDBInstanceIdentifiers", ())),
        retention_days=raw.get("BackupRetentionPeriod"),
        zones=raw.get("MultiAZ"),
        encrypted=raw.get("StorageEncrypted"),
    )


def _same(one: str, other: str) -> bool:
    """RDS keeps identifiers in lower case."""
    return one.lower() == other.lower()


def judge_instance(active: str, source: str | None, facts: InstanceFacts | None, about: About) -> Iterable[Check]:
    """`source`: the instance at work, which this one should copy; None for that one itself."""
    if facts is None:
        message = f"There is no RDS instance {about.subject} in {about.region}."
        yield about.blocking("missing:database", message, way_out="Create it, or correct dr.yaml.")
        return
    yield about.ok("missing:database", f"{facts.name} is there.", evidence=f"status {facts.status or 'not told'}")
    if source is None:
        yield _copied(facts, about)
    else:
        yield _copies(active, source, facts, about)
    yield _backups(facts, about)
    yield _zones(facts, about)
    if facts.encrypted is False:
        message = f"The storage of {facts.name} is not encrypted."
        yield about.warning("not-encrypted", message, way_out="Restore it into an encrypted instance.")


def _copies(active: str, source: str, facts: InstanceFacts, about: About) -> Check:
    evidence = f"status {facts.status or 'not told'}, source {facts.copies or 'none'}"
    if facts.copies is None or not _same(facts.copies.rsplit(":", 1)[-1], source):
        message = f"{facts.name} in {about.region} is no read replica of {source} in {active}."
        way_out = f"Create a read replica of {source} in {about.region} and name it in dr.yaml."
        return about.blocking("replica-missing", message, evidence=evidence, way_out=way_out)
    if facts.not_copying:
        message = f"{facts.name} in {about.region} does not replicate: {'; '.join(facts.not_copying)}."
        return about.warning("not-replicating", message, evidence=evidence, way_out="Look at the replica's events.")
    return about.ok("replica-missing", f"{facts.name} replicates from {source}.", evidence=evidence)


def _copied(facts: InstanceFacts, about: About) -> Check:
    evidence = f"replicas: {', '.join(facts.copied_to) or 'none'}"
    if facts.copied_to:
        return about.ok("copied-nowhere", f"{facts.name} has a replica.", evidence=evidence)
    message = f"What {facts.name} writes is copied nowhere."
    way_out = "Create a read replica of it in each standby, and name it in dr.yaml."
    return about.warning("copied-nowhere", message, evidence=evidence, way_out=way_out)


def _backups(facts: InstanceFacts, about: About) -> Check:
    if facts.retention_days is None:
        return about.unknown("no-backups", f"For how long backups of {facts.name} are kept is not told.")
    evidence = f"retention {facts.retention_days} days"
    if facts.retention_days == 0:
        message = f"{facts.name} keeps no automatic backups, so that its promotion takes longer."
        return about.warning("no-backups", message, evidence=evidence, way_out="Set a backup retention period.")
    return about.ok("no-backups", f"{facts.name} is backed up.", evidence=evidence)


def _zones(facts: InstanceFacts, about: About) -> Check:
    if facts.zones is None:
        return about.unknown("single-az", f"Whether {facts.name} stands in two availability zones is not told.")
    if facts.zones:
        return about.ok("single-az", f"{facts.name} stands in two availability zones.")
    message = f"{facts.name} in {about.region} stands in one availability zone."
    way_out = "Make it Multi-AZ; that can be done after a failover, too."
    return about.warning("single-az", message, evidence="MultiAZ false", way_out=way_out)
