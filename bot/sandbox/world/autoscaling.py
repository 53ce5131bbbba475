"""Auto Scaling groups: moto's, whose instances take their time."""

from typing import Any, ClassVar

from moto.autoscaling.models import autoscaling_backends

from bot.sandbox.world.api import Call, Operations, Reply
from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.ground import Ground


class AutoScaling:
    """A fleet's name is the group's."""

    PAGES: ClassVar[dict[str, str]] = {
        "autoscaling": "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._capacity = ground.part(Capacity)
        self._capacity.listen("autoscaling", lambda fleet, before: None)

    def operations(self) -> Operations:
        return {
            ("autoscaling", "DescribeAutoScalingGroups"): self.describe,
            ("autoscaling", "SetDesiredCapacity"): self.change,
            ("autoscaling", "UpdateAutoScalingGroup"): self.change,
            ("autoscaling", "CreateAutoScalingGroup"): self.change,
        }

    def change(self, call: Call) -> Reply:
        """moto changes the desired capacity; instances come within a minute and go within seconds."""
        reply = call.forward()
        name = call.text("AutoScalingGroupName")
        if reply.ok:
            desired = int(self._groups(call.region)[name].desired_capacity or 0)
            self._capacity.want("autoscaling", call.region, name, desired)
        return reply

    def describe(self, call: Call) -> Reply:
        """moto's instances are in service at once; the ones that do not run yet are shown as Pending."""
        waiting: list[Any] = []
        for fleet in self._capacity.there("autoscaling", call.region):
            group = self._groups(call.region).get(fleet.name)
            waiting.extend(list(group.instance_states)[fleet.running :] if group else [])
        for state in waiting:
            state.lifecycle_state = "Pending"
        reply = call.forward()
        for state in waiting:
            state.lifecycle_state = "InService"
        return reply

    def _groups(self, region: str) -> Any:
        return autoscaling_backends[self._account][region].autoscaling_groups
