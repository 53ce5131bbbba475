"""Consumers on AWS: one adapter a kind, chosen by the entry."""

from dr_core.aws.clients import ClientOf
from dr_core.capacity.ecs import EcsCapacity
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.consumers.event_sources import EventSources
from dr_core.consumers.pollers import Pollers
from dr_core.consumers.port import Consumers
from dr_core.consumers.rules import Rules
from dr_core.consumers.schedules import Schedules
from dr_core.observation.model import ConsumerState
from dr_core.topology.capacity import Consumer


class AwsConsumers:
    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._of: dict[str, Consumers] = {
            "lambda_event_source": EventSources(client_of, clock),
            "eventbridge_rule": Rules(client_of, clock),
            "eventbridge_schedule": Schedules(client_of, clock),
            "ecs_poller": Pollers(EcsCapacity(client_of, clock)),
        }

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        return self._of[entry.kind].state(entry, region)

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._of[entry.kind].turn_on(entry, region, claim)

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._of[entry.kind].turn_off(entry, region, claim)
