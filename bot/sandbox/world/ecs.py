"""ECS services: moto's, whose running counts follow the desired ones in time, with the events that tell of it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

import json
from typing import Any, ClassVar

from moto.ecs.models import ecs_backends

from bot.sandbox.world.api import Call, Operations, Reply
from bot.sandbox.world.capacity import Capacity, Fleet
from bot.sandbox.world.ground import Ground

_EVENTS = 100
_SHORT = (
    "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a "
    "different availability zone."
)


class Ecs:
    """A fleet's name is `cluster/service`."""

    PAGES: ClassVar[dict[str, str]] = {"ecs": "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._capacity = ground.part(Capacity)
        self._capacity.listen("ecs", self._changed)

    def operations(self) -> Operations:
        return {
            ("ecs", "UpdateService"): self.change,
            ("ecs", "CreateService"): self.change,
            ("ecs", "DescribeServices"): self.describe,
        }

    def change(self, call: Call) -> Reply:
        """Tasks start within a minute and stop within seconds; while there is no capacity, events say so."""
        asked = call.parameters
        cluster = str(asked.get("cluster") or "default").rsplit("/", 1)[-1]
        service = str(asked.get("service") or asked.get("serviceName")).rsplit("/", 1)[-1]
        reply = call.forward()
        if not reply.ok:
            return reply
        desired = int(self._service(call.region, cluster, service).desired_count)
        fleet = self._capacity.want("ecs", call.region, f"{cluster}/{service}", desired)
        self._show(fleet)
        answer = json.loads(reply.body)
        answer["service"].update(runningCount=fleet.running, pendingCount=max(0, fleet.desired - fleet.running))
        return Reply(reply.status, reply.headers, json.dumps(answer).encode())

    def describe(self, call: Call) -> Reply:
        """Running and pending counts of now, and the newest events."""
        for fleet in self._capacity.there("ecs", call.region):
            self._show(fleet)
        return call.forward()

    def _changed(self, fleet: Fleet, before: int) -> None:
        self._show(fleet)
        verb = "started" if fleet.running > before else "stopped"
        done = _SHORT if fleet.running == before else f"has {verb} {abs(fleet.running - before)} tasks."
        events = self._service(fleet.region, *fleet.name.rsplit("/", 1)).events
        message = f"(service {fleet.name.rsplit('/', 1)[-1]}) {done}"
        events.insert(0, {"id": f"event-{len(events) + 1}", "createdAt": self._timeline.now, "message": message})
        del events[_EVENTS:]

    def _show(self, fleet: Fleet) -> None:
        service = self._service(fleet.region, *fleet.name.rsplit("/", 1))
        service.running_count = fleet.running
        service.pending_count = max(0, fleet.desired - fleet.running)
        for deployment in service.deployments[:1]:
            deployment["desiredCount"] = fleet.desired
            deployment["runningCount"] = fleet.running
            deployment["pendingCount"] = service.pending_count
            deployment["rolloutState"] = "COMPLETED" if fleet.running == fleet.desired else "IN_PROGRESS"

    def _service(self, region: str, cluster: str, service: str) -> Any:
        return ecs_backends[self._account][region].services[f"{cluster}:{service}"]
