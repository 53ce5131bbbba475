"""Routing controls of ARC: one cluster for the house, a panel for each application that names them.

A cluster costs USD 2.50 an hour, about 1,800 a month, used or not: https://aws.amazon.com/application-recovery-controller/pricing/
AWS lets it be configured in us-west-2 alone; switching needs none of that, but one of its five endpoints:
https://docs.aws.amazon.com/r53recovery/latest/dg/introduction-regions-routing-control.html
"""

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_route53recoverycontrol as recovery

from dr_core.topology.deployment import Existing
from dr_core.topology.model import Application
from dr_core.topology.traffic import ArcRoutingControls
from infra.config import Config
from infra.place import Level, Part, Place
from infra.words import camel

ARC_CONTROL_PLANE = "us-west-2"
_WAIT_MS = 5000
"""AWS's default: for so long a rule refuses the next change, against flapping."""


class Arc(Part):
    """The routing controls of all applications"""

    concern = "arc"
    level = Level.HOUSE_ONCE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(True for _ in _controlled(place.config))

    @classmethod
    def one_region(cls, config: Config) -> str:
        return ARC_CONTROL_PLANE

    def build(self) -> None:
        cluster = recovery.CfnCluster(self, "Cluster", name=self.place.owner)
        cdk.CfnOutput(self, "ClusterArn", value=cluster.attr_cluster_arn)
        for name, app, index, spec in _controlled(self.place.config):
            self._panel(cluster, name, app, index, spec)

    def _panel(
        self, cluster: recovery.CfnCluster, name: str, app: Application, index: int, spec: ArcRoutingControls
    ) -> None:
        path, own = f"applications.{name}.traffic.{index}.arc_routing_controls", f"{camel(name)}{index}"
        panel = recovery.CfnControlPanel(
            self, f"Panel{own}", name=f"{name}-{index}", cluster_arn=cluster.attr_cluster_arn
        )  # fmt: skip
        controls = {}
        for region in spec.controls:
            control = recovery.CfnRoutingControl(
                self, f"Control{own}{camel(region)}", name=f"{name}-{region}", cluster_arn=cluster.attr_cluster_arn,
                control_panel_arn=panel.attr_control_panel_arn,
            )  # fmt: skip
            controls[region] = control.attr_routing_control_arn
            self.writes(f"{path}.controls.{region}", control_output(name, index, region), controls[region])
        self._rules(panel, f"{name}-{index}", [*controls.values()], path if spec.safety_rules else None, app)
        self.left_to_people(
            f"{path}.controls",
            f"all are off at first, which Route 53 answers as if all were on: turn on the one for {app.primary} with "
            "`aws route53-recovery-cluster update-routing-control-state` before users come",
        )
        self.left_to_people(
            f"{path}.endpoints",
            "CloudFormation does not tell the endpoints: write all five that `aws route53-recovery-control-config "
            f"describe-cluster --region {ARC_CONTROL_PLANE}` tells",
        )

    def _rules(
        self, panel: recovery.CfnControlPanel, name: str, controls: list[str], path: str | None, app: Application
    ) -> None:
        """One stays on; and where there is one writer, no two are on."""
        own = camel(name)
        stays = self._rule(panel, f"OneStays{own}", f"{name}-one-stays-on", controls, 1, inverted=False)
        if path is not None:
            self.writes(f"{path}.safety_rules.0", f"Rule{own}", stays.attr_safety_rule_arn)
        if app.database is not None and len(controls) > 1:
            self._rule(panel, f"NotTwo{own}", f"{name}-not-two", controls, 2, inverted=True)

    def _rule(
        self,
        panel: recovery.CfnControlPanel,
        at: str,
        name: str,
        controls: list[str],
        threshold: int,
        *,
        inverted: bool,
    ) -> recovery.CfnSafetyRule:
        return recovery.CfnSafetyRule(
            self, at, name=name, control_panel_arn=panel.attr_control_panel_arn,
            assertion_rule=recovery.CfnSafetyRule.AssertionRuleProperty(
                asserted_controls=controls, wait_period_ms=_WAIT_MS
            ),
            rule_config=recovery.CfnSafetyRule.RuleConfigProperty(
                type="ATLEAST", threshold=threshold, inverted=inverted
            ),
        )  # fmt: skip


def control_output(application: str, index: int, region: str) -> str:
    """The output that holds the ARN of a region's control; `index`: the number of its entry in the topology."""
    return f"{camel(application)}{index}{camel(region)}"


def controlled_by(app: Application) -> Iterator[tuple[int, ArcRoutingControls]]:
    """(number of the entry, entry) of each."""
    for index, entry in enumerate(app.traffic):
        if entry.arc_routing_controls:
            yield index, entry.arc_routing_controls


def _controlled(config: Config) -> Iterator[tuple[str, Application, int, ArcRoutingControls]]:
    """(application's name, application, number of the entry, entry) of those whose controls are made here."""
    for name, app in config.applications.items():
        if Existing.ROUTING_CONTROLS not in config.built(name).existing:
            yield from ((name, app, index, spec) for index, spec in controlled_by(app))
