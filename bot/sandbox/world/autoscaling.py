"""Auto Scaling groups: moto's, whose instances take their time, with the activities that tell of it and their policies.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html

What AWS's documentation leaves open and is decided here: a policy finds an empty group too small, and asks for one
instance a minute after it was emptied; an instance that is taken away is terminating for 45 s, as load balancers drain
it.
"""

from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from moto.autoscaling.models import autoscaling_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.capacity import Capacity, Fleet
from bot.sandbox.world.ground import Ground

KIND = "autoscaling"
POLICY_S = 60.0
DRAIN_S = 45.0
_ACTIVITIES = 100
_LAUNCH, _ALARMS = "Launch", "AlarmNotification"
_SHORT = (
    "We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working "
    "on provisioning additional capacity. Launching EC2 instance failed."
)


class AutoScaling:
    """A fleet's name is the group's."""

    PAGES: ClassVar[dict[str, str]] = {
        "autoscaling": "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._capacity = ground.part(Capacity)
        self._capacity.listen(KIND, self._changed)
        self._capacity.watch(KIND, self._consider)
        self._told: dict[tuple[str, str], list[Parameters]] = {}
        self._leaving: dict[tuple[str, str], list[Any]] = {}

    def operations(self) -> Operations:
        return {
            (KIND, "DescribeAutoScalingGroups"): self.describe,
            (KIND, "DescribeScalingActivities"): self.activities,
            (KIND, "SetDesiredCapacity"): self.set_desired,
            (KIND, "UpdateAutoScalingGroup"): self.update,
            (KIND, "CreateAutoScalingGroup"): self.change,
            (KIND, "SuspendProcesses"): self.suspend,
            (KIND, "ResumeProcesses"): self.suspend,
        }

    # -- operations --------------------------------------------------------------------------------------------------

    def change(self, call: Call) -> Reply:
        """moto changes the desired capacity; instances come within a minute and go within seconds."""
        name = call.text("AutoScalingGroupName")
        known = self._groups(call.region).get(name)
        before = list(known.instance_states) if known else []
        reply = call.forward()
        if reply.ok:
            self._drain(call.region, name, before)
            self._follow(call.region, name)
        return reply

    def set_desired(self, call: Call) -> Reply:
        """Between the group's bounds only."""
        group = self._group(call)
        wanted = int(call.parameters.get("DesiredCapacity", 0))
        for bad, which, bound in ((wanted > group.max_size, "above max", group.max_size),
                                  (wanted < group.min_size, "below min", group.min_size)):  # fmt: skip
            if bad:
                told = f"New SetDesiredCapacity value {wanted} is {which} value {bound} for the AutoScalingGroup."
                raise AwsError("ValidationError", told)
        return self.change(call)

    def update(self, call: Call) -> Reply:
        """The desired capacity is kept between the bounds that are given with it."""
        group, asked = self._group(call), call.parameters
        least, most = asked.get("MinSize", group.min_size), asked.get("MaxSize", group.max_size)
        if least > most:
            told = f"Max bound, {most}, must be greater than or equal to min bound, {least}"
            raise AwsError("ValidationError", told)
        desired = asked.get("DesiredCapacity", min(max(group.desired_capacity, least), most))
        if not least <= desired <= most:
            told = f"Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
            raise AwsError("ValidationError", told)
        return self.change(call)

    def suspend(self, call: Call) -> Reply:
        """Without Launch nothing comes, and what was asked for meanwhile comes when it is resumed."""
        name = self._group(call).name
        reply = call.forward()
        if reply.ok:
            self._capacity.hold(KIND, call.region, name, held=self._is_suspended(call.region, name, _LAUNCH))
            self._consider(self._capacity.fleets[KIND, call.region, name])
        return reply

    def describe(self, call: Call) -> Reply:
        """moto's instances come and go at once; here some do not run yet, and some are terminating."""
        waiting: list[Any] = []
        gone = [(self._groups(call.region)[name], states) for name, states in self._drained(call.region)]
        for fleet in self._capacity.there(KIND, call.region):
            group = self._groups(call.region).get(fleet.name)
            waiting.extend(list(group.instance_states)[fleet.running :] if group else [])
        for state in waiting:
            state.lifecycle_state = "Pending"
        for group, states in gone:
            group.instance_states = [*group.instance_states, *states]
        reply = call.forward()
        for group, states in gone:
            group.instance_states = [state for state in group.instance_states if state not in states]
        for state in waiting:
            state.lifecycle_state = "InService"
        return reply

    def activities(self, call: Call) -> Parameters:
        """What came, what went, and what could not be had; the newest first."""
        found = self._told.get((call.region, call.text("AutoScalingGroupName")), [])
        return {"Activities": found[: int(call.parameters.get("MaxRecords") or _ACTIVITIES)]}

    # -- the world's view --------------------------------------------------------------------------------------------

    def resize(self, region: str, name: str, least: int, most: int, desired: int) -> None:
        """As EKS changes the group behind a node group."""
        group = self._groups(region)[name]
        before = list(group.instance_states)
        group.min_size, group.max_size = least, most
        group.set_desired_capacity(desired)
        self._drain(region, name, before)
        self._follow(region, name)

    # -- time --------------------------------------------------------------------------------------------------------

    def _drain(self, region: str, name: str, before: list[Any]) -> None:
        """Those that moto has taken away are there for a while."""
        gone = [state for state in before if state not in self._groups(region)[name].instance_states]
        leaving = self._leaving.setdefault((region, name), [])
        for state in gone:
            state.lifecycle_state = "Terminating"
            leaving.append(state)
            self._timeline.after(DRAIN_S, partial(leaving.remove, state))

    def _drained(self, region: str) -> list[tuple[str, list[Any]]]:
        """The groups of a region that still have some."""
        known = self._groups(region)
        return [
            (name, list(states)) for (there, name), states in self._leaving.items() if there == region and name in known
        ]

    def _follow(self, region: str, name: str) -> None:
        self._capacity.want(KIND, region, name, int(self._groups(region)[name].desired_capacity or 0))

    def _changed(self, fleet: Fleet, before: int) -> None:
        failed = fleet.running == before
        verb = "Launching" if failed or fleet.running > before else "Terminating"
        told = self._told.setdefault((fleet.region, fleet.name), [])
        told.insert(0, _activity(len(told) + 1, fleet, verb, failed, self._timeline.now))
        del told[_ACTIVITIES:]

    def _consider(self, fleet: Fleet) -> None:
        if self._finds_too_small(fleet):
            self._timeline.after(POLICY_S, partial(self._scale_out, fleet))

    def _scale_out(self, fleet: Fleet) -> None:
        if self._finds_too_small(fleet):
            group = self._groups(fleet.region)[fleet.name]
            group.set_desired_capacity(1)
            self._follow(fleet.region, fleet.name)

    def _finds_too_small(self, fleet: Fleet) -> bool:
        backend = autoscaling_backends[self._account][fleet.region]
        tracked = any(policy.auto_scaling_group_name == fleet.name for policy in backend.policies.values())
        return tracked and fleet.desired == 0 and not self._is_suspended(fleet.region, fleet.name, _ALARMS)

    def _is_suspended(self, region: str, name: str, process: str) -> bool:
        return any(one["ProcessName"] == process for one in self._groups(region)[name].suspended_processes)

    def _group(self, call: Call) -> Any:
        name = call.text("AutoScalingGroupName")
        group = self._groups(call.region).get(name)
        if group is None:
            raise AwsError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")
        return group

    def _groups(self, region: str) -> Any:
        return autoscaling_backends[self._account][region].autoscaling_groups


def _activity(number: int, fleet: Fleet, verb: str, failed: bool, now: datetime) -> Parameters:
    return {
        "ActivityId": f"activity-{number}",
        "AutoScalingGroupName": fleet.name,
        "Description": f"{verb} a new EC2 instance" if verb == "Launching" else f"{verb} EC2 instances",
        "Cause": f"The desired capacity of the group is {fleet.desired}.",
        "StartTime": now,
        "EndTime": now,
        "StatusCode": "Failed" if failed else "Successful",
        "StatusMessage": _SHORT if failed else "",
        "Progress": 100,
    }
