"""What runs in a region: services and groups with their scaling, behind one load balancer.

How much of it runs is the bot's after the first time: see `infra/running/service.py` and docs/deployed-traffic.md.
"""

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb

from dr_core.topology.capacity import AutoScalingGroup, Capacity, EcsService, Sized
from dr_core.topology.model import Application
from infra.alarms import tasks
from infra.hosts import balanced as names_here
from infra.place import Level, Part, Place
from infra.running.balancer import MEASURED, NAME, ZONE, Balancer
from infra.running.clusters import COMPUTE, cluster_of
from infra.running.groups import BUSY_PERCENT, group_of
from infra.running.logs import log_bucket
from infra.running.service import Running

_DRAINED_S = 30


class Compute(Part):
    """What the application runs in the region, and what leads users to it"""

    concern = COMPUTE
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return front(place.app) is not None

    def build(self) -> None:
        """`balancer` is None where no name of the application leads anywhere.

        `awaited`: whether something of what users meet runs here before the first run. `wanted_tasks`: how many tasks
        of it are wanted now; None where it is no service.
        """
        self.balancer: elb.ApplicationLoadBalancer | None = None
        self.target_groups: list[elb.ApplicationTargetGroup] = []
        self.clusters: dict[str, ecs.ICluster] = {}
        first = front(self.place.app)
        assert first is not None
        self.awaited = waiting_here(self.place, first) > 0
        self.wanted_tasks = (
            tasks(first.cluster, first.service, "DesiredTaskCount") if isinstance(first, EcsService) else None
        )
        named = bool(names_here(self.place.app, self.place.region))
        shared = Running(self)
        made = {
            entry.value: self._made(shared, entry, balanced=named and entry.value == first)
            for entry in self.place.app.capacity if built_here(entry)
        }  # fmt: skip
        if named:
            self._lead_to(made[first])
        else:
            path = f"applications.{self.place.owner}.health"
            self.left_to_people(path, "no address of the application is named: no load balancer leads to it")

    def _made(self, shared: Running, entry: Capacity, *, balanced: bool) -> elb.IApplicationLoadBalancerTarget:
        count = waiting_here(self.place, entry.value)
        if entry.autoscaling:
            return group_of(self, entry.autoscaling, count, shared.group, balanced=balanced)
        assert entry.ecs is not None
        service = shared.service(entry.ecs, cluster_of(self, entry.ecs.cluster, self.clusters), count)
        scaling = service.auto_scale_task_count(min_capacity=count, max_capacity=max(2 * entry.ecs.active, count))
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=BUSY_PERCENT)
        return service

    def _lead_to(self, first: elb.IApplicationLoadBalancerTarget) -> None:
        balancer = Balancer(self, log_bucket(self, "AccessLogs"))
        port = self.place.config.built(self.place.owner).service.port
        self.target_groups.append(balancer.lead_to(first, port, grace=cdk.Duration.seconds(_DRAINED_S)))
        self.balancer = balancer.made
        cdk.CfnOutput(self, NAME, value=self.balancer.load_balancer_dns_name)
        cdk.CfnOutput(self, ZONE, value=self.balancer.load_balancer_canonical_hosted_zone_id)
        cdk.CfnOutput(self, MEASURED, value=self.balancer.load_balancer_full_name)


def built_here(entry: Capacity) -> bool:
    return entry.ecs is not None or entry.autoscaling is not None


def front(app: Application) -> EcsService | AutoScalingGroup | None:
    """What users meet: the first that the topology names. Pure."""
    return next((entry.value for entry in app.capacity if built_here(entry)), None)


def waiting_here(place: Place, spec: Sized) -> int:
    """How much of it runs in this region before the first run."""
    return spec.active if place.is_primary else spec.standby
