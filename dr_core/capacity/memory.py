"""Services in memory whose tasks take time to start."""

from dr_core.capacity.port import capacity_name
from dr_core.clock import Clock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry


class MemoryCapacity:
    """Counts by (name, region). `takes_s`: until a change runs; `ceiling`: the most that can run; `down` is silent."""

    def __init__(self, counts: dict[tuple[str, str], int], clock: Clock, *, takes_s: float = 20.0) -> None:
        self._clock = clock
        self._takes_s = takes_s
        self._running = dict(counts)
        self._desired = {key: (count, clock.monotonic()) for key, count in counts.items()}
        self.ceiling: dict[str, int] = {}
        self.down: set[str] = set()
        self.calls: list[tuple[str, str, int]] = []

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        key = self._key(entry, region)
        desired, ready_at = self._desired[key]
        if self._clock.monotonic() >= ready_at:
            self._running[key] = min(desired, self.ceiling.get(region, desired))
        return CapacityState(
            region=region, name=key[0], desired=desired, running=self._running[key], observed_at=self._clock.now()
        )

    def scale(self, entry: CapacityEntry, region: str, desired: int) -> None:
        key = self._key(entry, region)
        self.calls.append((*key, desired))
        if self._desired[key][0] != desired:
            self._desired[key] = (desired, self._clock.monotonic() + self._takes_s)

    def _key(self, entry: CapacityEntry, region: str) -> tuple[str, str]:
        if entry.ecs is None:
            raise RejectedError(f"Capacity of kind {entry.kind} ({capacity_name(entry)}) is not supported yet.")
        if region in self.down:
            raise UnreachableError(f"ECS in {region} did not answer.")
        key = (capacity_name(entry), region)
        if key not in self._desired:
            raise RejectedError(f"There is no ECS service {key[0]} in {region}.")
        return key
