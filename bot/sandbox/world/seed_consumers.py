"""What takes work: event sources of functions, rules, schedules and pollers; on in the primary, off in the standbys."""

from typing import Protocol

from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.capacity import (
    Consumer,
    EcsPoller,
    EcsService,
    EventBridgeRule,
    EventBridgeSchedule,
    LambdaEventSource,
)
from dr_core.topology.model import Application


class Compute(Protocol):
    """What makes the things that consumers run on."""

    def function(self, region: str, name: str) -> None: ...

    def service(self, region: str, service: EcsService | EcsPoller, count: int, largest: int) -> None: ...


class ConsumerSeeds:
    """Seeds one application after the other."""

    def __init__(self, seeds: Seeding, ground: Ground, compute: Compute) -> None:
        self._seeds = seeds
        self._account = ground.account
        self._compute = compute

    def seed(self, app: Application) -> None:
        for consumer in app.consumers:
            for region in app.regions:
                self._consumer(region, consumer, at_work=region == app.primary)

    def _consumer(self, region: str, consumer: Consumer, *, at_work: bool) -> None:
        state = "ENABLED" if at_work else "DISABLED"
        match consumer.value:
            case LambdaEventSource() as source:
                self._event_source(region, source.function, at_work)
            case EventBridgeRule() as rule:
                self._rule(region, rule, state)
            case EventBridgeSchedule() as schedule:
                self._schedule(region, schedule, state)
            case EcsPoller() as poller:
                self._compute.service(region, poller, poller.count if at_work else 0, poller.count)

    def _event_source(self, region: str, function: str, at_work: bool) -> None:
        with self._seeds.tolerated(f"event source of {function}"):
            self._compute.function(region, function)
            self._queue(region, f"{function}-source")
            self._seeds.at("lambda", region)(
                "CreateEventSourceMapping",
                EventSourceArn=f"arn:aws:sqs:{region}:{self._account}:{function}-source",
                FunctionName=function,
                Enabled=at_work,
            )

    def _rule(self, region: str, rule: EventBridgeRule, state: str) -> None:
        events = self._seeds.at("events", region)
        with self._seeds.tolerated(f"rule {rule.rule}"):
            if rule.bus != "default":
                with self._seeds.tolerated(f"bus {rule.bus}"):
                    events("CreateEventBus", Name=rule.bus)
            pattern = {"EventPattern": '{"source": ["sandbox"]}'}
            events("PutRule", Name=rule.rule, EventBusName=rule.bus, State=state, **pattern)
            target = {"Id": "queue", "Arn": self._queue(region, f"{rule.rule}-target")}
            events("PutTargets", Rule=rule.rule, EventBusName=rule.bus, Targets=[target])

    def _schedule(self, region: str, spec: EventBridgeSchedule, state: str) -> None:
        with self._seeds.tolerated(f"schedule {spec.schedule}"):
            scheduler = self._seeds.at("scheduler", region)
            if spec.group != "default":
                with self._seeds.tolerated(f"schedule group {spec.group}"):
                    scheduler("CreateScheduleGroup", Name=spec.group)
            role = spec.roles.get(region, f"arn:aws:iam::{self._account}:role/scheduler")
            scheduler(
                "CreateSchedule",
                Name=spec.schedule,
                GroupName=spec.group,
                State=state,
                Description=f"Made for {region}.",
                ScheduleExpression="rate(5 minutes)",
                FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 2},
                Target={"Arn": self._queue(region, f"{spec.schedule}-target"), "RoleArn": role},
            )

    def _queue(self, region: str, name: str) -> str:
        self._seeds.at("sqs", region)("CreateQueue", QueueName=name)
        return f"arn:aws:sqs:{region}:{self._account}:{name}"
