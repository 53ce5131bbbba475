"""ECS services and Auto Scaling groups whose running counts follow the desired ones in time.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ecs.models import ecs_backends

from bot.sandbox.world.api import Call, Operations, Reply
from bot.sandbox.world.faults import FaultBook, FaultKind
from bot.sandbox.world.timeline import Timeline

START_S = 60.0
STOP_S = 10.0


@dataclass
class Fleet:
    """Tasks or instances of one service or group in one region; `name` is `cluster/service` or the group's."""

    kind: str
    region: str
    name: str
    desired: int
    running: int
    short: bool = False

    @property
    def service(self) -> str:
        return "ecs" if self.kind == "ecs" else "autoscaling"


class Capacity:
    """All fleets. moto keeps the resources; the running counts are ours."""

    def __init__(self, account: str, timeline: Timeline, faults: FaultBook) -> None:
        self._account = account
        self._timeline = timeline
        self._faults = faults
        self.fleets: dict[tuple[str, str, str], Fleet] = {}
        faults.subscribe(self.resume)

    def operations(self) -> Operations:
        return {
            ("ecs", "UpdateService"): self.ecs_changed,
            ("ecs", "CreateService"): self.ecs_changed,
            ("ecs", "DescribeServices"): self.describe_services,
            ("autoscaling", "DescribeAutoScalingGroups"): self.describe_groups,
            ("autoscaling", "SetDesiredCapacity"): self.group_changed,
            ("autoscaling", "UpdateAutoScalingGroup"): self.group_changed,
            ("autoscaling", "CreateAutoScalingGroup"): self.group_changed,
        }

    def seed(self, kind: str, region: str, name: str, count: int) -> None:
        """A fleet that already runs."""
        fleet = self._fleet(kind, region, name)
        fleet.desired = fleet.running = count
        self._show(fleet)

    def running(self, kind: str, region: str, name: str) -> int:
        fleet = self.fleets.get((kind, region, name))
        return 0 if fleet is None else fleet.running

    def resume(self) -> None:
        """Capacity may be there again: go on where growing had stopped."""
        for fleet in self.fleets.values():
            if fleet.short and not self._is_short(fleet):
                fleet.short = False
                self._move(fleet)

    # -- calls -------------------------------------------------------------------------------------------------------

    def ecs_changed(self, call: Call) -> Reply:
        """moto changes the desired count (and would change the running one at once)."""
        asked = call.parameters
        cluster = str(asked.get("cluster") or "default").rsplit("/", 1)[-1]
        service = str(asked.get("service") or asked.get("serviceName")).rsplit("/", 1)[-1]
        reply = call.forward()
        if not reply.ok:
            return reply
        fleet = self._fleet("ecs", call.region, f"{cluster}/{service}")
        moto = self._ecs_service(fleet)
        fleet.desired = int(moto.desired_count)
        self._show(fleet)
        self._move(fleet)
        answer = json.loads(reply.body)
        answer["service"].update(runningCount=fleet.running, pendingCount=max(0, fleet.desired - fleet.running))
        return Reply(reply.status, reply.headers, json.dumps(answer).encode())

    def describe_services(self, call: Call) -> Reply:
        for fleet in self.fleets.values():
            if fleet.kind == "ecs" and fleet.region == call.region:
                self._show(fleet)
        return call.forward()

    def group_changed(self, call: Call) -> Reply:
        reply = call.forward()
        name = call.text("AutoScalingGroupName")
        if reply.ok:
            group = autoscaling_backends[self._account][call.region].autoscaling_groups[name]
            fleet = self._fleet("autoscaling", call.region, name)
            fleet.desired = int(group.desired_capacity or 0)
            self._move(fleet)
        return reply

    def describe_groups(self, call: Call) -> Reply:
        """moto's instances are in service at once; the ones that do not run yet are shown as Pending."""
        waiting = []
        for fleet in self.fleets.values():
            if fleet.kind == "autoscaling" and fleet.region == call.region:
                group = autoscaling_backends[self._account][call.region].autoscaling_groups.get(fleet.name)
                waiting.extend(list(group.instance_states)[fleet.running :] if group else [])
        for state in waiting:
            state.lifecycle_state = "Pending"
        reply = call.forward()
        for state in waiting:
            state.lifecycle_state = "InService"
        return reply

    # -- time --------------------------------------------------------------------------------------------------------

    def _fleet(self, kind: str, region: str, name: str) -> Fleet:
        return self.fleets.setdefault((kind, region, name), Fleet(kind, region, name, 0, 0))

    def _move(self, fleet: Fleet) -> None:
        if fleet.desired > fleet.running:
            self._timeline.after(START_S, partial(self._arrive, fleet, fleet.desired))
        elif fleet.desired < fleet.running:
            self._timeline.after(STOP_S, partial(self._arrive, fleet, fleet.desired))

    def _arrive(self, fleet: Fleet, count: int) -> None:
        if fleet.desired != count or fleet.running == count:
            return
        if count > fleet.running and self._is_short(fleet):
            fleet.short = True
            self._say(
                fleet,
                f"(service {fleet.name.rsplit('/', 1)[-1]}) was unable to place a task. Reason: Capacity is "
                "unavailable at this time. Please try again later or in a different availability zone.",
            )
            return
        verb = "started" if count > fleet.running else "stopped"
        number = abs(count - fleet.running)
        fleet.running = count
        self._say(fleet, f"(service {fleet.name.rsplit('/', 1)[-1]}) has {verb} {number} tasks.")
        self._show(fleet)

    def _is_short(self, fleet: Fleet) -> bool:
        short = self._faults.lasting(FaultKind.CAPACITY_SHORT, (fleet.region,), fleet.service) is not None
        return short or not self._faults.up(fleet.region)

    # -- moto's copy -------------------------------------------------------------------------------------------------

    def _ecs_service(self, fleet: Fleet) -> Any:
        cluster, service = fleet.name.rsplit("/", 1)
        return ecs_backends[self._account][fleet.region].services[f"{cluster}:{service}"]

    def _show(self, fleet: Fleet) -> None:
        if fleet.kind != "ecs":
            return
        service = self._ecs_service(fleet)
        service.running_count = fleet.running
        service.pending_count = max(0, fleet.desired - fleet.running)
        for deployment in service.deployments[:1]:
            deployment["desiredCount"] = fleet.desired
            deployment["runningCount"] = fleet.running
            deployment["pendingCount"] = service.pending_count
            deployment["rolloutState"] = "COMPLETED" if fleet.running == fleet.desired else "IN_PROGRESS"

    def _say(self, fleet: Fleet, message: str) -> None:
        if fleet.kind != "ecs":
            return
        events = self._ecs_service(fleet).events
        events.insert(0, {"id": f"event-{len(events) + 1}", "createdAt": self._timeline.now, "message": message})
        del events[100:]
