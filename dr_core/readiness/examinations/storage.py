"""Buckets: there, versioned, encrypted with a key of both regions, and with rules that carry objects both ways.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.aws.faults import is_gone
from dr_core.errors import DrError, RejectedError
from dr_core.plan.step import Mode
from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import HERE, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.replication.rules import Rule
from dr_core.replication.s3 import rules_of
from dr_core.topology.stores import S3Buckets

AREA = "storage"


@dataclass(frozen=True)
class Encryption:
    """`algorithm` as S3 names it; `multi_region` None: no customer key, or it could not be told."""

    algorithm: str | None
    key: str | None
    multi_region: bool | None
    reason: str = ""


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for entry in subject.application.storage:
        if entry.s3 is None:
            continue
        for region, bucket in entry.s3.buckets.items():
            others = {other: name for other, name in entry.s3.buckets.items() if other != region}
            prefixes = tuple(entry.s3.prefixes)
            yield Inquiry(
                "versioning-unknown", AREA, bucket, region, f"S3 GetBucketVersioning, {region}",
                partial(versioning, subject, bucket, region), judge_versioning,
            )  # fmt: skip
            yield Inquiry(
                "rules-unknown", AREA, bucket, region, f"S3 GetBucketReplication, {region}",
                partial(rules, subject, bucket, region), partial(judge_rules, subject.active, others, prefixes),
            )  # fmt: skip
            yield Inquiry(
                "batch-role-unknown", AREA, bucket, HERE, "dr.yaml",
                partial(role, entry.s3), judge_role, region=region,
            )  # fmt: skip
            yield Inquiry(
                "encryption-unknown", AREA, bucket, region, f"S3 GetBucketEncryption; KMS DescribeKey, {region}",
                partial(encryption, subject, bucket, region), judge_encryption,
            )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def versioning(subject: Subject, bucket: str, region: str) -> str | None:
    """Enabled, Suspended or an empty text for never; None: no such bucket."""
    answer = found(subject, "s3", region, "GetBucketVersioning", Bucket=bucket)
    return None if answer is None else str(answer.get("Status", ""))


def rules(subject: Subject, bucket: str, region: str) -> tuple[Rule, ...] | None:
    """The enabled rules; None: no such bucket."""
    try:
        found = rules_of(subject.client_of, bucket, region)
    except RejectedError as error:
        if is_gone(error):
            return None
        raise
    return tuple(rule for rule in found if rule.enabled)


def role(spec: S3Buckets) -> str | None:
    """The role of Batch Replication jobs, as the topology names it."""
    return spec.batch_role_arn


def encryption(subject: Subject, bucket: str, region: str) -> Encryption:
    """Default encryption; S3 encrypts every new object, with its own keys where nothing else is said."""
    try:
        answer = call(subject, "s3", region, "GetBucketEncryption", Bucket=bucket)
    except RejectedError as error:
        if getattr(error, "aws_code", None) == "ServerSideEncryptionConfigurationNotFoundError":
            return Encryption("AES256", None, None)
        raise
    listed = answer["ServerSideEncryptionConfiguration"]["Rules"]
    default = listed[0].get("ApplyServerSideEncryptionByDefault", {}) if listed else {}
    algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if not key:
        return Encryption(algorithm, None, None)
    try:
        meta = call(subject, "kms", region, "DescribeKey", KeyId=key)["KeyMetadata"]
    except DrError as error:
        return Encryption(algorithm, key, None, error.message)
    return Encryption(algorithm, key, bool(meta.get("MultiRegion")))


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_versioning(status: str | None, about: About) -> Iterable[Check]:
    if status is None:
        message = f"Bucket {about.subject} does not exist in {about.region}."
        yield about.blocking("missing:bucket", message, way_out="Create it, or correct dr.yaml.")
    elif status == "Enabled":
        yield about.ok("not-versioned", f"{about.subject} keeps versions.")
    else:
        message = f"{about.subject} keeps no versions: nothing is replicated from it or to it."
        yield about.warning("not-versioned", message, evidence=status or "never enabled", way_out="Enable versioning.")


def judge_rules(
    active: str, others: dict[str, str], prefixes: tuple[str, ...], listed: tuple[Rule, ...] | None, about: About
) -> Iterable[Check]:
    """Towards each other region: a rule that covers what the topology names. Back again: new writes need it, too."""
    for region, bucket in others.items():
        there = About(about.area, about.subject, region, about.source, about.at)
        mine = [rule for rule in listed or () if rule.target == bucket]
        uncovered = _uncovered(mine, prefixes)
        if not mine:
            yield _no_rule(there, about, bucket, active)
        elif uncovered:
            message = f"The rules from {about.subject} to {bucket} leave out {', '.join(uncovered)}."
            evidence = ", ".join(f"{rule.id or 'a rule'}: {_covers(rule)}" for rule in mine)
            yield there.warning("rule-too-narrow", message, evidence=evidence, way_out="Widen the rule's filter.")
        else:
            yield there.ok("no-replication-rule", f"{about.subject} is replicated to {bucket}.")
            if not any(rule.replica_changes for rule in mine):
                message = f"Changes of metadata made on a replica in {about.subject} are not carried to {bucket}."
                yield there.info(
                    "no-replica-modifications", message, way_out="Switch replica modification sync on, both ways."
                )


def _no_rule(there: About, about: About, bucket: str, active: str) -> Check:
    message = f"No enabled rule replicates {about.subject} to {bucket}."
    if about.region == active:
        way_out = "Add the rule, and copy what is there already with S3 Batch Replication."
        # A forced failover mends nothing any more: what is lost there stands in its exposure.
        return there.blocking(
            "no-replication-rule", message, evidence="GetBucketReplication", way_out=way_out, mode=Mode.PLANNED
        )
    message += " After a failover what is written there would not come back."
    return there.warning("rules-one-way", message, way_out="Add the rule for the way back.")


def _uncovered(listed: list[Rule], prefixes: tuple[str, ...]) -> list[str]:
    """The prefixes that no rule covers; the whole bucket where none is named."""
    wanted = prefixes or ("",)
    covered = [rule.prefix for rule in listed if not rule.tags]
    return [prefix or "the whole bucket" for prefix in wanted if not any(prefix.startswith(one) for one in covered)]


def _covers(rule: Rule) -> str:
    return "filtered by tags" if rule.tags else f"prefix {rule.prefix!r}"


def judge_role(named: str | None, about: About) -> Iterable[Check]:
    if named is None:
        message = f"What fails to be copied from {about.subject}, or is older than its rule, is copied by nobody."
        way_out = "Name a role of S3 Batch Replication as batch_role_arn: a run then prepares a job for it."
        yield about.info("no-batch-role", message, way_out=way_out)
    else:
        yield about.ok(
            "no-batch-role", f"A job for what is missing of {about.subject} can be prepared.", evidence=named
        )


def judge_encryption(seen: Encryption, about: About) -> Iterable[Check]:
    if seen.key is None:
        named = seen.algorithm or "no default"
        message = f"{about.subject} is encrypted with keys that AWS manages ({named}), not with a multi-Region key."
        yield about.info("key-not-multi-region", message)
    elif seen.multi_region is None:
        yield about.unknown("key-not-multi-region", f"Of which kind the key of {about.subject} is: {seen.reason}")
    elif seen.multi_region:
        yield about.ok("key-not-multi-region", f"{about.subject} is encrypted with a multi-Region key.")
    else:
        message = f"{about.subject} is encrypted with a single-Region key."
        way_out = "Use a multi-Region key, and say in the rule with which key replicas are encrypted."
        yield about.warning("key-not-multi-region", message, evidence=seen.key, way_out=way_out)
