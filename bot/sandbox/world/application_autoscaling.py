"""Application Auto Scaling of ECS services: moto's targets and policies, and what a policy does to a service.

https://docs.aws.amazon.com/autoscaling/application/userguide/what-is-application-auto-scaling.html

What AWS's documentation leaves open and is decided here: a service with a policy that has fewer tasks than its target's
minimum goes back to the minimum after a minute, unless scaling out is suspended.
"""

import json
from functools import partial
from typing import Any, ClassVar

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.ecs.models import ecs_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Reply
from bot.sandbox.world.capacity import Capacity, Fleet
from bot.sandbox.world.ground import Ground

SERVICE, DIMENSION = "application-autoscaling", "ecs:service:DesiredCount"
POLICY_S = 60.0


class ApplicationAutoScaling:
    PAGES: ClassVar[dict[str, str]] = {
        SERVICE: "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._capacity = ground.part(Capacity)
        self._capacity.watch("ecs", self._consider)

    def operations(self) -> Operations:
        return {
            (SERVICE, "RegisterScalableTarget"): self.register,
            (SERVICE, "DescribeScalableTargets"): self.describe,
        }

    def register(self, call: Call) -> Reply:
        """A new target needs both bounds, and no target has a least above its most."""
        known, asked = self._target(call.region, call.text("ResourceId")), call.parameters
        least = asked.get("MinCapacity", known.min_capacity if known else None)
        most = asked.get("MaxCapacity", known.max_capacity if known else None)
        if least is None or most is None:
            raise AwsError("ValidationException", "The parameter MinCapacity and MaxCapacity must be specified.")
        if least > most:
            raise AwsError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        reply = call.forward()
        fleet = self._capacity.fleets.get(("ecs", call.region, call.text("ResourceId").removeprefix("service/")))
        if reply.ok and fleet is not None:
            self._consider(fleet)
        return reply

    def describe(self, call: Call) -> Reply:
        """A target of which nobody ever suspended anything has a state of its own too."""
        reply = call.forward()
        if not reply.ok:
            return reply
        answer = json.loads(reply.body)
        for target in answer["ScalableTargets"]:
            if not isinstance(target.get("SuspendedState"), dict):
                target["SuspendedState"] = dict.fromkeys(
                    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
                )
        return Reply(reply.status, reply.headers, json.dumps(answer).encode())

    # -- time --------------------------------------------------------------------------------------------------------

    def _consider(self, fleet: Fleet) -> None:
        if self._least(fleet) > fleet.desired:
            self._timeline.after(POLICY_S, partial(self._scale_out, fleet))

    def _scale_out(self, fleet: Fleet) -> None:
        least = self._least(fleet)
        if least > fleet.desired:
            cluster, service = fleet.name.rsplit("/", 1)
            ecs_backends[self._account][fleet.region].services[f"{cluster}:{service}"].desired_count = least
            self._capacity.want("ecs", fleet.region, fleet.name, least)

    def _least(self, fleet: Fleet) -> int:
        """To how many a policy brings it at least; 0 where none does."""
        resource = f"service/{fleet.name}"
        backend = applicationautoscaling_backends[self._account][fleet.region]
        target = self._target(fleet.region, resource)
        tracked = any(policy.resource_id == resource for policy in backend.policies.values())
        if target is None or not tracked:
            return 0
        state = target.suspended_state if isinstance(target.suspended_state, dict) else {}
        return 0 if state.get("DynamicScalingOutSuspended") else int(target.min_capacity or 0)

    def _target(self, region: str, resource: str) -> Any:
        targets = applicationautoscaling_backends[self._account][region].targets
        return targets.get(DIMENSION, {}).get(resource)
