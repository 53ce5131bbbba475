"""Consumers by hand: the AWS CLI's words for looking at them and for turning them on and off. Pure.

https://docs.aws.amazon.com/cli/latest/reference/lambda/update-event-source-mapping.html
https://docs.aws.amazon.com/cli/latest/reference/events/disable-rule.html
https://docs.aws.amazon.com/cli/latest/reference/scheduler/update-schedule.html
"""

import shlex

from dr_core.aws.cli import Raw, asked, aws, is_
from dr_core.capacity import by_hand as capacity_by_hand
from dr_core.capacity import service_by_hand
from dr_core.consumers.pollers import as_service
from dr_core.errors import RejectedError
from dr_core.topology.capacity import Consumer, EcsPoller, EventBridgeRule, EventBridgeSchedule, LambdaEventSource

_SCHEDULE = "schedule.json"
_MAPPINGS = "mappings.txt"
_KEPT = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
_KEPT_IF_THERE = (
    "GroupName", "ScheduleExpressionTimezone", "EndDate", "Description", "KmsKeyArn",
    "ActionAfterCompletion",
)  # fmt: skip
_NOW = '`"@now@"`'
_NOW_OF_THE_SHELL = """'"$(date -u +%Y-%m-%dT%H:%M:%S)"'"""
"""The query's single quotes are left for it and taken up again."""

Lines = tuple[str, ...]


def turn(entry: Consumer, region: str, *options: str, on: bool) -> Lines:
    """The commands that turn it on or off; `options` are said with every call."""
    match entry.value:
        case LambdaEventSource() as source:
            words = ("--function-name", source.function, *options, *asked("EventSourceMappings[].UUID"))
            listed = aws("lambda", "list-event-source-mappings", *words, region=region)
            switch = ("--uuid", Raw('"$id"'), "--enabled" if on else "--no-enabled", *options, *asked("State"))
            each = aws("lambda", "update-event-source-mapping", *switch, region=region)
            return (f"{listed} > {_MAPPINGS}", _each_of(_MAPPINGS, each))
        case EventBridgeRule() as rule:
            named = ("--name", rule.rule, "--event-bus-name", rule.bus, *options)
            return (aws("events", "enable-rule" if on else "disable-rule", *named, region=region),)
        case EventBridgeSchedule() as spec:
            words = ("--name", spec.schedule, "--group-name", spec.group, *options, "--output", "json")
            read = _in_utc(aws("scheduler", "get-schedule", *words, "--query", Raw(_whole(on)), region=region))
            put = ("--cli-input-json", f"file://{_SCHEDULE}", *options, *asked("ScheduleArn"))
            return (f"{read} > {_SCHEDULE}", aws("scheduler", "update-schedule", *put, region=region))
        case EcsPoller() as poller if on:
            return capacity_by_hand.grow(as_service(poller), region, poller.count)
        case EcsPoller() as poller:
            return capacity_by_hand.fence(as_service(poller), region, *options)
    raise RejectedError(f"There is no command for a consumer of kind {entry.kind}.")


def _each_of(file: str, command: str) -> str:
    """The command for every `$id` of a file: none is left out because another one failed, and a failure is told."""
    return f'{{ failed=0; for id in $(cat {file}); do {command} || failed=1; done; [ "$failed" = 0 ]; }}'


def _in_utc(command: str) -> str:
    """The CLI writes moments in the time of its shell."""
    return f"TZ=UTC {command}"


def _whole(on: bool) -> str:
    """All of a schedule in the shape of an update, with its new state: what is left out would be set to its default.

    In the shell's quotes, because only the shell knows the time: a start that is gone by says nothing any more, and is
    not taken. Moments of one shape stand in their order as texts.
    """
    kept = ", ".join(f"{name}: {name}" for name in _KEPT)
    there = ", ".join(_there(name, name) for name in _KEPT_IF_THERE)
    start = _there("StartDate", f"StartDate && sort([StartDate, {_NOW}])[0] == {_NOW}")
    state = '`"ENABLED"`' if on else '`"DISABLED"`'
    return shlex.quote(f"merge({{{kept}, State: {state}}}, {there}, {start})").replace("@now@", _NOW_OF_THE_SHELL)


def _there(name: str, condition: str) -> str:
    return f"({condition} && {{{name}: {name}}} || `{{}}`)"


def is_turned(entry: Consumer, region: str, *, on: bool) -> str:
    """The condition that all of it is on, or off."""
    match entry.value:
        case LambdaEventSource() as source:
            wanted = "Enabled" if on else "Disabled"
            query = f'length(EventSourceMappings[?State!=`"{wanted}"`])'
            words = ("--function-name", source.function, "--no-paginate", *asked(query))
            return is_(aws("lambda", "list-event-source-mappings", *words, region=region), "0")
        case EcsPoller() as poller:
            if on:
                return capacity_by_hand.at_least_running(as_service(poller), region, poller.count)
            none = is_(capacity_by_hand.running(as_service(poller), region), "0")
            return f"{none} && {service_by_hand.held(as_service(poller), region)}"
    return is_(look(entry, region), "ENABLED" if on else "DISABLED")


def look(entry: Consumer, region: str, *options: str) -> str:
    """Prints how it is now."""
    match entry.value:
        case LambdaEventSource() as source:
            query = "EventSourceMappings[].[EventSourceArn, State]"
            words = ("--function-name", source.function, *options, *asked(query))
            return aws("lambda", "list-event-source-mappings", *words, region=region)
        case EventBridgeRule() as rule:
            words = ("--name", rule.rule, "--event-bus-name", rule.bus, *options, *asked("State"))
            return aws("events", "describe-rule", *words, region=region)
        case EventBridgeSchedule() as spec:
            words = ("--name", spec.schedule, "--group-name", spec.group, *options, *asked("State"))
            return aws("scheduler", "get-schedule", *words, region=region)
        case EcsPoller() as poller:
            return capacity_by_hand.running(as_service(poller), region)
    raise RejectedError(f"There is no command for a consumer of kind {entry.kind}.")
