"""Records and take-over objects in memory."""

from collections.abc import Mapping
from dataclasses import replace

from dr_core.clock import Clock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import TrafficState
from dr_core.topology.model import Route53Records, StandbyTakesOver
from dr_core.traffic.port import Record, leading


class MemoryRecords:
    """One weighted set; a change is known to all name servers after `takes_s`."""

    def __init__(
        self,
        spec: Route53Records,
        active: str,
        values: Mapping[str, tuple[str, ...]],
        clock: Clock,
        *,
        takes_s: float = 30.0,
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._takes_s = takes_s
        self._changes: dict[str, float] = {}
        self._published = active
        self.down = False
        self._records = tuple(
            Record(region, "weighted", 100 if region == active else 0, None, values[region], False, 30)
            for region in spec.set_identifiers
        )

    def records(self, spec: Route53Records) -> tuple[Record, ...]:
        self._settle(spec)
        return self._records

    def state(self, spec: Route53Records) -> TrafficState:
        records = self.records(spec)
        return TrafficState(
            name=spec.name,
            answers=None,
            weights={record.region: record.weight or 0 for record in records},
            ttl_s=30,
            observed_at=self._clock.now(),
        )

    def set_active(self, spec: Route53Records, region: str) -> str:
        self._settle(spec)
        if region not in spec.set_identifiers:
            raise RejectedError(f"{spec.name} has no record for {region}.")
        self._records = tuple(replace(record, weight=100 if record.region == region else 0) for record in self._records)
        change = f"/change/C{len(self._changes) + 1}"
        self._changes[change] = self._clock.monotonic() + self._takes_s
        return change

    def change_done(self, change: str) -> bool:
        self._settle(self._spec)
        return self._clock.monotonic() >= self._changes[change]

    def addresses(self, spec: Route53Records) -> dict[str, tuple[str, ...]]:
        return {record.region: record.values for record in self.records(spec)}

    def authoritative(self, spec: Route53Records) -> tuple[str, ...]:
        self._settle(spec)
        return next(record.values for record in self._records if record.region == self._published)

    def _settle(self, spec: Route53Records) -> None:
        if self.down:
            raise UnreachableError("Route 53 did not answer.")
        if spec.name != self._spec.name:
            raise RejectedError(f"Zone {spec.hosted_zone} has no {spec.type} record {spec.name}.")
        if all(self._clock.monotonic() >= at for at in self._changes.values()):
            self._published = leading(self._records) or self._published


class MemoryTakeover:
    """Which standbys have taken over; `down` are regions that do not answer."""

    def __init__(self) -> None:
        self.present: set[str] = set()
        self.down: set[str] = set()

    def taken_over(self, spec: StandbyTakesOver, region: str) -> bool:
        self._check(spec, region)
        return region in self.present

    def take_over(self, spec: StandbyTakesOver, region: str) -> None:
        self._check(spec, region)
        self.present.add(region)

    def give_back(self, spec: StandbyTakesOver, region: str) -> None:
        self._check(spec, region)
        self.present.discard(region)

    def _check(self, spec: StandbyTakesOver, region: str) -> None:
        if region not in spec.bucket:
            raise RejectedError(f"The topology names no take-over bucket in {region}.")
        if region in self.down:
            raise UnreachableError(f"S3 in {region} did not answer.")
