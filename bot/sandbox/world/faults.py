"""What is broken in the world right now: a book of faults, each with its scope and its end."""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.sandbox.world.service_models import known_services, operation_named
from bot.sandbox.world.timeline import Entry, Timeline


class FaultKind(StrEnum):
    REGION_DOWN = "region_down"
    REGION_HANGS = "region_hangs"
    REPLICATION_STOPS = "replication_stops"
    REPLICATION_LAG = "replication_lag"
    METRICS_STOP = "metrics_stop"
    THROTTLE = "throttle"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    DENIED = "denied"
    CAPACITY_SHORT = "capacity_short"
    QUOTA_SHORT = "quota_short"
    SLOW_ANSWERS = "slow_answers"


WHOLE_REGION = (FaultKind.REGION_DOWN, FaultKind.REGION_HANGS)
HTTP = "http"
"""The applications' own hosts, as the service of a fault: its requests are hit only where they are named."""
PER_CALL = (FaultKind.THROTTLE, FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER, FaultKind.DENIED)


class RegionState(StrEnum):
    UP = "up"
    DOWN = "down"
    HANGS = "hangs"


@dataclass
class Fault:
    """One fault. `value`: seconds of lag; how many calls are hit (1, 2, ...) or what share (0.5); None for all."""

    id: str
    kind: FaultKind
    region: str | None
    service: str | None
    operation: str | None
    value: float | None
    until: float | None
    left: int | None = None
    end: Entry | None = field(default=None, repr=False)

    def covers(self, region: str | None, service: str | None, operation: str | None) -> bool:
        """A scope that the fault leaves open matches every call of AWS."""
        if service == HTTP and self.service != HTTP:
            return False
        wanted = ((self.region, region), (self.service, service), (self.operation, operation))
        return all(mine is None or mine == asked for mine, asked in wanted)


