"""Application Auto Scaling of an ECS service: its bounds, and whether its policies and schedules may act.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
"""

from functools import partial

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.capacity.port import Bounds, Scaling
from dr_core.topology.capacity import EcsService

ACTIVITIES = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"


def resource_of(spec: EcsService) -> str:
    return f"service/{spec.cluster}/{spec.service}"


class ScalableTargets:
    """A service that nobody registered has no bounds, and none are made for it."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "application-autoscaling")

    def bounds(self, spec: EcsService, region: str) -> Bounds | None:
        with aws_errors("application-autoscaling", region, "DescribeScalableTargets"):
            answer = self._client(region).describe_scalable_targets(
                ServiceNamespace=NAMESPACE, ResourceIds=[resource_of(spec)], ScalableDimension=DIMENSION
            )
        found = [target for target in answer["ScalableTargets"] if target["ResourceId"] == resource_of(spec)]
        if not found:
            return None
        state = found[0].get("SuspendedState") or {}
        held = [bool(state.get(activity)) for activity in ACTIVITIES]
        scaling = Scaling.SUSPENDED if all(held) else Scaling.PARTLY if any(held) else Scaling.ON
        return Bounds(least=found[0]["MinCapacity"], most=found[0]["MaxCapacity"], scaling=scaling)

    def suspend(self, spec: EcsService, region: str) -> None:
        """Nothing scales it any more; its bounds stay as they are."""
        bounds = self.bounds(spec, region)
        if bounds is not None and bounds.scaling is not Scaling.SUSPENDED:
            self._register(spec, region, bounds.least, bounds.most, suspended=True)

    def release(self, spec: EcsService, region: str, least: int, bounds: Bounds | None) -> None:
        """Scaling goes on, between `least` and what was the most, or `least` where that is more."""
        if bounds is None:
            return
        wanted = Bounds(least=least, most=max(bounds.most, least), scaling=Scaling.ON)
        if bounds != wanted:
            self._register(spec, region, wanted.least, wanted.most, suspended=False)

    def _register(self, spec: EcsService, region: str, least: int, most: int, *, suspended: bool) -> None:
        with aws_errors("application-autoscaling", region, "RegisterScalableTarget"):
            self._client(region).register_scalable_target(
                ServiceNamespace=NAMESPACE,
                ResourceId=resource_of(spec),
                ScalableDimension=DIMENSION,
                MinCapacity=least,
                MaxCapacity=most,
                SuspendedState=dict.fromkeys(ACTIVITIES, suspended),
            )
