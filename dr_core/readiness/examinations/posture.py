"""CloudTrail in every region: without it nobody could tell afterwards who did what.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.readiness.asking import call
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.model import Check

AREA = "posture"


@dataclass(frozen=True)
class Trail:
    """A trail as the region sees it; `logging` is what its home says now, `failing` why it could not deliver last."""

    name: str
    multi_region: bool
    validated: bool
    logging: bool
    failing: str = ""


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for region in subject.application.regions:
        yield Inquiry(
            "trail-unknown", AREA, "CloudTrail", region, f"CloudTrail DescribeTrails and GetTrailStatus, {region}",
            partial(trails, subject, region), judge,
        )  # fmt: skip


def trails(subject: Subject, region: str) -> tuple[Trail, ...]:
    """Trails that record the region, shadows of trails of other regions included."""
    listed = call(subject, "cloudtrail", region, "DescribeTrails")["trailList"]
    return tuple(_trail(subject, region, raw) for raw in listed)


def _trail(subject: Subject, region: str, raw: dict[str, Any]) -> Trail:
    status = call(subject, "cloudtrail", region, "GetTrailStatus", Name=raw.get("TrailARN") or raw["Name"])
    return Trail(
        name=str(raw["Name"]),
        multi_region=bool(raw.get("IsMultiRegionTrail")),
        validated=bool(raw.get("LogFileValidationEnabled")),
        logging=bool(status.get("IsLogging")),
        failing=str(status.get("LatestDeliveryError") or ""),
    )


def judge(seen: tuple[Trail, ...], about: About) -> Iterable[Check]:
    at_work = [trail for trail in seen if trail.logging and not trail.failing]
    evidence = ", ".join(f"{trail.name} ({_said(trail)})" for trail in seen) or "no trail"
    if not at_work:
        message = f"No trail of CloudTrail records {about.region}."
        way_out = "Start a trail for all regions, whose bucket takes what it delivers."
        yield about.warning("no-trail", message, evidence=evidence, way_out=way_out)
    elif not any(trail.multi_region for trail in at_work):
        message = f"Only a trail of {about.region} alone records it: a region that is added later has none."
        yield about.warning("trail-one-region", message, evidence=evidence, way_out="Use one trail for all regions.")
    elif not any(trail.validated for trail in at_work if trail.multi_region):
        message = "The trail's files could be changed without a trace: file validation is off."
        yield about.info("trail-not-validated", message, evidence=evidence, way_out="Switch file validation on.")
    else:
        yield about.ok("no-trail", f"A trail for all regions records {about.region}.", evidence=evidence)


def _said(trail: Trail) -> str:
    where = "all regions" if trail.multi_region else "one region"
    failing = f"cannot deliver: {trail.failing}" if trail.failing else "at work"
    return f"{where}, {failing if trail.logging else 'stopped'}"
