"""Copies in memory that take time to start, and something that scales them by itself."""

from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry


class MemoryCapacity:
    """Counts by (name, region). `takes_s`: until a change runs; `ceiling`: the most that can run; `down` is silent.

    `scaled` holds the bounds of what scales by itself: with policies, a count below the least goes back to it as soon
    as somebody looks, unless scaling is suspended. `lingering` is what is there without serving.
    """

    def __init__(self, counts: dict[tuple[str, str], int], clock: Clock, *, takes_s: float = 20.0) -> None:
        self._clock = clock
        self._takes_s = takes_s
        self._running = dict(counts)
        self._desired = {key: (count, clock.monotonic()) for key, count in counts.items()}
        self.scaled: dict[tuple[str, str], Bounds] = {}
        self.ceiling: dict[str, int] = {}
        self.lingering: dict[tuple[str, str], dict[str, int]] = {}
        self.down: set[str] = set()

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        key = self._key(entry, region)
        bounds = self.scaled.get(key)
        if bounds is not None and bounds.scaling is Scaling.ON and self._desired[key][0] < bounds.least:
            self._want(key, bounds.least)
        desired, ready_at = self._desired[key]
        if self._clock.monotonic() >= ready_at:
            self._running[key] = min(desired, self.ceiling.get(region, desired))
        return CapacityState(
            region=region,
            name=key[0],
            desired=desired,
            running=self._running[key],
            lingering=self.lingering.get(key, {}),
            serves=entry.aurora_readers is None,
            observed_at=self._clock.now(),
        )

    def bounds(self, entry: CapacityEntry, region: str) -> Bounds | None:
        return self.scaled.get(self._key(entry, region))

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        key = self._key(entry, region)
        bounds = self.scaled.get(key)
        self._scale(key, Scaling.ON, max(count, bounds.least if bounds else 0))
        self._want(key, max(count, self._desired[key][0]))

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        key = self._key(entry, region)
        if entry.aurora_readers is not None:
            raise RejectedError(f"The {key[0]} write nothing: there is nothing to fence in {region}.")
        self._scale(key, Scaling.SUSPENDED, 0)
        self._want(key, 0)

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        key = self._key(entry, region)
        self._scale(key, Scaling.ON, count)
        self._want(key, count)

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        key = self._key(entry, region)
        if key in self.scaled and self.scaled[key].scaling is Scaling.ON:
            self._scale(key, Scaling.ON, least)

    def _scale(self, key: tuple[str, str], scaling: Scaling, least: int) -> None:
        if key in self.scaled:
            most = max(self.scaled[key].most, least)
            self.scaled[key] = Bounds(least=least, most=most, scaling=scaling)

    def _want(self, key: tuple[str, str], count: int) -> None:
        if self._desired[key][0] != count:
            self._desired[key] = (count, self._clock.monotonic() + self._takes_s)

    def _key(self, entry: CapacityEntry, region: str) -> tuple[str, str]:
        if region in self.down:
            raise UnreachableError(f"The control plane of {capacity_name(entry)} in {region} did not answer.")
        key = (capacity_name(entry), region)
        if key not in self._desired:
            raise RejectedError(f"There is no capacity {key[0]} in {region}.")
        return key
