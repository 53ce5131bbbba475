"""Consumers: there in every region, alike, led to things of their own region, and open to being turned on and off.

https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.errors import DrError, RejectedError
from dr_core.readiness.asking import call, found, pages
from dr_core.readiness.examination import ACROSS, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.capacity import Consumer, EventBridgeRule, EventBridgeSchedule, LambdaEventSource

AREA = "consumers"
_ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@dataclass(frozen=True)
class Mapping:
    """An event source mapping. `there`: whether its source exists; None where that cannot be asked, see `reason`."""

    source: str
    there: bool | None
    reason: str
    trouble: str


@dataclass(frozen=True)
class RuleFacts:
    state: str
    trigger: str
    managed_by: str
    targets: int


@dataclass(frozen=True)
class ScheduleFacts:
    state: str
    expression: str
    target: str
    role: str


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    """ECS pollers are examined with the other services of ECS."""
    for entry in subject.application.consumers:
        for region in subject.application.regions:
            yield from _there(subject, entry, region)
        yield from _alike(subject, entry)


def _there(subject: Subject, entry: Consumer, region: str) -> Iterator[Inquiry[Any]]:
    match entry.value:
        case LambdaEventSource() as source:
            yield Inquiry(
                "event-source-unknown", AREA, source.function, region, f"Lambda ListEventSourceMappings, {region}",
                partial(mappings, subject, source, region), judge_mappings,
            )  # fmt: skip
        case EventBridgeRule() as rule:
            yield Inquiry(
                "rule-unknown", AREA, rule.rule, region,
                f"EventBridge DescribeRule and ListTargetsByRule, {region}",
                partial(rule_facts, subject, rule, region), judge_rule,
            )  # fmt: skip
        case EventBridgeSchedule() as spec:
            yield Inquiry(
                "schedule-unknown", AREA, spec.schedule, region, f"EventBridge Scheduler GetSchedule, {region}",
                partial(schedule_facts, subject, spec, region), partial(judge_schedule, spec),
            )  # fmt: skip


def _alike(subject: Subject, entry: Consumer) -> Iterator[Inquiry[Any]]:
    """The same in every region, as far as it answers; that something is missing is told by `_there`."""
    match entry.value:
        case LambdaEventSource() as source:
            ask = partial(_in_each, subject, lambda region: _sources(mappings(subject, source, region)))
            name, source_of = source.function, "Lambda ListEventSourceMappings"
        case EventBridgeRule() as rule:
            ask = partial(_in_each, subject, lambda region: _trigger(rule_facts(subject, rule, region)))
            name, source_of = rule.rule, "EventBridge DescribeRule"
        case EventBridgeSchedule() as spec:
            ask = partial(_in_each, subject, lambda region: _expression(schedule_facts(subject, spec, region)))
            name, source_of = spec.schedule, "EventBridge Scheduler GetSchedule"
        case _:
            return
    yield Inquiry("consumers-unlike", AREA, name, ACROSS, source_of, ask, judge_alike)


# -- what is asked ---------------------------------------------------------------------------------------------------


def mappings(subject: Subject, spec: LambdaEventSource, region: str) -> tuple[Mapping, ...] | None:
    """None: there is no such function."""
    try:
        told = list(
            pages(
                subject, "lambda", region, "ListEventSourceMappings", token=("NextMarker", "Marker"),
                FunctionName=spec.function,
            )
        )  # fmt: skip
    except RejectedError as error:
        if getattr(error, "aws_code", None) == "ResourceNotFoundException":
            return None
        raise
    return tuple(_mapping(subject, raw, region) for page in told for raw in page["EventSourceMappings"])


def _mapping(subject: Subject, raw: dict[str, Any], region: str) -> Mapping:
    source = str(raw.get("EventSourceArn") or "a source outside AWS")
    said = str(raw.get("LastProcessingResult") or "")
    there, reason = _source_there(subject, source, region)
    return Mapping(source, there, reason, said if said.startswith("PROBLEM") else "")


def _source_there(subject: Subject, arn: str, region: str) -> tuple[bool | None, str]:
    """Queues and streams can be asked for by their ARN; of other sources Lambda tells when it cannot reach them."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] not in ("sqs", "kinesis"):
        return None, "its kind of source is not asked for"
    asked: dict[str, Any] = {"StreamARN": arn}
    operation, gone = "DescribeStreamSummary", "ResourceNotFoundException"
    if parts[2] == "sqs":
        asked = {"QueueName": parts[5], "QueueOwnerAWSAccountId": parts[4]}
        operation, gone = "GetQueueUrl", "QueueDoesNotExist"
    try:
        call(subject, parts[2], parts[3] or region, operation, **asked)
    except RejectedError as error:
        if gone in str(getattr(error, "aws_code", "")) or "NonExistentQueue" in str(getattr(error, "aws_code", "")):
            return False, ""
        return None, error.message
    except DrError as error:
        return None, error.message
    return True, ""


