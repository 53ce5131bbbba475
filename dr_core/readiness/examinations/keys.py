"""Keys: an alias in every region, on an enabled key, all of them one multi-Region key.

https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.errors import DrError
from dr_core.readiness.asking import found
from dr_core.readiness.examination import ACROSS, About, Inquiry, Subject
from dr_core.readiness.model import Check

AREA = "keys"


@dataclass(frozen=True)
class KeyFacts:
    key: str
    state: str
    multi_region: bool


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for name in subject.application.keys:
        for region in subject.application.regions:
            yield Inquiry(
                "key-unknown", AREA, name, region, f"KMS DescribeKey, {region}",
                partial(facts, subject, name, region), judge,
            )  # fmt: skip
        yield Inquiry(
            "keys-unknown", AREA, name, ACROSS, "KMS DescribeKey in each region",
            partial(everywhere, subject, name), judge_same,
        )  # fmt: skip


def facts(subject: Subject, name: str, region: str) -> KeyFacts | None:
    """None: no such key or alias there."""
    raw = found(subject, "kms", region, "DescribeKey", KeyId=_asked(name))
    if raw is None:
        return None
    meta = raw["KeyMetadata"]
    return KeyFacts(str(meta["KeyId"]), str(meta.get("KeyState", "")), bool(meta.get("MultiRegion")))


def _asked(name: str) -> str:
    """`dr.yaml` may leave `alias/` out; a key id and an ARN are asked for as they are."""
    bare = not name.startswith(("alias/", "arn:", "mrk-")) and name.count("-") != 4
    return f"alias/{name}" if bare else name


def everywhere(subject: Subject, name: str) -> dict[str, str]:
    """region -> key id, where it could be asked."""
    told: dict[str, str] = {}
    for region in subject.application.regions:
        try:
            key = facts(subject, name, region)
        except DrError:
            continue
        if key is not None:
            told[region] = key.key
    return told


def judge(seen: KeyFacts | None, about: About) -> Iterable[Check]:
    where = f"in {about.region}"
    if seen is None:
        message = f"Key {about.subject} does not exist {where}: what it encrypts cannot be read there."
        yield about.blocking("missing:key", message, way_out="Replicate the multi-Region key there, with its alias.")
        return
    evidence = f"{seen.key}, {seen.state}"
    if seen.state != "Enabled":
        message = f"Key {about.subject} is not usable {where}: {seen.state}."
        yield about.blocking("missing:key", message, evidence=evidence, way_out="Enable it.")
    else:
        yield about.ok("missing:key", f"Key {about.subject} is there and enabled {where}.", evidence=evidence)
    if not seen.multi_region:
        message = f"Key {about.subject} {where} is no multi-Region key: what it encrypted elsewhere cannot be read."
        yield about.warning("key-not-multi-region", message, evidence=evidence, way_out="Use a multi-Region key.")


def judge_same(told: dict[str, str], about: About) -> Iterable[Check]:
    if len(told) < 2:
        yield about.unknown("keys-differ", f"Key {about.subject} could be seen in {len(told)} region only.")
    elif len(set(told.values())) == 1:
        yield about.ok("keys-differ", f"{about.subject} is the same key in {', '.join(told)}.")
    else:
        evidence = ", ".join(f"{region}: {key}" for region, key in told.items())
        message = f"Alias {about.subject} leads to different keys: what one encrypts the other cannot read."
        yield about.warning("keys-differ", message, evidence=evidence, way_out="Replicate one multi-Region key.")
