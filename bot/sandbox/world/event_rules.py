"""EventBridge rules: moto's, and whether they match anything, for the world's own truth."""

from typing import ClassVar

from moto.events.models import events_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Reply
from bot.sandbox.world.ground import Ground


class EventRules:
    PAGES: ClassVar[dict[str, str]] = {
        "events": "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account

    def operations(self) -> Operations:
        return {("events", "DisableRule"): self.change, ("events", "EnableRule"): self.change}

    def enabled(self, region: str, bus: str, name: str) -> bool:
        """Whether it sends events to its targets."""
        known = events_backends[self._account][region].event_buses.get(bus.rsplit("event-bus/", 1)[-1])
        return known is not None and name in known.rules and known.rules[name].state != "DISABLED"

    def change(self, call: Call) -> Reply:
        """At once; a rule that a service of AWS manages for itself is refused with ManagedRuleException."""
        bus = str(call.parameters.get("EventBusName") or "default").rsplit("event-bus/", 1)[-1]
        known = events_backends[self._account][call.region].event_buses.get(bus)
        rule = known.rules.get(call.text("Name")) if known is not None else None
        if rule is not None and rule.managed_by:
            raise AwsError("ManagedRuleException", f"Rule {rule.name} is managed by {rule.managed_by}.")
        return call.forward()
