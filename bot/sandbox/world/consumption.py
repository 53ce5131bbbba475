"""What takes work, and where: the truth behind "exactly one region consumes"."""

from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.event_rules import EventRules
from bot.sandbox.world.event_sources import EventSourceMappings
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.schedules import Schedules
from dr_core.topology.capacity import Consumer, EcsPoller, EventBridgeRule, EventBridgeSchedule, LambdaEventSource
from dr_core.topology.model import Application


class Consumption:
    """As everything is set, also where a region is down: it goes on when the region is back."""

    def __init__(self, ground: Ground) -> None:
        self._sources = ground.part(EventSourceMappings)
        self._rules = ground.part(EventRules)
        self._schedules = ground.part(Schedules)
        self._capacity = ground.part(Capacity)

    def consuming(self, app: Application) -> dict[str, list[str]]:
        """By region the names of what takes work there; empty when the application declares no consumers."""
        if not app.consumers:
            return {}
        return {
            region: [_name(consumer) for consumer in app.consumers if self._consumes(consumer, region)]
            for region in app.regions
        }

    def _consumes(self, consumer: Consumer, region: str) -> bool:
        match consumer.value:
            case LambdaEventSource() as source:
                return self._sources.consumes(region, source.function)
            case EventBridgeRule() as rule:
                return self._rules.enabled(region, rule.bus, rule.rule)
            case EventBridgeSchedule() as spec:
                return self._schedules.enabled(region, spec.group, spec.schedule)
            case EcsPoller() as poller:
                return self._capacity.running("ecs", region, f"{poller.cluster}/{poller.service}") > 0
        return False


def _name(consumer: Consumer) -> str:
    match consumer.value:
        case LambdaEventSource() as source:
            return source.function
        case EventBridgeRule() as rule:
            return rule.rule
        case EventBridgeSchedule() as spec:
            return spec.schedule
    return str(consumer.value.service)