def rule_facts(subject: Subject, spec: EventBridgeRule, region: str) -> RuleFacts | None:
    """None: there is no such rule."""
    named = {"EventBusName": spec.bus}
    raw = found(subject, "events", region, "DescribeRule", Name=spec.rule, **named)
    if raw is None:
        return None
    targets = call(subject, "events", region, "ListTargetsByRule", Rule=spec.rule, **named)["Targets"]
    trigger = " ".join(str(raw[key]) for key in ("EventPattern", "ScheduleExpression") if raw.get(key))
    return RuleFacts(str(raw.get("State")), trigger, str(raw.get("ManagedBy") or ""), len(targets))


def schedule_facts(subject: Subject, spec: EventBridgeSchedule, region: str) -> ScheduleFacts | None:
    """None: there is no such schedule."""
    raw = found(subject, "scheduler", region, "GetSchedule", Name=spec.schedule, GroupName=spec.group)
    if raw is None:
        return None
    said = f"{raw['ScheduleExpression']} {raw.get('ScheduleExpressionTimezone') or 'UTC'}"
    return ScheduleFacts(str(raw.get("State")), said, str(raw["Target"]["Arn"]), str(raw["Target"]["RoleArn"]))


def _in_each(subject: Subject, ask: Any) -> dict[str, str | None]:
    """What each region says of it, in words that can be compared; None where it says nothing."""
    told: dict[str, str | None] = {}
    for region in subject.application.regions:
        try:
            told[region] = ask(region)
        except DrError:
            told[region] = None
    return told


def _sources(seen: tuple[Mapping, ...] | None) -> str | None:
    """By the last part of their ARNs: a region's own queue has another ARN than the other's."""
    return ", ".join(sorted(one.source.rsplit(":", 1)[-1] for one in seen)) if seen else None


def _trigger(seen: RuleFacts | None) -> str | None:
    return seen.trigger if seen else None


def _expression(seen: ScheduleFacts | None) -> str | None:
    return seen.expression if seen else None


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_mappings(seen: tuple[Mapping, ...] | None, about: About) -> Iterable[Check]:
    if not seen:
        what = "no function" if seen is None else "no event source mapping of function"
        message = f"There is {what} {about.subject} in {about.region}: nothing could consume there."
        yield about.blocking("missing:event-source", message, way_out="Create it there, disabled, or correct dr.yaml.")
        return
    words = ", ".join(one.source for one in seen)
    yield about.ok("missing:event-source", f"Function {about.subject} has event source mappings.", evidence=words)
    for one in seen:
        yield from _judged_mapping(one, about)


