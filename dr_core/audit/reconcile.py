"""Which of our roles' calls nobody intended: CloudTrail's record held against the trail's intents. Pure.

A compromised worker can use its role, and it cannot keep CloudTrail from saying so.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from dr_core.audit.events import Event, EventKind
from dr_core.aws.residency import EXEMPT_SERVICES, GLOBAL_SERVICES
from dr_core.aws.session import Purpose

EARLY = timedelta(seconds=30)
"""By how much CloudTrail's clock, which has whole seconds, may be behind the store's."""
LATE = timedelta(seconds=120)
"""A call that was sent before its step was over may arrive after it."""

_AURORA = frozenset({("rds", "SwitchoverGlobalCluster"), ("rds", "FailoverGlobalCluster")})
_ECS = frozenset({("ecs", "UpdateService")})
# CloudTrail names both kinds of scaling by one source, in its page's example:
# https://docs.aws.amazon.com/autoscaling/application/userguide/logging-using-cloudtrail.html
_TARGETS = frozenset({(one, "RegisterScalableTarget") for one in ("autoscaling", "application-autoscaling")})
_BOUNDS = _TARGETS | {("autoscaling", "UpdateAutoScalingGroup")}
_SIZES = _ECS | _BOUNDS | {("eks", "UpdateNodegroupConfig")}
_GROWS = _SIZES | {("autoscaling", "ResumeProcesses"), ("rds", "CreateDBInstance")}
_RECORDS = frozenset({("route53", "ChangeResourceRecordSets")})
_OBJECTS = frozenset({("s3", "PutObject"), ("s3", "DeleteObject")})
# CloudTrail may put the version of Lambda's API behind the name:
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
_MAPPINGS = frozenset({("lambda", f"UpdateEventSourceMapping{version}") for version in ("", "20150331")})
_CONSUMERS = _MAPPINGS | _TARGETS | _ECS | {("scheduler", "UpdateSchedule")}
_NONE: frozenset[tuple[str, str]] = frozenset()
# What each kind of step may ask for that changes something, by CloudTrail's names.
EXPECTED: Mapping[str, frozenset[tuple[str, str]]] = {
    "scale-target": _GROWS,
    "canary-start": _RECORDS,
    "canary-hold": _RECORDS,
    "fence-source": _SIZES | {("autoscaling", "SuspendProcesses")},
    "scale-to-standby": _GROWS | {("rds", "DeleteDBInstance")},
    "switchover-aurora": _AURORA - {("rds", "FailoverGlobalCluster")},
    "detach-aurora": frozenset({("rds", "RemoveFromGlobalCluster")}),
    "promote-replica": frozenset({("rds", "PromoteReadReplica")}),
    "stop-instance": frozenset({("rds", "StopDBInstance")}),
    "verify-promoted": _NONE,
    "failover-aurora": _AURORA - {("rds", "SwitchoverGlobalCluster")},
    "switch-records": _RECORDS,
    "shift-weights": _RECORDS,
    "switch-controls": frozenset({("route53-recovery-cluster", "UpdateRoutingControlStates")}),
    "take-over": _OBJECTS - {("s3", "DeleteObject")},
    "give-back": _OBJECTS - {("s3", "PutObject")},
    "stop-consumers": _CONSUMERS | {("events", "DisableRule")},
    "start-consumers": _CONSUMERS | {("events", "EnableRule")},
    "sync-parameters": frozenset({("ssm", "PutParameter")}),
    "compare-parameters": _NONE,
    "failover-cache": frozenset({("elasticache", "FailoverGlobalReplicationGroup")}),
    "promote-secrets": frozenset({("secretsmanager", "StopReplicationToReplica")}),
    # S3's control API has its operations under S3's own event source:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    "prepare-backfill": frozenset({("s3", "CreateJob")}),
    "backfill-buckets": frozenset({("s3", "CreateJob")}),
    "reprotect-aurora": _NONE,
    "catch-up": _NONE,
    "verify-steady": _NONE,
    "check-rules": _NONE,
    "drain-buckets": _NONE,
    "verify-origin": _NONE,
    "custom-lambda": frozenset({("lambda", "Invoke")}),
    "custom-ssm": frozenset({("ssm", "StartAutomationExecution")}),
    "custom-webhook": _NONE,
    "custom-plugin": _NONE,
    "verify-writer": _NONE,
    "verify-dns": _NONE,
    "verify-away": _NONE,
    "verify-write": _NONE,
    "verify-health": _NONE,
    "verify-consumers": _NONE,
}

BY_DUTY: Mapping[str, frozenset[tuple[str, str]]] = {
    "mark-freeze": frozenset({("ssm", "PutParameter")}),
    "unmark-freeze": frozenset({("ssm", "DeleteParameter")}),
    "keep-lost-writes": frozenset({("rds", "CopyDBClusterSnapshot")}),
    "move-pointer": frozenset({("ssm", "PutParameter")}),
}
"""The same of duties with a purpose of their own; what each intended stands in the trail as an event of its."""

DRILLED: Mapping[str, frozenset[tuple[str, str]]] = {
    "drill-scale": _SIZES | {("autoscaling", "ResumeProcesses")},
    "drill-write": frozenset({("s3", "PutObject"), ("s3", "DeleteObjects")}),
    "drill-invoke": frozenset({("lambda", "Invoke")}),
    "drill-clone": frozenset(
        ("rds", name)
        for name in ("RestoreDBClusterToPointInTime", "CreateDBInstance", "DeleteDBInstance", "DeleteDBCluster")
    ),
}
"""The same of the exercises of drills; what is not among them only looks."""
_UNLISTED = frozenset({"custom-plugin"})
"""What a plug-in calls is its package's affair: only when and where is held against the intent."""
_PURPOSE = re.compile(r"dr-purpose/([a-z]+)")
_STEP = re.compile(r"dr-step/([A-Za-z0-9_~%-]+)\.([A-Za-z0-9_.~%-]+)")
_ENDS_STEP = frozenset(
    kind.value
    for kind in (EventKind.STEP_DONE, EventKind.STEP_NOT_REACHED, EventKind.STEP_FAILED, EventKind.STEP_REACHED_LATE)
)
_ENDS_RUN = frozenset(
    kind.value
    for kind in (
        EventKind.RUN_SUCCEEDED,
        EventKind.RUN_FAILED,
        EventKind.RUN_ABORTED,
        EventKind.RUN_SUPERSEDED,
        EventKind.RUN_FOLLOWED,
    )
)


