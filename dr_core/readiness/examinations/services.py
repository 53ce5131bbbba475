"""ECS services: there, with an image that their own region has, room to grow, and a quota for what they must run.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dr_core.capacity.ecs import complaint
from dr_core.errors import DrError, RejectedError
from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.capacity import EcsPoller, EcsService

AREA = "capacity"
_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)"
                  r"(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?")  # fmt: skip


@dataclass(frozen=True)
class Image:
    """`there` None: could not be asked, `reason` says why. `region` None: not a registry of ECR."""

    name: str
    region: str | None
    there: bool | None
    reason: str = ""


@dataclass(frozen=True)
class ServiceFacts:
    """An ECS service. `largest` None: nothing scales it automatically, or it could not be asked. `held`: scaling is
    suspended, wholly or in part."""

    task_definition: str
    status: str
    images: tuple[Image, ...]
    complaint: str
    complained_at: datetime | None
    largest: int | None
    held: bool = False


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    app = subject.application
    services: list[tuple[EcsService | EcsPoller, int]] = [(e.ecs, e.ecs.active) for e in app.capacity if e.ecs]
    services += [(e.ecs_poller, e.ecs_poller.count) for e in app.consumers if e.ecs_poller]
    for spec, wanted in services:
        for region in app.regions:
            yield Inquiry(
                "service-unknown", AREA, f"{spec.cluster}/{spec.service}", region,
                f"ECS DescribeServices and DescribeTaskDefinition, ECR DescribeImages, {region}",
                partial(facts, subject, spec, region), partial(judge, wanted, at_work=region == subject.active),
            )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def described(subject: Subject, spec: EcsService | EcsPoller, region: str) -> dict[str, Any] | None:
    """The service as ECS describes it; None: there is none."""
    answer = found(subject, "ecs", region, "DescribeServices", cluster=spec.cluster, services=[spec.service])
    listed = answer["services"] if answer else []
    return next((raw for raw in listed if raw.get("status") != "INACTIVE"), None)


def facts(subject: Subject, spec: EcsService | EcsPoller, region: str) -> ServiceFacts | None:
    """None: no such service or cluster there."""
    raw = described(subject, spec, region)
    if raw is None:
        return None
    task = task_definition(subject, str(raw["taskDefinition"]), region)
    names = [str(container["image"]) for container in task.get("containerDefinitions", ()) if container.get("image")]
    said, at = complaint(raw, subject.now)
    largest, held = _scaled(subject, spec, region)
    return ServiceFacts(
        task_definition=str(raw["taskDefinition"]).rsplit("/", 1)[-1],
        status=str(raw.get("status", "")),
        images=tuple(_image(subject, name, region) for name in dict.fromkeys(names)),
        complaint=said,
        complained_at=at,
        largest=largest,
        held=held,
    )


def task_definition(subject: Subject, arn: str, region: str) -> dict[str, Any]:
    answer = call(subject, "ecs", region, "DescribeTaskDefinition", taskDefinition=arn)
    definition: dict[str, Any] = answer["taskDefinition"]
    return definition


def _image(subject: Subject, name: str, region: str) -> Image:
    match = _ECR.fullmatch(name)
    if match is None:
        return Image(name, None, None, "its registry is none of ECR, and cannot be asked")
    home = match["region"]
    if home != region:
        return Image(name, home, None, f"it is pulled from {home}")
    image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"] or "latest"}
    try:
        answer = found(
            subject, "ecr", region, "DescribeImages", registryId=match["account"], repositoryName=match["name"],
            imageIds=[image],
        )  # fmt: skip
    except DrError as error:
        return Image(name, home, None, error.message)
    return Image(name, home, answer is not None and bool(answer["imageDetails"]))


def _scaled(subject: Subject, spec: EcsService | EcsPoller, region: str) -> tuple[int | None, bool]:
    try:
        answer = call(
            subject, "application-autoscaling", region, "DescribeScalableTargets", ServiceNamespace="ecs",
            ResourceIds=[f"service/{spec.cluster}/{spec.service}"], ScalableDimension="ecs:service:DesiredCount",
        )  # fmt: skip
    except RejectedError:
        return None, False
    target = next(iter(answer["ScalableTargets"]), None)
    if target is None:
        return None, False
    return int(target["MaxCapacity"]), any((target.get("SuspendedState") or {}).values())


# -- what it means ---------------------------------------------------------------------------------------------------


def judge(wanted: int, seen: ServiceFacts | None, about: About, *, at_work: bool = False) -> Iterable[Check]:
    if seen is None:
        message = f"There is no ECS service {about.subject} in {about.region}."
        yield about.blocking("missing:service", message, way_out="Create it there, at its standby count.")
        return
    yield about.ok("missing:service", f"{about.subject} is there.", evidence=f"{seen.task_definition}, {seen.status}")
    yield from (_judged_image(image, about) for image in seen.images)
    if seen.largest is not None and seen.largest < wanted:
        message = f"Automatic scaling keeps {about.subject} at {seen.largest} tasks at most; it needs {wanted}."
        way_out = "Raise the maximum of its scalable target."
        yield about.warning("scaling-limit", message, evidence=f"MaxCapacity {seen.largest}", way_out=way_out)
    if seen.held and at_work:
        message = f"Automatic scaling of {about.subject} is suspended where it is at work: it does not follow the load."
        yield about.warning("scaling-suspended", message, way_out="Resume it; a run that fences a region suspends it.")
    if seen.complained_at is not None:
        message = f"A task of {about.subject} found no place in {about.region} lately."
        evidence = f"{seen.complained_at:%H:%M:%S}Z: {seen.complaint}"
        yield about.warning("capacity-short", message, evidence=evidence, way_out="Reserve capacity, or run more.")


def _judged_image(image: Image, about: About) -> Check:
    if image.region is not None and image.region != about.region:
        message = f"In {about.region} {about.subject} pulls its image from {image.region}: without it nothing starts."
        way_out = "Replicate the repository, and name the copy in the task definition."
        return about.blocking("image-elsewhere", message, evidence=image.name, way_out=way_out)
    if image.there is False:
        message = f"The image of {about.subject} is not in the registry of {about.region}."
        return about.blocking("image-missing", message, evidence=image.name, way_out="Push or replicate it there.")
    if image.there is None:
        return about.unknown("image-missing", f"Whether image {image.name} is there: {image.reason}.")
    return about.ok("image-missing", f"The image of {about.subject} is in the region.", evidence=image.name)
