"""ECS services: how many tasks are wanted and run in a region, and what Application Auto Scaling may make of it.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
"""

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.capacity.scalable_targets import ScalableTargets
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import RejectedError
from dr_core.observation.model import CapacityState
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.topology.capacity import EcsService

NOT_PLACED = re.compile(r"unable to place a task|capacity is unavailable", re.IGNORECASE)
RECENT = timedelta(minutes=60)


class EcsCapacity:
    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "ecs")
        self._targets = ScalableTargets(client_of)
        self._clock = clock

    def state(self, entry: CapacityEntry, region: str) -> CapacityState:
        service = self._service(entry, region)
        desired, running, now = service["desiredCount"], service["runningCount"], self._clock.now()
        return CapacityState(
            region=region,
            name=capacity_name(entry),
            desired=desired,
            running=running,
            reason=complaint(service, now)[0] if running < desired else "",
            observed_at=now,
        )

    def bounds(self, entry: CapacityEntry, region: str) -> Bounds | None:
        return self._targets.bounds(_ecs(entry), region)

    def grow(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        spec, bounds = _ecs(entry), self.bounds(entry, region)
        self._targets.release(spec, region, max(count, bounds.least if bounds else 0), bounds)
        if self._service(entry, region)["desiredCount"] < count:
            self._ask(spec, region, count)

    def fence(self, entry: CapacityEntry, region: str, claim: Claim) -> None:
        spec = _ecs(entry)
        self._targets.suspend(spec, region)
        self._ask(spec, region, 0)

    def stand_by(self, entry: CapacityEntry, region: str, count: int, claim: Claim) -> None:
        spec = _ecs(entry)
        self._targets.release(spec, region, count, self.bounds(entry, region))
        self._ask(spec, region, count)

    def give_back(self, entry: CapacityEntry, region: str, least: int, claim: Claim) -> None:
        bounds = self.bounds(entry, region)
        if bounds is not None and bounds.scaling is Scaling.ON:
            self._targets.release(_ecs(entry), region, least, bounds)

    def _service(self, entry: CapacityEntry, region: str) -> dict[str, Any]:
        spec = _ecs(entry)
        with aws_errors("ecs", region, "DescribeServices"):
            answer = self._client(region).describe_services(cluster=spec.cluster, services=[spec.service])
        for service in answer["services"]:
            if service["serviceName"] == spec.service and service.get("status") != "INACTIVE":
                return dict(service)
        raise RejectedError(f"There is no ECS service {capacity_name(entry)} in {region}.")

    def _ask(self, spec: EcsService, region: str, count: int) -> None:
        with aws_errors("ecs", region, "UpdateService"):
            self._client(region).update_service(cluster=spec.cluster, service=spec.service, desiredCount=count)


def complaint(service: dict[str, Any], now: datetime) -> tuple[str, datetime | None]:
    """The newest event of the last hour that says that a task found no place, and its time.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
    """
    for event in service.get("events", ()):
        at = event.get("createdAt")
        if NOT_PLACED.search(str(event.get("message", ""))) and isinstance(at, datetime) and now - at < RECENT:
            return str(event["message"]), at
    return "", None


def _ecs(entry: CapacityEntry) -> EcsService:
    if entry.ecs is None:
        raise RejectedError(f"{capacity_name(entry)} is no ECS service.")
    return entry.ecs
