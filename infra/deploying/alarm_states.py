"""How the alarms stand that the templates make: one that is raised, gone or without a figure is not a success."""

from collections.abc import Iterator, Mapping
from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.aws.session import Purpose
from dr_core.doctor.result import Check, CheckState
from dr_core.errors import DrError
from infra.deploying.assembly import Stack
from infra.deploying.site import Site

_KINDS = {"AWS::CloudWatch::Alarm": "MetricAlarm", "AWS::CloudWatch::CompositeAlarm": "CompositeAlarm"}
_AT_ONCE = 100
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html"""


def alarms(site: Site) -> Iterator[Check]:
    """Each alarm of the templates, in its region."""
    by_region: dict[str, list[str]] = {}
    for stack in site.assembly.stacks.values():
        by_region.setdefault(stack.region, []).extend(_named(stack))
    for region, names in by_region.items():
        try:
            found = _states(site, region, names)
        except DrError as error:
            told = f"{len(names)} alarms could not be asked after: {error.message}"
            yield Check(name=f"alarms {region}", state=CheckState.UNKNOWN, detail=told, way_out=error.hint or "")
        else:
            yield from (alarm_check(name, region, found.get(name)) for name in names)


def _named(stack: Stack) -> Iterator[str]:
    for one in stack.resources.values():
        if one["Type"] in _KINDS:
            yield str(one["Properties"]["AlarmName"])


def _states(site: Site, region: str, names: list[str]) -> Mapping[str, tuple[str, str]]:
    """(state, its reason), by name."""
    found: dict[str, tuple[str, str]] = {}
    client = site.aws.client("cloudwatch", region, purpose=Purpose.DEPLOY)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        with aws_errors("cloudwatch", region, "DescribeAlarms"):
            answer: dict[str, Any] = client.describe_alarms(
                AlarmNames=some, AlarmTypes=[*_KINDS.values()], MaxRecords=_AT_ONCE
            )
        for one in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
            found[str(one["AlarmName"])] = (str(one["StateValue"]), str(one.get("StateReason") or ""))
    return found


def alarm_check(name: str, region: str, found: tuple[str, str] | None) -> Check:
    """Pure. `found`: its state and the reason, None where there is no such alarm."""
    title = f"alarm {name}"
    if found is None:
        told = f"{region} has no such alarm"
        return Check(name=title, state=CheckState.FAILED, detail=told, way_out="`dr deploy apply`")
    state, reason = found
    if state == "OK":
        return Check(name=title, state=CheckState.OK, detail=region)
    told = f"{region}: {state}" + (f", {reason}" if reason else "")
    if state == "ALARM":
        return Check(name=title, state=CheckState.FAILED, detail=told, way_out="docs/playbooks/README.md")
    way_out = "Look again in some minutes: a new alarm has no figure yet."
    return Check(name=title, state=CheckState.UNKNOWN, detail=told, way_out=way_out)
