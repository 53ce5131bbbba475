"""What runs in a region: services with their sizes, and what consumes events and schedules."""

from pydantic import Field

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import Count, RdsNames, Region, RoleArn, Text
from dr_core.value import Value


class Sized(Value):
    """Counts at work (`active`) and in waiting (`standby`)."""

    active: Count = Field(ge=1)
    standby: Count = Field(ge=0)


class EcsService(Sized):
    cluster: Text
    service: Text


class AutoScalingGroup(Sized):
    group: Text


class EksNodegroup(Sized):
    cluster: Text
    nodegroup: Text


class AuroraReaders(Sized):
    """`instance_class`: of readers in a cluster that has none to copy it from."""

    clusters: RdsNames
    instance_class: Text | None = None


class Capacity(OneOf):
    ecs: EcsService | None = None
    autoscaling: AutoScalingGroup | None = None
    eks_nodegroup: EksNodegroup | None = None
    aurora_readers: AuroraReaders | None = None


def readers_of(capacity: tuple[Capacity, ...], region: str, cluster: str) -> AuroraReaders | None:
    """The entry that makes instances in a cluster when it is to work; its name is compared as RDS keeps it."""
    found = (entry.aurora_readers for entry in capacity if entry.aurora_readers)
    return next((one for one in found if one.clusters.get(region) == cluster.lower()), None)


class LambdaEventSource(Value):
    function: Text


class EventBridgeRule(Value):
    rule: Text
    bus: Text = "default"


class EventBridgeSchedule(Value):
    """`roles`: by region the role that the schedule runs with, which whoever changes it must be allowed to pass."""

    schedule: Text
    group: Text = "default"
    roles: dict[Region, RoleArn] = Field({})


class EcsPoller(Value):
    cluster: Text
    service: Text
    count: Count = Field(default=1, ge=1)


class Consumer(OneOf):
    lambda_event_source: LambdaEventSource | None = None
    eventbridge_rule: EventBridgeRule | None = None
    eventbridge_schedule: EventBridgeSchedule | None = None
    ecs_poller: EcsPoller | None = None
