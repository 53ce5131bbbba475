"""What scales an application by itself: whether a standby would follow its load as the active region does.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribePolicies.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.capacity import groups, scalable_targets
from dr_core.capacity.port import capacity_name
from dr_core.errors import DrError
from dr_core.readiness.asking import call, pages
from dr_core.readiness.examination import ACROSS, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.capacity import AutoScalingGroup, Capacity, EcsService

AREA = "scaling"
_SERVICES = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
_TOKEN = ("NextToken", "NextToken")
_TRACKING = ("TargetTrackingScalingPolicyConfiguration", "TargetTrackingConfiguration")
_STEPS = (
    "StepScalingPolicyConfiguration", "StepAdjustments", "ScalingAdjustment", "AdjustmentType", "Cooldown",
    "MinAdjustmentMagnitude", "MinAdjustmentStep", "MetricAggregationType", "EstimatedInstanceWarmup",
)  # fmt: skip
_OTHER = ("PredictiveScalingPolicyConfiguration", "PredictiveScalingConfiguration")
_OWN = frozenset({"ResourceLabel", "Alarms", "PredefinedLoadMetricSpecification"})
"""What names things of one region alone, such as its load balancer."""
_BALANCED = frozenset({"LoadBalancer", "TargetGroup"})
"""Dimensions whose values end with an id that each region has of its own."""
_ALARM = (
    "Namespace", "MetricName", "Metrics", "Dimensions", "Statistic", "ExtendedStatistic", "Unit", "Period",
    "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData",
)  # fmt: skip
"""When an alarm makes a policy act, but for its names and what it says now."""
_AT_ONCE = 100
"""How many alarms DescribeAlarms takes by name in one call."""
_PROCESSES = frozenset({"Launch", "Terminate", "AlarmNotification", "ScheduledActions"})
"""Without these a group follows no policy; the others are about health checks and balance."""


@dataclass(frozen=True)
class Scaling:
    """`policies`: each in words, without its name. `most` None: nothing may scale it by itself.

    `held`: what is suspended of it.
    """

    policies: frozenset[str]
    most: int | None
    held: frozenset[str] = frozenset()


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for entry in subject.application.capacity:
        if entry.ecs is not None or entry.autoscaling is not None:
            yield Inquiry(
                "scaling-unknown", AREA, capacity_name(entry), ACROSS, "scaling policies in each region",
                partial(everywhere, subject, entry), partial(judge, subject.active),
            )  # fmt: skip


def everywhere(subject: Subject, entry: Capacity) -> dict[str, Scaling | str]:
    """region -> what scales it there; a text is why the region could not be asked."""
    told: dict[str, Scaling | str] = {}
    for region in subject.application.regions:
        try:
            if entry.ecs is not None:
                told[region] = _service(subject, entry.ecs, region)
            elif entry.autoscaling is not None:
                told[region] = _group(subject, entry.autoscaling, region)
        except DrError as error:
            told[region] = error.message
    return told


def _service(subject: Subject, spec: EcsService, region: str) -> Scaling:
    service, resource = "application-autoscaling", f"service/{spec.cluster}/{spec.service}"
    targets = call(subject, service, region, "DescribeScalableTargets", ResourceIds=[resource], **_SERVICES)
    listed = pages(subject, service, region, "DescribeScalingPolicies", token=_TOKEN, ResourceId=resource, **_SERVICES)
    policies = [raw for page in listed for raw in page["ScalingPolicies"]]
    found = targets["ScalableTargets"]
    state = (found[0].get("SuspendedState") or {}) if found else {}
    held = frozenset(name for name in scalable_targets.ACTIVITIES if state.get(name))
    return Scaling(_words(subject, policies, region), int(found[0]["MaxCapacity"]) if found else None, held)


def _group(subject: Subject, spec: AutoScalingGroup, region: str) -> Scaling | str:
    answer = call(subject, "autoscaling", region, "DescribeAutoScalingGroups", AutoScalingGroupNames=[spec.group])
    found = answer["AutoScalingGroups"]
    if not found:
        return f"There is no group {spec.group} in {region}."
    listed = pages(subject, "autoscaling", region, "DescribePolicies", token=_TOKEN, AutoScalingGroupName=spec.group)
    policies = [raw for page in listed for raw in page["ScalingPolicies"]]
    held = _PROCESSES & {str(one["ProcessName"]) for one in found[0].get("SuspendedProcesses", ())}
    return Scaling(_words(subject, policies, region), int(found[0]["MaxSize"]), held)


def _words(subject: Subject, policies: Sequence[Mapping[str, Any]], region: str) -> frozenset[str]:
    """Each policy; one that waits for alarms of its owner's with when those make it act."""
    wanted = {one["AlarmName"] for raw in policies if _tracking(raw) is None for one in raw.get("Alarms", ())}
    alarms: dict[str, Mapping[str, Any]] = {}
    names = sorted(wanted)
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        listed = pages(subject, "cloudwatch", region, "DescribeAlarms", token=_TOKEN, AlarmNames=some)
        alarms |= {raw["AlarmName"]: raw for page in listed for raw in page.get("MetricAlarms", ())}
    return frozenset(said(raw, region, alarms) for raw in policies)


