"""Consumers in memory that take time to start and to stop."""

from collections.abc import Iterable

from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.consumers.port import consumer_name
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import ConsumerState, Flow
from dr_core.topology.capacity import Consumer

_ON_THE_WAY = {Flow.STARTING: Flow.ON, Flow.STOPPING: Flow.OFF}


class MemoryConsumers:
    """`on`: (name, region) of what takes work; the others of `names` and `regions` are off. `down` is silent."""

    def __init__(
        self,
        names: Iterable[str],
        regions: Iterable[str],
        on: Iterable[tuple[str, str]],
        clock: Clock,
        *,
        takes_s: float = 20.0,
    ) -> None:
        self._clock = clock
        self._takes_s = takes_s
        at_work = frozenset(on)
        keys = [(name, region) for name in names for region in regions]
        self._flows = {key: (Flow.ON if key in at_work else Flow.OFF, 0.0) for key in keys}
        self.down: set[str] = set()

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        key = self._key(entry, region)
        flow, until = self._flows[key]
        if flow in _ON_THE_WAY and self._clock.monotonic() >= until:
            flow = _ON_THE_WAY[flow]
        return ConsumerState(
            region=region,
            kind=entry.kind,
            name=key[0],
            flow=flow,
            detail=f"it is {flow.value}",
            observed_at=self._clock.now(),
        )

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(entry, region, Flow.STARTING)

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(entry, region, Flow.STOPPING)

    def _turn(self, entry: Consumer, region: str, towards: Flow) -> None:
        now = self.state(entry, region).flow
        if now not in (towards, _ON_THE_WAY[towards]):
            self._flows[self._key(entry, region)] = (towards, self._clock.monotonic() + self._takes_s)

    def _key(self, entry: Consumer, region: str) -> tuple[str, str]:
        if region in self.down:
            raise UnreachableError(f"{region} did not answer.")
        key = (consumer_name(entry), region)
        if key not in self._flows:
            raise RejectedError(f"There is no consumer {key[0]} in {region}.")
        return key
