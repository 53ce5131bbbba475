"""Secrets: present and usable in every region, and what they say of hosts that are at home in another one.

A value is read to look for names of regions in it, by pattern, and is forgotten at once: never kept, shown or logged.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.errors import RejectedError
from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.model import Check

AREA = "secrets"
_HOST = r"[A-Za-z0-9_.-]*"


@dataclass(frozen=True)
class SecretFacts:
    """`current` None: no version is AWSCURRENT."""

    deleted: bool
    current: str | None


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    regions = subject.application.regions
    for name in subject.application.secrets:
        for region in regions:
            yield Inquiry(
                "secret-unknown", AREA, name, region, f"Secrets Manager DescribeSecret, {region}",
                partial(facts, subject, name, region), judge,
            )  # fmt: skip
            yield Inquiry(
                "secret-endpoint-unknown", AREA, name, region,
                f"Secrets Manager GetSecretValue, {region}, searched for names of regions",
                partial(regions_inside, subject, name, region, regions), judge_endpoints,
            )  # fmt: skip


def facts(subject: Subject, name: str, region: str) -> SecretFacts | None:
    """None: there is no such secret in the region."""
    raw = found(subject, "secretsmanager", region, "DescribeSecret", SecretId=name)
    if raw is None:
        return None
    versions = raw.get("VersionIdsToStages", {})
    current = next((version for version, stages in versions.items() if "AWSCURRENT" in stages), None)
    return SecretFacts(raw.get("DeletedDate") is not None, current)


def regions_inside(subject: Subject, name: str, region: str, regions: tuple[str, ...]) -> frozenset[str]:
    """The application's regions that a host name of AWS inside the value names; nothing else leaves this function."""
    raw = call(subject, "secretsmanager", region, "GetSecretValue", SecretId=name)
    if "SecretString" not in raw:
        raise RejectedError(f"The value of {name} in {region} is binary and is not searched.")
    return named_regions(str(raw["SecretString"]), regions)


def named_regions(text: str, regions: tuple[str, ...]) -> frozenset[str]:
    """The regions of `regions` that stand as a label in a host name of AWS: `x.eu-west-1.rds.amazonaws.com`.

    A global writer endpoint (`.global-...`) names no region: it follows the writer.
    """
    return frozenset(
        region
        for region in regions
        if re.search(rf"(?<![A-Za-z0-9-]){re.escape(region)}\.{_HOST}(?:amazonaws\.com|api\.aws|on\.aws)", text)
        or re.search(rf"\.{re.escape(region)}\.{_HOST}(?:amazonaws\.com|api\.aws|on\.aws)", text)
    )


def judge(seen: SecretFacts | None, about: About) -> Iterable[Check]:
    where = f"in {about.region}"
    if seen is None:
        message = f"Secret {about.subject} does not exist {where}."
        yield about.blocking("missing:secret", message, way_out="Replicate it there.")
    elif seen.deleted:
        message = f"Secret {about.subject} is scheduled for deletion {where}."
        yield about.blocking("missing:secret", message, way_out="Restore it.")
    elif seen.current is None:
        message = f"Secret {about.subject} has no current version {where}."
        yield about.blocking("missing:secret", message, way_out="Put a value.")
    else:
        evidence = f"version {seen.current}"
        yield about.ok("missing:secret", f"Secret {about.subject} is there {where}.", evidence=evidence)


def judge_endpoints(named: frozenset[str], about: About) -> Iterable[Check]:
    others = sorted(named - {about.region})
    if not others:
        yield about.ok("secret-points-elsewhere", f"No host of another region stands in secret {about.subject}.")
        return
    message = f"Secret {about.subject} in {about.region} names a host in {', '.join(others)}."
    way_out = "Use a name that follows the writer, such as the global writer endpoint, or one secret a region."
    evidence = "an AWS host name in the value; the value is not shown"
    yield about.warning("secret-points-elsewhere", message, evidence=evidence, way_out=way_out)
