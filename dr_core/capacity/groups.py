"""EC2 Auto Scaling groups as AWS describes them, and the processes that keep a fenced one at nothing.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html: a policy acts by
AlarmNotification, a schedule and predictive scaling by ScheduledActions, and without Launch no instance comes at all.
"""

from collections import Counter
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.capacity.port import Scaling
from dr_core.errors import RejectedError

HELD = ("Launch", "AlarmNotification", "ScheduledActions")
IN_SERVICE = "InService"
GONE, WARMED = "Terminated", "Warmed"
"""What has ended, and how the states of a warm pool begin, whose instances a size of zero leaves as they are.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
"""


class Groups:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "autoscaling")

    def described(self, name: str, region: str) -> dict[str, Any]:
        with aws_errors("autoscaling", region, "DescribeAutoScalingGroups"):
            answer = self._client(region).describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        for group in answer["AutoScalingGroups"]:
            if group["AutoScalingGroupName"] == name:
                return dict(group)
        raise RejectedError(f"There is no Auto Scaling group {name} in {region}.")

    def suspend(self, group: dict[str, Any], region: str) -> None:
        missing = [process for process in HELD if process not in _suspended(group)]
        if missing:
            with aws_errors("autoscaling", region, "SuspendProcesses"):
                self._client(region).suspend_processes(
                    AutoScalingGroupName=group["AutoScalingGroupName"], ScalingProcesses=missing
                )

    def resume(self, group: dict[str, Any], region: str) -> None:
        held = [process for process in HELD if process in _suspended(group)]
        if held:
            with aws_errors("autoscaling", region, "ResumeProcesses"):
                self._client(region).resume_processes(
                    AutoScalingGroupName=group["AutoScalingGroupName"], ScalingProcesses=held
                )

    def size(self, group: dict[str, Any], region: str, *, least: int, most: int, desired: int) -> None:
        """One call for all three: a desired capacity outside its bounds is refused."""
        if (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (least, most, desired):
            return
        with aws_errors("autoscaling", region, "UpdateAutoScalingGroup"):
            self._client(region).update_auto_scaling_group(
                AutoScalingGroupName=group["AutoScalingGroupName"],
                MinSize=least,
                MaxSize=most,
                DesiredCapacity=desired,
            )

    def keep_at_least(self, group: dict[str, Any], region: str, least: int) -> None:
        """Nothing but the least is said: what a policy asks for meanwhile stays."""
        if group["MinSize"] == least:
            return
        with aws_errors("autoscaling", region, "UpdateAutoScalingGroup"):
            self._client(region).update_auto_scaling_group(
                AutoScalingGroupName=group["AutoScalingGroupName"], MinSize=least
            )

    def failure(self, group: dict[str, Any], region: str) -> str:
        """What AWS said when the newest instance could not be had; empty when the newest one came."""
        with aws_errors("autoscaling", region, "DescribeScalingActivities"):
            answer = self._client(region).describe_scaling_activities(
                AutoScalingGroupName=group["AutoScalingGroupName"], MaxRecords=1
            )
        newest: dict[str, Any] = next((dict(one) for one in answer["Activities"]), {})
        return str(newest.get("StatusMessage", "")) if newest.get("StatusCode") == "Failed" else ""


def running(group: dict[str, Any]) -> int:
    """Instances that serve, in the units of the group's size: each counts by its weight where it has one."""
    serving = (instance for instance in group["Instances"] if instance["LifecycleState"] == IN_SERVICE)
    return sum(int(instance.get("WeightedCapacity") or 1) for instance in serving)


def lingering(group: dict[str, Any]) -> dict[str, int]:
    """Instances that are there and do not serve, by their state: a lifecycle hook may keep one for an hour or more."""
    states = Counter(str(instance["LifecycleState"]) for instance in group["Instances"])
    return {
        state: number
        for state, number in sorted(states.items())
        if state not in (IN_SERVICE, GONE) and not state.startswith(WARMED)
    }


def protected(group: dict[str, Any]) -> int:
    """Instances that no smaller size takes away."""
    return sum(bool(instance.get("ProtectedFromScaleIn")) for instance in group["Instances"])


def scaling(group: dict[str, Any]) -> Scaling:
    held = [process in _suspended(group) for process in HELD]
    return Scaling.SUSPENDED if all(held) else Scaling.PARTLY if any(held) else Scaling.ON


def _suspended(group: dict[str, Any]) -> set[str]:
    return {process["ProcessName"] for process in group.get("SuspendedProcesses", ())}