class FaultBook:
    """Adds, ends and looks up faults; tells those who asked whenever something changed."""

    def __init__(self, timeline: Timeline, regions: tuple[str, ...]) -> None:
        self._timeline = timeline
        self._regions = regions
        self._faults: dict[str, Fault] = {}
        self._count = 0
        self._chance = random.Random(7)  # reproducible dice for a simulation, not a secret
        self._listeners: list[Callable[[], None]] = []
        self.colours: set[str] = set()
        """Of the applications' releases: each has hosts of its own, which a fault on `http` may name as operation."""

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change."""
        self._listeners.append(listener)

    def add(
        self,
        kind: str,
        *,
        region: str | None,
        service: str | None,
        operation: str | None,
        value: float | None,
        for_s: float | None,
    ) -> str:
        """The new fault's id; ValueError with one clear sentence when it cannot be."""
        chosen = _kind(kind)
        self._check(chosen, region, value, for_s)
        service, operation = _scope(chosen, service, operation, self.colours)
        self._count += 1
        until = None if for_s is None else self._timeline.monotonic + for_s
        fault = Fault(f"fault-{self._count}", chosen, region, service, operation, value, until)
        if chosen in PER_CALL and value is not None and value >= 1:
            fault.left = int(value)
        self._faults[fault.id] = fault
        if for_s is not None:
            fault.end = self._timeline.after(for_s, lambda: self._end(fault.id), scaled=False)
        self._tell()
        return fault.id

    def remove(self, fault_id: str | None) -> None:
        """End one fault, or all of them; ValueError for an id that is not there."""
        if fault_id is not None and fault_id not in self._faults:
            raise ValueError(f"fault {fault_id!r} does not exist or has ended")
        for known in [fault_id] if fault_id is not None else list(self._faults):
            self._end(known)

    def listing(self) -> list[dict[str, Any]]:
        """Every fault that lasts, as JSON."""
        now = self._timeline.monotonic
        return [
            {
                "id": fault.id,
                "kind": fault.kind.value,
                "region": fault.region,
                "service": fault.service,
                "operation": fault.operation,
                "value": fault.value,
                "ends_in_s": None if fault.until is None else round(max(0.0, fault.until - now), 3),
            }
            for fault in self._faults.values()
        ]

    def region_state(self, region: str) -> RegionState:
        kinds = {fault.kind for fault in self._faults.values() if fault.kind in WHOLE_REGION and fault.region == region}
        if FaultKind.REGION_DOWN in kinds:
            return RegionState.DOWN
        return RegionState.HANGS if kinds else RegionState.UP

    def up(self, region: str) -> bool:
        return self.region_state(region) is RegionState.UP

    def lasting(self, kind: FaultKind, regions: tuple[str, ...], service: str) -> Fault | None:
        """The newest fault of a condition (replication, metrics, capacity) that touches one of `regions`."""
        found = [
            fault
            for fault in self._faults.values()
            if fault.kind is kind and fault.service in (None, service) and fault.region in (None, *regions)
        ]
        return found[-1] if found else None

    def answers_later_by(self, region: str) -> float:
        """Seconds by which the applications' hosts in a region answer late; 0 where nothing slows them."""
        fault = self.lasting(FaultKind.SLOW_ANSWERS, (region,), HTTP)
        return 0.0 if fault is None or fault.value is None else fault.value

    def denies(self, region: str, service: str, operation: str) -> bool:
        """Whether such a call would be refused for good; nothing is used up. A denial of some calls only is none."""
        return any(
            fault.kind is FaultKind.DENIED and fault.value is None and fault.covers(region, service, operation)
            for fault in self._faults.values()
        )

    def strike(self, kind: FaultKind, region: str, service: str, operation: str) -> bool:
        """Whether this call is hit; a counted fault is used up by it."""
        for fault in list(self._faults.values()):
            if fault.kind is not kind or not fault.covers(region, service, operation):
                continue
            if (
                fault.left is None
                and fault.value is not None
                and 0 < fault.value < 1
                and self._chance.random() >= fault.value
            ):
                continue
            if fault.left is not None:
                fault.left -= 1
                if fault.left == 0:
                    self._end(fault.id)
            return True
        return False

    def _end(self, fault_id: str) -> None:
        fault = self._faults.pop(fault_id, None)
        if fault is None:
            return
        if fault.end is not None:
            fault.end.cancel()
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _check(self, kind: FaultKind, region: str | None, value: float | None, for_s: float | None) -> None:
        if kind in WHOLE_REGION and region is None:
            raise ValueError(f"{kind}: name the region, one of {', '.join(self._regions)}")
        if region is not None and region not in self._regions:
            raise ValueError(f"region {region!r} is not in this world; expected one of {', '.join(self._regions)}")
        if kind is FaultKind.REPLICATION_LAG and (value is None or value < 0):
            raise ValueError("replication_lag: value must be the lag in seconds, 0 or more")
        if kind is FaultKind.QUOTA_SHORT and (value is None or value < 0):
            raise ValueError("quota_short: value must be how many vCPUs the quota allows, 0 or more")
        if kind is FaultKind.SLOW_ANSWERS and (value is None or value <= 0):
            raise ValueError("slow_answers: value must be by how many seconds the region's hosts answer later")
        if kind in PER_CALL and value is not None and value <= 0:
            raise ValueError(f"{kind}: value must be how many calls are hit (1, 2, ...) or a share of them (0.5)")
        if for_s is not None and for_s <= 0:
            raise ValueError("for_s must be more than 0 seconds")


def _kind(kind: str) -> FaultKind:
    try:
        return FaultKind(kind)
    except ValueError:
        raise ValueError(f"fault kind {kind!r} is unknown; expected one of {', '.join(FaultKind)}") from None


def _scope(
    kind: FaultKind, service: str | None, operation: str | None, colours: Collection[str]
) -> tuple[str | None, str | None]:
    if service == HTTP and kind in PER_CALL and (operation is None or operation in colours):
        return service, operation
    if service is not None and service not in known_services():
        raise ValueError(f"service {service!r} is unknown; expected a boto3 client name such as rds, route53 or s3")
    if operation is None:
        return service, None
    if kind not in PER_CALL:
        raise ValueError(f"{kind} has no operation; leave it out")
    named = operation_named(service, operation)
    if named is None:
        raise ValueError(f"operation {operation!r} is unknown in service {service or 'any'}")
    return service, named
