"""Which IAM actions a consumer of each kind is read and turned with, and on which resources. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_id-based-policies.html: an update passes the role.
"""

from collections.abc import Mapping

from dr_core.capacity.actions import actions_on
from dr_core.consumers.pollers import as_service
from dr_core.topology.capacity import Consumer, EcsPoller, EventBridgeRule, EventBridgeSchedule

Calls = Mapping[str, tuple[str, ...]]
"""By the kind of the entry."""

READS: Calls = {
    "lambda_event_source": ("lambda:ListEventSourceMappings",),
    "eventbridge_rule": ("events:DescribeRule",),
    "eventbridge_schedule": ("scheduler:GetSchedule",),
    "ecs_poller": ("ecs:DescribeServices", "application-autoscaling:DescribeScalableTargets"),
}
TURNS_OFF: Calls = {
    "lambda_event_source": ("lambda:UpdateEventSourceMapping",),
    "eventbridge_rule": ("events:DisableRule",),
    "eventbridge_schedule": ("scheduler:UpdateSchedule", "iam:PassRole"),
    "ecs_poller": ("ecs:UpdateService", "application-autoscaling:RegisterScalableTarget"),
}
TURNS_ON: Calls = {**TURNS_OFF, "eventbridge_rule": ("events:EnableRule",)}


def resources(entry: Consumer, action: str, region: str, account: str) -> tuple[str, ...]:
    """The ARNs that the action is asked for; `*` where it knows no resource, none where they are not known.

    A mapping's ARN has an id of Lambda's own, so that all of the region are meant. Which role a schedule passes is
    known where the topology names it.
    """
    arn = f"{action.split(':')[0]}:{region}:{account}"
    match entry.value:
        case EventBridgeRule() as rule:
            bus = rule.bus.rsplit("event-bus/", 1)[-1]
            return (f"arn:aws:{arn}:rule/{'' if bus == 'default' else f'{bus}/'}{rule.rule}",)
        case EventBridgeSchedule() as spec if action == "iam:PassRole":
            return tuple(role for there, role in spec.roles.items() if there == region)
        case EventBridgeSchedule() as spec:
            return (f"arn:aws:{arn}:schedule/{spec.group}/{spec.schedule}",)
        case EcsPoller() as poller:
            return actions_on(as_service(poller), region, account)[action]
    return (f"arn:aws:{arn}:event-source-mapping:*",) if action == "lambda:UpdateEventSourceMapping" else ("*",)


def context(entry: Consumer, action: str, region: str, account: str) -> tuple[tuple[str, str], ...]:
    """The function of a mapping, by which alone a policy tells one mapping from another; whom a role is passed to.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_id-based-policies.html: AWS's own policy lets a
    role be passed to EventBridge Scheduler and to nobody else.
    """
    if action == "iam:PassRole":
        return (("iam:PassedToService", "scheduler.amazonaws.com"),)
    if entry.lambda_event_source is None or action != "lambda:UpdateEventSourceMapping":
        return ()
    name = entry.lambda_event_source.function
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{account}:function:{name}"
    return (("lambda:FunctionArn", arn),)
