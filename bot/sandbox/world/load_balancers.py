"""Where a load balancer's name leads: through its listeners and target groups to the fleet behind it; all moto's."""

from moto.autoscaling.models import autoscaling_backends
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends

from bot.sandbox.world.ground import Ground

_DUAL = "dualstack."


class LoadBalancers:
    """A fleet is told as (kind, region, name), as in `bot.sandbox.world.capacity`."""

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._regions = ground.regions

    def fleet_of(self, host: str) -> tuple[str, str, str] | None:
        """What answers behind this name; None where it is no load balancer's, or nothing stands behind it."""
        name = host.rstrip(".").lower().removeprefix(_DUAL)
        if ".elb." not in name:
            return None
        for region in self._regions:
            backend = elbv2_backends[self._account][region]
            for balancer in backend.load_balancers.values():
                if balancer.dns_name.lower() == name:
                    groups = {group.arn for group in backend.target_groups.values() if _serves(group, balancer.arn)}
                    return self._behind(region, groups)
        return None

    def _behind(self, region: str, groups: set[str]) -> tuple[str, str, str] | None:
        for service in ecs_backends[self._account][region].services.values():
            if groups & {str(one.get("targetGroupArn")) for one in service.load_balancers or ()}:
                return "ecs", region, f"{service.cluster_name}/{service.name}"
        for group in autoscaling_backends[self._account][region].autoscaling_groups.values():
            if groups & set(group.target_group_arns or ()):
                return "autoscaling", region, str(group.name)
        return None


def _serves(group: object, balancer: str) -> bool:
    return balancer in (getattr(group, "load_balancer_arns", None) or ())
