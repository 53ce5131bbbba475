"""Quotas of Fargate: whether a region is allowed to run what it must run after a failover.

Fargate counts vCPUs of a region over all services: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
How many are used stands in CloudWatch's namespace AWS/Usage, where the quota itself says which metric it is:
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dr_core.errors import DrError, RejectedError
from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import About, Inquiry, Subject
from dr_core.readiness.examinations.services import described, task_definition
from dr_core.readiness.model import Check
from dr_core.topology.capacity import EcsService

AREA = "capacity"
FARGATE = ("fargate", "L-3032A538")
_UNITS_A_VCPU = 1024
_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Need:
    """One service or group there: what one copy counts, copies wanted after a failover, copies that are wanted now."""

    name: str
    each: float
    wanted: int
    present: int


@dataclass(frozen=True)
class Quota:
    """`used` None: not measured, `reason` says why."""

    name: str
    limit: float
    used: float | None
    measured_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Room:
    needs: tuple[Need, ...]
    quota: Quota | None


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    services = tuple(entry.ecs for entry in subject.application.capacity if entry.ecs)
    if not services:
        return
    for region in subject.application.regions:
        yield Inquiry(
            "quota-unknown", AREA, "Fargate vCPUs", region,
            f"Service Quotas GetServiceQuota, CloudWatch AWS/Usage, ECS, {region}",
            partial(room, subject, services, region), judge,
        )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def room(subject: Subject, services: tuple[EcsService, ...], region: str) -> Room:
    """What the application needs on Fargate in the region, and what the account may use."""
    needs = tuple(need for spec in services if (need := _need(subject, spec, region)) is not None)
    return Room(needs, quota(subject, *FARGATE, region) if needs else None)


def _need(subject: Subject, spec: EcsService, region: str) -> Need | None:
    """None: no such service, or it does not run on Fargate."""
    raw = described(subject, spec, region)
    if raw is None or not _on_fargate(raw):
        return None
    task = task_definition(subject, str(raw["taskDefinition"]), region)
    units = task.get("cpu") or sum(container.get("cpu", 0) for container in task.get("containerDefinitions", ()))
    if not units:
        raise RejectedError(f"The task definition of {spec.service} in {region} says nothing of its vCPUs.")
    return Need(f"{spec.cluster}/{spec.service}", int(units) / _UNITS_A_VCPU, spec.active, int(raw["desiredCount"]))


def _on_fargate(raw: dict[str, Any]) -> bool:
    providers = {strategy.get("capacityProvider") for strategy in raw.get("capacityProviderStrategy", ())}
    return raw.get("launchType") == "FARGATE" or "FARGATE" in providers


def quota(subject: Subject, service: str, code: str, region: str) -> Quota:
    """The applied quota, else AWS's default; and its use."""
    asked = {"ServiceCode": service, "QuotaCode": code}
    answer = found(subject, "service-quotas", region, "GetServiceQuota", **asked) or call(
        subject, "service-quotas", region, "GetAWSDefaultServiceQuota", **asked
    )
    raw = answer["Quota"]
    used, at, reason = _used(subject, raw.get("UsageMetric"), region)
    return Quota(str(raw.get("QuotaName", code)), float(raw["Value"]), used, at, reason)


def _used(subject: Subject, metric: dict[str, Any] | None, region: str) -> tuple[float | None, datetime | None, str]:
    if not metric:
        return None, None, "the quota names no metric of its use"
    query = {
        "Namespace": metric["MetricNamespace"],
        "MetricName": metric["MetricName"],
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric["MetricDimensions"].items()],
    }
    statistic = metric.get("MetricStatisticRecommendation", "Maximum")
    try:
        answer = call(
            subject, "cloudwatch", region, "GetMetricData", StartTime=subject.now - _WINDOW, EndTime=subject.now,
            MetricDataQueries=[{"Id": "used", "MetricStat": {"Metric": query, "Period": 300, "Stat": statistic}}],
        )  # fmt: skip
    except DrError as error:
        return None, None, error.message
    result = answer["MetricDataResults"][0]
    points = list(zip(result["Timestamps"], result["Values"], strict=True))
    if not points:
        return None, None, "no datapoint in the last 15 minutes"
    at, value = max(points)
    return float(value), at, ""


# -- what it means ---------------------------------------------------------------------------------------------------


def judge(seen: Room, about: About) -> Iterable[Check]:
    """Needed on top of what is used; where the use is not measured, at least what the application itself needs."""
    if seen.quota is None:
        yield about.ok("quota-short", f"Nothing of the application runs on Fargate in {about.region}.")
        return
    whole = sum(need.each * need.wanted for need in seen.needs)
    more = sum(need.each * max(0, need.wanted - need.present) for need in seen.needs)
    limit, used = seen.quota.limit, seen.quota.used
    evidence = f"{seen.quota.name}: {limit:g}, needed {whole:g}, {more:g} more than now"
    if used is not None and seen.quota.measured_at is not None:
        age = max(0.0, (about.at - seen.quota.measured_at).total_seconds())
        evidence += f", {used:g} used {age:.0f} s ago"
    else:
        evidence += f", use unknown ({seen.quota.reason})"
    if whole > limit or (used is not None and used + more > limit):
        short = max(whole - limit, 0.0 if used is None else used + more - limit)
        message = f"The quota of {about.region} is too small for what runs there after a failover: {short:g} short."
        yield about.blocking("quota-short", message, evidence=evidence, way_out="Ask AWS for a larger quota.")
    elif used is None:
        message = f"Whether the quota of {about.region} is large enough is not sure: its use is not known."
        yield about.unknown("quota-short", f"{message} {evidence}")
    else:
        yield about.ok("quota-short", f"The quota of {about.region} is large enough.", evidence=evidence)
