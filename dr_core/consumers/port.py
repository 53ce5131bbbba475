"""What the product asks of consumers: whether they take work in a region, and turning them on and off there."""

from collections.abc import Iterable
from typing import Protocol

from dr_core.claim import Claim
from dr_core.observation.model import ConsumerState, Flow
from dr_core.topology.capacity import Consumer


def consumer_name(entry: Consumer) -> str:
    """How an entry is called everywhere: `shop-orders`, `orders/nightly`; the default bus and group are left out."""
    if entry.lambda_event_source is not None:
        return entry.lambda_event_source.function
    if entry.eventbridge_rule is not None:
        return _inside(entry.eventbridge_rule.bus.rsplit("event-bus/", 1)[-1], entry.eventbridge_rule.rule)
    if entry.eventbridge_schedule is not None:
        return _inside(entry.eventbridge_schedule.group, entry.eventbridge_schedule.schedule)
    return f"{entry.ecs_poller.cluster}/{entry.ecs_poller.service}" if entry.ecs_poller else entry.kind


def _inside(holder: str, name: str) -> str:
    return name if holder == "default" else f"{holder}/{name}"


_WORDS = {
    "lambda_event_source": "the event sources of function {}",
    "eventbridge_rule": "EventBridge rule {}",
    "eventbridge_schedule": "EventBridge schedule {}",
    "ecs_poller": "ECS service {}",
}


def in_words(entry: Consumer) -> str:
    """`the event sources of function shop-orders`."""
    return _WORDS[entry.kind].format(consumer_name(entry))


def together(flows: Iterable[Flow]) -> Flow:
    """One flow of several parts; ValueError where there is none.

    What is on its way there counts as it arrives; parts that go different ways are mixed.
    """
    found = set(flows)
    if not found:
        raise ValueError("no part has no flow")
    if len(found) == 1:
        return found.pop()
    for settled, moving in ((Flow.ON, Flow.STARTING), (Flow.OFF, Flow.STOPPING)):
        if found == {settled, moving}:
            return moving
    return Flow.MIXED


class Consumers(Protocol):
    """Reading raises RejectedError when the thing does not exist in the region, UnreachableError when nobody answers.

    A turn that a service refuses because the thing is being changed raises UnreachableError: it is observed again.
    """

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        """Whether it takes work there. Its `flow` is never None."""
        ...

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        """Let it take work; the same call twice has one effect."""
        ...

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        """Let it take no more work; what it took before may still be worked on. The same call twice has one effect."""
        ...