def _judged_mapping(one: Mapping, about: About) -> Iterator[Check]:
    if one.there is False:
        message = f"What function {about.subject} reads from in {about.region} does not exist."
        yield about.blocking("source-missing", message, evidence=one.source, way_out="Create the queue or stream.")
    elif one.there is None:
        yield about.unknown("source-missing", f"Whether {one.source} exists: {one.reason}.")
    else:
        yield about.ok("source-missing", f"The source of {about.subject} exists.", evidence=one.source)
    if _elsewhere(one.source, about):
        message = f"In {about.region} function {about.subject} reads from another region: it would be gone with that."
        yield about.blocking(
            "source-elsewhere", message, evidence=one.source, way_out="Map a source of its own region."
        )
    if one.trouble:
        message = f"Function {about.subject} could not be given its last batch in {about.region}."
        yield about.warning("consumer-in-trouble", message, evidence=one.trouble, way_out="See the function's logs.")


def judge_rule(seen: RuleFacts | None, about: About) -> Iterable[Check]:
    if seen is None:
        message = f"There is no rule {about.subject} in {about.region}."
        yield about.blocking("missing:rule", message, way_out="Create it there, disabled, or correct dr.yaml.")
        return
    yield about.ok("missing:rule", f"Rule {about.subject} is there.", evidence=seen.state)
    if seen.managed_by:
        message = f"Rule {about.subject} in {about.region} is managed by {seen.managed_by}: nobody else can turn it."
        yield about.blocking("rule-managed", message, way_out="Leave it out of consumers, and move what it belongs to.")
    if not seen.targets:
        message = f"Rule {about.subject} in {about.region} has no target: turned on, it would do nothing."
        yield about.blocking("rule-without-target", message, way_out="Give it the targets that it has elsewhere.")
    if seen.state == _ALL_EVENTS:
        message = f"Rule {about.subject} matches read-only events, too; turned off and on it would not any more."
        way_out = "Set this state again after a failover, by `aws events put-rule`."
        yield about.warning("rule-state-lost", message, evidence=seen.state, way_out=way_out)


def judge_schedule(spec: EventBridgeSchedule, seen: ScheduleFacts | None, about: About) -> Iterable[Check]:
    if seen is None:
        message = f"There is no schedule {about.subject} in {about.region}."
        yield about.blocking("missing:schedule", message, way_out="Create it there, disabled, or correct dr.yaml.")
        return
    yield about.ok("missing:schedule", f"Schedule {about.subject} is there.", evidence=f"{seen.state}, {seen.target}")
    if _elsewhere(seen.target, about):
        message = f"In {about.region} schedule {about.subject} leads to another region: it would be gone with that."
        yield about.blocking(
            "target-elsewhere", message, evidence=seen.target, way_out="Name a target of its own region."
        )
    named = spec.roles.get(about.region or "")
    if named is None:
        message = f"Whether the product may pass the role of schedule {about.subject} was not asked: changing it does."
        way_out = f"Name it under roles of the schedule in dr.yaml: {{{about.region}: {seen.role}}}."
        yield about.unknown("permission:iam:PassRole", message, way_out=way_out)
    elif named != seen.role:
        message = f"Schedule {about.subject} in {about.region} runs with another role than dr.yaml names."
        yield about.warning("role-differs", message, evidence=f"{seen.role}, not {named}", way_out="Correct dr.yaml.")


def judge_alike(told: dict[str, str | None], about: About) -> Iterable[Check]:
    known = {region: said for region, said in told.items() if said is not None}
    if len(set(known.values())) > 1:
        message = f"{about.subject} is not the same everywhere: it would do something else after a failover."
        evidence = "; ".join(f"{region}: {said}" for region, said in known.items())
        yield about.warning("consumers-unlike", message, evidence=evidence, way_out="Make them alike.")
    elif len(known) > 1:
        yield about.ok("consumers-unlike", f"{about.subject} is the same in {', '.join(known)}.")


def _elsewhere(arn: str, about: About) -> bool:
    """Whether an ARN names another region than the one it is used in."""
    parts = arn.split(":")
    return len(parts) > 3 and bool(parts[3]) and about.region is not None and parts[3] != about.region
