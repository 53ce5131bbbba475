"""ECS services that poll a queue by themselves: none of their tasks, or all of them."""

from dr_core.capacity.port import Capacity, Scaling
from dr_core.claim import Claim
from dr_core.consumers.port import consumer_name
from dr_core.errors import RejectedError
from dr_core.observation.model import ConsumerState, Flow
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.topology.capacity import Consumer, EcsPoller, EcsService


class Pollers:
    """A poller is capacity that is wanted in one region alone, and that nothing may scale up in another one."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        spec = _poller(entry)
        seen = self._capacity.state(as_service(spec), region)
        desired, running = seen.desired or 0, seen.running or 0
        bounds = None if desired else self._capacity.bounds(as_service(spec), region)
        scaling = Scaling.SUSPENDED if bounds is None else bounds.scaling
        woken = "" if scaling is Scaling.SUSPENDED else f", automatic scaling is {scaling}"
        return ConsumerState(
            region=region,
            kind=entry.kind,
            name=consumer_name(entry),
            flow=flow_of(desired, running, spec.count, scaling),
            detail=f"{running} tasks run, {desired} are asked for{woken}",
            observed_at=seen.observed_at,
        )

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        spec = _poller(entry)
        self._capacity.grow(as_service(spec), region, spec.count, claim)

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._capacity.fence(as_service(_poller(entry)), region, claim)


def flow_of(desired: int, running: int, wanted: int, scaling: Scaling) -> Flow:
    """Tasks that still run after none are asked for take work until they are gone.

    One that idles at zero and may scale out by itself takes the next work that comes: it is not off.
    """
    if desired == 0 and scaling is Scaling.SUSPENDED:
        return Flow.STOPPING if running else Flow.OFF
    if desired < wanted:
        return Flow.MIXED
    return Flow.ON if running >= wanted else Flow.STARTING


def as_service(spec: EcsPoller) -> CapacityEntry:
    """The same service as an entry of capacity."""
    return CapacityEntry(ecs=EcsService(cluster=spec.cluster, service=spec.service, active=spec.count, standby=0))


def _poller(entry: Consumer) -> EcsPoller:
    if entry.ecs_poller is None:
        raise RejectedError(f"{consumer_name(entry)} is no ECS service.")
    return entry.ecs_poller