def _tracking(raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a policy tracks by alarms that AWS makes; None for the other kinds."""
    return next((raw[name] for name in _TRACKING if raw.get(name)), None)


def said(raw: Mapping[str, Any], region: str, alarms: Mapping[str, Mapping[str, Any]]) -> str:
    """A policy in words that are the same in another region: no names, and nothing that only one region has."""
    off = " (disabled)" if raw.get("Enabled") is False else ""
    tracking = _tracking(raw)
    if tracking is not None:
        metric = tracking.get("PredefinedMetricSpecification") or tracking.get("CustomizedMetricSpecification") or {}
        rest = {
            name: value
            for name, value in tracking.items()
            if name not in ("PredefinedMetricSpecification", "CustomizedMetricSpecification", "TargetValue")
        }
        named = metric.get("PredefinedMetricType") or _plain(metric, region)
        more = f" {_plain(rest, region)}" if any(rest.values()) else ""
        return f"target tracking of {named} at {float(tracking['TargetValue']):g}{more}{off}"
    parts = {name: raw[name] for name in (*_STEPS, *_OTHER) if raw.get(name)}
    kind = raw.get("PolicyType", "SimpleScaling")
    if kind == "PredictiveScaling":
        return f"{kind} {_plain(parts, region)}{off}"
    when = sorted(_alarm(alarms.get(one["AlarmName"]), region) for one in raw.get("Alarms", ()))
    return f"{kind} {_plain(parts, region)} on {' and '.join(when) or 'no alarm'}{off}"


def _alarm(raw: Mapping[str, Any] | None, region: str) -> str:
    if raw is None:
        return "an alarm that is not there"
    off = " whose actions are off" if raw.get("ActionsEnabled") is False else ""
    return f"{_plain({name: raw[name] for name in _ALARM if name in raw}, region)}{off}"


def _plain(value: Any, region: str) -> str:
    """JSON in a fixed order; whatever names the region names any."""

    def without(part: Any) -> Any:
        if isinstance(part, Mapping):
            if part.get("Name") in _BALANCED:
                return {"Name": part["Name"]}
            return {name: without(one) for name, one in part.items() if name not in _OWN}
        return [without(one) for one in part] if isinstance(part, (list, tuple)) else part

    return json.dumps(without(value), sort_keys=True, default=str).replace(region, "REGION")


def judge(active: str, told: dict[str, Scaling | str], about: About) -> Iterable[Check]:
    """The least is not compared: a standby that waits has another one than a region at work."""
    ours = told[active]
    for region, theirs in told.items():
        there = About(about.area, about.subject, region, about.source, about.at)
        if region == active:
            if not isinstance(ours, str) and ours.policies and ours.held:
                yield _held(there, active, ours.held)
        elif isinstance(ours, str) or isinstance(theirs, str):
            why = ours if isinstance(ours, str) else theirs
            yield there.unknown("scaling-unknown", f"What scales {about.subject} could not be compared: {why}")
        else:
            yield from _compared(there, active, ours, theirs)


_LIFTED = frozenset({*groups.HELD, *scalable_targets.ACTIVITIES})
"""What a run lifts by itself when it scales the target up; a standby may well wait with it."""


def _compared(there: About, active: str, ours: Scaling, theirs: Scaling) -> Iterable[Check]:
    lacks, extra = sorted(ours.policies - theirs.policies), sorted(theirs.policies - ours.policies)
    if lacks or extra:
        message = f"{there.subject} is scaled by other policies in {there.region} than in {active}."
        evidence = "; ".join((*(f"- {one}" for one in lacks), *(f"+ {one}" for one in extra)))
        way_out = f"Give {there.region} the policies of {active}: it has to follow the load as soon as users come."
        yield there.warning("scaling-differs", message, evidence=evidence, way_out=way_out)
    elif theirs.policies and theirs.held - _LIFTED:
        yield _held(there, str(there.region), theirs.held - _LIFTED)
    elif ours.most is not None and (theirs.most is None or theirs.most < ours.most):
        limit = "is not scaled by anything" if theirs.most is None else f"grows to {theirs.most} at most"
        message = f"{there.subject} {limit} in {there.region}, and to {ours.most} in {active}."
        yield there.warning("scaling-differs", message, way_out=f"Raise its maximum in {there.region}.")
    elif not ours.policies:
        message = f"No policy scales {there.subject}, neither in {there.region} nor in {active}."
        yield there.info("scaling-none", message, way_out="It stays as large as it is made, whatever its load.")
    else:
        yield there.ok("scaling-differs", f"{there.subject} is scaled alike in {there.region} and {active}.")


def _held(there: About, region: str, held: frozenset[str]) -> Check:
    message = f"{there.subject} does not follow its load in {region}: its scaling is suspended."
    return there.warning("scaling-suspended", message, evidence=", ".join(sorted(held)), way_out="Resume it.")