_BACK = ".back"
"""Behind the name of a step whose preparation is taken back."""
# (kind of step whose calls it makes, what stands behind the step's name)
_PREPARES: Mapping[str, tuple[str, str]] = {
    EventKind.PREPARE_INTENT.value: ("scale-target", ""),
    EventKind.PREPARE_UNDOING.value: ("scale-to-standby", _BACK),
}
_PREPARED: Mapping[str, tuple[str, ...]] = {
    EventKind.PREPARE_DONE.value: ("",),
    EventKind.PREPARE_FAILED.value: ("",),
    EventKind.PREPARE_UNDOING.value: ("",),
    EventKind.PREPARE_UNDONE.value: ("", _BACK),
    EventKind.PREPARE_KEPT.value: ("", _BACK),
}


@dataclass(frozen=True)
class AwsCall:
    """A call that CloudTrail recorded. `service` is the first part of its event source, `principal` has no session."""

    id: str
    at: datetime
    region: str
    service: str
    operation: str
    principal: str
    user_agent: str
    error: str | None = None
    subject: str = ""
    """The parameter, or the copy of a snapshot, that it names."""


@dataclass(frozen=True)
class Intent:
    """One step's intents: from the first to the end of the step, or to its run's; `until` None while it goes on.

    `subject` is what its calls name, where the trail says that.
    """

    kind: str
    regions: frozenset[str]
    since: datetime
    until: datetime | None
    subject: str = ""


Intents = Mapping[tuple[str, str], Intent]
"""(run, step) -> what was intended for it."""


