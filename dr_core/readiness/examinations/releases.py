"""Blue/green: whether a standby's pointer says what the active region's says, and has the same artifact below it.

Compared by the same reading as `release status`; see dr_core/releases/compare.py for what proves that they are equal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.plan.step import Mode
from dr_core.readiness.examination import ACROSS, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.releases.model import Artifact, Match, PointerSeen
from dr_core.releases.reading import artifact_of, pointer_of
from dr_core.releases.s3 import S3Artifacts
from dr_core.releases.ssm import SsmPointers

AREA = "releases"


@dataclass(frozen=True)
class Seen:
    """Every region's pointer, and the artifact of the colour that serves in the active one, where that is known."""

    pointers: Mapping[str, PointerSeen]
    artifact: Artifact | None


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    release = subject.application.release
    if release is not None:
        yield Inquiry(
            "release-unknown", AREA, release.pointer, ACROSS, "SSM GetParameter, S3 ListObjectsV2 in each region",
            partial(look, subject),
            partial(judge, subject.name, subject.active, tuple(release.colours)),
        )  # fmt: skip


def look(subject: Subject) -> Seen:
    """The pointers of all regions, and the artifact of what serves in the active one."""
    entry, release = subject.application, subject.application.release
    assert release is not None
    pointers = SsmPointers(subject.client_of)
    told = {region: pointer_of(pointers, release.pointer, region) for region in entry.regions}
    here = told[subject.active].pointer
    if here is None or here.value not in release.colours:
        return Seen(told, None)
    return Seen(told, artifact_of(S3Artifacts(subject.client_of), entry, here.value, entry.regions))


def judge(name: str, active: str, colours: Sequence[str], seen: Seen, about: About) -> Iterable[Check]:
    """Where the pointers differ, users see another release after a failover: nobody meant that."""
    here = seen.pointers[active]
    for region, one in seen.pointers.items():
        there = About(about.area, about.subject, region, about.source, about.at)
        if one.pointer is not None and one.pointer.value not in colours:
            message = f"{about.subject} in {region} says {one.pointer.value!r}, which is no colour of {name}."
            way_out = f"`release promote {name} --to COLOUR --override pointer-strange` puts it right."
            yield there.warning("colour-strange", message, way_out=way_out)
        if region == active:
            continue
        if one.error or here.error:
            yield there.unknown("release-unknown", f"The pointers could not be compared: {here.error or one.error}")
        elif here.pointer is None or one.pointer is None:
            message = f"{about.subject} is not there in {active if here.pointer is None else region}."
            yield there.blocking("missing:pointer", message, way_out="Make the parameter.", mode=Mode.PLANNED)
        elif one.pointer.value != here.pointer.value:
            message = f"{region} serves {one.pointer.value} of {name}, and {active} serves {here.pointer.value}."
            way_out = f"`release promote {name} --to {here.pointer.value}` brings them together."
            yield there.blocking("colours-differ", message, way_out=way_out, mode=Mode.PLANNED)
        else:
            yield there.ok("colours-differ", f"{region} and {active} serve {here.pointer.value} of {name}.")
    if seen.artifact is not None:
        yield _artifact(seen.artifact, about)


def _artifact(artifact: Artifact, about: About) -> Check:
    what = f"The artifact of {artifact.colour}"
    empty = [side.region for side in artifact.sides if not side.error and not side.objects]
    if empty:
        told = f"{what}, which serves, is empty in {' and '.join(empty)}."
        return about.warning("artifact-empty", told, way_out="Put it there; `release` names its prefix in dr.yaml.")
    if artifact.match is Match.DIFFERS:
        way_out = "Wait for replication, or put the same into each."
        told = f"{what} differs between the regions."
        return about.warning("artifacts-differ", told, evidence=artifact.why, way_out=way_out)
    if artifact.match is Match.UNKNOWN:
        return about.unknown("release-unknown", f"{what} could not be compared: {artifact.why}")
    return about.ok("artifacts-differ", f"{what} is the same in every region.", evidence=artifact.why)
