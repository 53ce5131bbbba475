"""Routing controls that the topology names, the health checks that follow them, and the safety rules."""

from functools import partial

from bot.sandbox.world.arc import Arc, SafetyRule
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.health_checks import RECOVERY_CONTROL
from bot.sandbox.world.route53 import Route53
from dr_core.topology.model import Application, Topology


def check_of(arn: str) -> str:
    """The id of the health check that follows a control."""
    return f"follows-{arn.rsplit('/', 1)[-1]}"


def seed_controls(ground: Ground, topology: Topology) -> None:
    """The regions that serve are on; each safety rule that the file names asserts that one control stays on."""
    for app in topology.applications.values():
        _seed(ground.part(Arc), ground.part(Route53), app)


def _seed(arc: Arc, route53: Route53, app: Application) -> None:
    for entry in (traffic.arc_routing_controls for traffic in app.traffic if traffic.arc_routing_controls):
        for region, arn in entry.controls.items():
            arc.add(arn, on=app.active_active or region == app.primary)
            config = {"Type": RECOVERY_CONTROL, "RoutingControlArn": arn, "Inverted": False, "Disabled": False}
            route53.health.add(check_of(arn), config, partial(arc.trouble, arn))
        for rule in entry.safety_rules:
            arc.add_rule(SafetyRule(rule, "one-stays-on", tuple(entry.controls.values()), 1))