def step_of(call: AwsCall) -> tuple[str, str] | None:
    """The run and the step that a call names in its user agent."""
    found = _STEP.search(call.user_agent)
    return (unquote(found[1]), unquote(found[2])) if found else None


def marker_of(call: AwsCall) -> tuple[str, str] | None:
    """Where the intent of a call about the marker of a freeze stands: such a call names no step."""
    found = _PURPOSE.search(call.user_agent)
    return (Purpose.FREEZE.value, call.id) if found is not None and found[1] == Purpose.FREEZE else None


def unexplained(calls: Iterable[AwsCall], intents: Intents) -> tuple[tuple[AwsCall, str], ...]:
    """Each call that no intent explains, with why, in the order of their times."""
    found = [(call, reason) for call in calls if (reason := why(call, intents)) is not None]
    return tuple(sorted(found, key=lambda item: (item[0].at, item[0].id)))


def why(call: AwsCall, intents: Intents) -> str | None:
    """Why nobody intended this call; None when an intent explains it."""
    purpose = _PURPOSE.search(call.user_agent)
    if purpose is None:
        return "it names no purpose"
    marker = marker_of(call)
    if marker is not None:
        asked = intents.get(marker)
        return _misfit(call, asked) if asked else "the trail holds no freeze, or end of one, that asks for it"
    if purpose[1] not in (Purpose.RUN, Purpose.PREPARE, Purpose.DRILL, Purpose.RECONCILE, Purpose.RELEASE):
        return f"its purpose is {purpose[1]}, which changes nothing that CloudTrail records"
    named = step_of(call)
    if named is None:
        return "it names no step of a run"
    intent = intents.get(named)
    if intent is None:
        return f"the trail holds no intent for step {named[1]} of run {named[0]}"
    return _misfit(call, intent)


def _misfit(call: AwsCall, intent: Intent) -> str | None:
    listed = intent.kind not in _UNLISTED
    if listed and (call.service, call.operation) not in {**EXPECTED, **DRILLED, **BY_DUTY}.get(intent.kind, _NONE):
        return f"a step of kind {intent.kind} does not call {call.service}:{call.operation}"
    if intent.subject and call.subject != intent.subject:
        return f"{intent.subject} was meant, not {call.subject or 'what it does not name'}"
    home = GLOBAL_SERVICES.get(call.service)
    if call.service not in EXEMPT_SERVICES and call.region not in ({home.home} if home else intent.regions):
        return f"a step that acts in {', '.join(sorted(intent.regions))} does not call {call.region}"
    if call.at < intent.since - EARLY:
        return "it came before the step's intent"
    if intent.until is not None and call.at > intent.until + LATE:
        return "it came after the step was over"
    return None


def preparations(chain: Iterable[Event]) -> dict[str, Intent]:
    """What was scaled while a request waited, and taken back, by the events of its chain: by the names of its calls."""
    found: dict[str, Intent] = {}
    for event in chain:
        begins, ends = _PREPARES.get(event.kind, ("", "")), _PREPARED.get(event.kind, ())
        step, region = str(event.data.get("step", "")), str(event.data.get("region", ""))
        if begins[0]:
            name = step + begins[1]
            since = found[name].since if name in found else event.at
            found[name] = Intent(begins[0], frozenset({region}), since, None)
        for name in (step + suffix for suffix in ends):
            if name in found and found[name].until is None:
                found[name] = replace(found[name], until=event.at)
    return found


def spans(chain: Iterable[Event], run: str) -> dict[str, tuple[datetime, datetime | None]]:
    """step -> from its first intent to its end, by the events of a request's chain."""
    since: dict[str, datetime] = {}
    until: dict[str, datetime | None] = {}
    for event in chain:
        step = event.data.get("step")
        if event.data.get("run") != run:
            continue
        if event.kind in _ENDS_RUN:
            until |= {name: event.at for name, end in until.items() if end is None}
        if not isinstance(step, str):
            continue
        if event.kind == EventKind.STEP_INTENT:
            since.setdefault(step, event.at)
            until[step] = None
        elif event.kind in _ENDS_STEP and step in since:
            until[step] = event.at
    return {step: (at, until[step]) for step, at in since.items()}
