"""Pure: stacks, change sets and events as CloudFormation's API shows them."""

from typing import Any

from bot.sandbox.world.cloudformation.stacks import ChangeSet, Event, Held, Stack

Json = dict[str, Any]


def stack_view(stack: Stack) -> Json:
    exported = {value: name for name, value in stack.exports.items()}
    view: Json = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "StackStatus": stack.status,
        "DisableRollback": stack.keep_on_failure,
        "EnableTerminationProtection": stack.protected,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": stack.capabilities,
        "Tags": stack.tags,
        "Parameters": _parameters(stack.parameters),
        "Outputs": [
            {"OutputKey": name, "OutputValue": value, **({"ExportName": exported[value]} if value in exported else {})}
            for name, value in stack.outputs.items()
        ],
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    optional = {"LastUpdatedTime": stack.updated, "DeletionTime": stack.deleted, "StackStatusReason": stack.reason}
    return {**view, **{name: value for name, value in optional.items() if value}}


def summary(stack: Stack) -> Json:
    """Of a list: no parameters, outputs or tags."""
    kept = (
        "StackId",
        "StackName",
        "CreationTime",
        "StackStatus",
        "LastUpdatedTime",
        "DeletionTime",
        "StackStatusReason",
    )
    view = {name: value for name, value in stack_view(stack).items() if name in kept}
    return {**view, "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"}}


def resource_view(stack: Stack, held: Held) -> Json:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": held.logical,
        "PhysicalResourceId": held.made.id,
        "ResourceType": held.type,
        "ResourceStatus": held.status,
        "Timestamp": held.at,
        "LastUpdatedTimestamp": held.at,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def event_view(stack: Stack, event: Event) -> Json:
    view = {
        "StackId": stack.id,
        "StackName": stack.name,
        "EventId": event.id,
        "LogicalResourceId": event.logical,
        "PhysicalResourceId": event.physical,
        "ResourceType": event.type,
        "Timestamp": event.at,
        "ResourceStatus": event.status,
    }
    return {**view, "ResourceStatusReason": event.reason} if event.reason else view


def change_set_view(change_set: ChangeSet) -> Json:
    stack = change_set.stack
    view: Json = {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": change_set.description,
        "Parameters": _parameters(change_set.parameters),
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": change_set.capabilities,
        "Tags": change_set.tags,
        "IncludeNestedStacks": False,
        "Changes": [
            {
                "Type": "Resource",
                "ResourceChange": {
                    "Action": one.action,
                    "LogicalResourceId": one.logical,
                    "PhysicalResourceId": one.physical,
                    "ResourceType": one.type,
                    "Scope": ["Properties"] if one.properties else [],
                    "Details": [
                        {
                            "Target": {"Attribute": "Properties", "Name": name, "AttributeChangeType": how},
                            "Evaluation": "Static",
                        }
                        for name, how in one.properties.items()
                    ],
                    **({"Replacement": "True" if one.replaces else "False"} if one.action == "Modify" else {}),
                },
            }
            for one in change_set.changes
        ],
    }
    return {**view, "StatusReason": change_set.reason} if change_set.reason else view


def _parameters(values: dict[str, str]) -> list[Json]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
