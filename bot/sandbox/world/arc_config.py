"""The control plane of routing controls: clusters, control panels, controls and safety rules come and go.

https://docs.aws.amazon.com/recovery-cluster/latest/api/resources.html
"""

import uuid
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters
from bot.sandbox.world.arc import Arc, SafetyRule
from bot.sandbox.world.ground import Ground

ENDPOINTS = ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2")


class ArcConfig:
    """Everything is deployed at once; a new control is off."""

    PAGES: ClassVar[dict[str, str]] = {
        "route53-recovery-control-config": "https://docs.aws.amazon.com/recovery-cluster/latest/api/resources.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._arc = ground.part(Arc)
        self._made: dict[str, Parameters] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "CreateCluster": self.create_cluster,
            "CreateControlPanel": self.create_panel,
            "CreateRoutingControl": self.create_control,
            "CreateSafetyRule": self.create_rule,
            "DeleteCluster": self.delete,
            "DeleteControlPanel": self.delete,
            "DeleteRoutingControl": self.delete,
            "DeleteSafetyRule": self.delete,
        }
        return {("route53-recovery-control-config", name): handler for name, handler in table.items()}

    def create_cluster(self, call: Call) -> Parameters:
        """With an endpoint in each of five regions."""
        short = uuid.uuid4().hex[:8]
        urls = [
            {"Endpoint": f"https://{short}.route53-recovery-cluster.{region}.amazonaws.com/v1", "Region": region}
            for region in ENDPOINTS
        ]
        arn = self._arn(f"cluster/{uuid.uuid4()}")
        told = {"ClusterArn": arn, "Name": call.text("ClusterName"), "Status": "DEPLOYED", "ClusterEndpoints": urls}
        return {"Cluster": self._keep(arn, told)}

    def create_panel(self, call: Call) -> Parameters:
        """In a cluster that stands."""
        cluster = self._known(call, "ClusterArn")
        arn = self._arn(f"controlpanel/{uuid.uuid4().hex}")
        told = {"ClusterArn": cluster, "ControlPanelArn": arn, "DefaultControlPanel": False, "RoutingControlCount": 0}
        return {"ControlPanel": self._keep(arn, {**told, "Name": call.text("ControlPanelName"), "Status": "DEPLOYED"})}

    def create_control(self, call: Call) -> Parameters:
        """Off until somebody switches it on."""
        panel = self._known(call, "ControlPanelArn")
        arn = f"{panel}/routingcontrol/{uuid.uuid4().hex[:16]}"
        self._arc.add(arn, on=False)
        told = {"ControlPanelArn": panel, "RoutingControlArn": arn, "Status": "DEPLOYED"}
        return {"RoutingControl": self._keep(arn, {**told, "Name": call.text("RoutingControlName")})}

    def create_rule(self, call: Call) -> Parameters:
        """An assertion over controls, or a gate that lets others be switched."""
        asked = call.parameters
        name = "AssertionRule" if asked.get("AssertionRule") else "GatingRule"
        rule: dict[str, Any] = asked[name]
        arn = f"{rule['ControlPanelArn']}/safetyrule/{uuid.uuid4().hex[:16]}"
        controls = rule.get("AssertedControls") or rule.get("TargetControls") or ()
        gates = tuple(rule.get("GatingControls") or ())
        threshold = int(rule["RuleConfig"]["Threshold"])
        self._arc.add_rule(SafetyRule(arn, str(rule["Name"]), tuple(controls), threshold, gates))
        return {name: self._keep(arn, {**rule, "SafetyRuleArn": arn, "Status": "DEPLOYED"})}

    def delete(self, call: Call) -> Parameters:
        """Gone at once."""
        [arn] = [str(value) for name, value in call.parameters.items() if name.endswith("Arn")]
        if self._made.pop(arn, None) is None:
            raise AwsError("ResourceNotFoundException", f"{arn} was not found.", 404)
        self._arc.controls.pop(arn, None)
        self._arc.rules.pop(arn, None)
        return {}

    def _keep(self, arn: str, told: Parameters) -> Parameters:
        self._made[arn] = told
        return told

    def _known(self, call: Call, name: str) -> str:
        arn = call.text(name)
        if arn not in self._made:
            raise AwsError("ResourceNotFoundException", f"{arn} was not found.", 404)
        return arn

    def _arn(self, rest: str) -> str:
        return f"arn:aws:route53-recovery-control::{self._account}:{rest}"
