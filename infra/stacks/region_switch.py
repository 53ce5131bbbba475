"""A plan of ARC Region switch: the same order without the bot, for the day on which there is none.

AWS carries it out from the region that is activated, after a second person has approved it in the console; nobody is
allowed to start it by this stack. Records have no block that could follow both the bot's weights and AWS's own checks,
whose ids CloudFormation does not tell by region: there the plan waits until people have done it as the runbook says.
https://docs.aws.amazon.com/r53recovery/latest/dg/region-switch.html (its price, by the month and plan:
https://aws.amazon.com/application-recovery-controller/pricing/)
"""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_arcregionswitch as switch
from aws_cdk import aws_iam as iam

from dr_core.topology.deployment import Existing
from dr_core.topology.model import Application
from dr_core.topology.stores import AuroraGlobal, RdsReplica
from dr_core.topology.traffic import ArcRoutingControls
from infra.place import Level, Part, Place
from infra.stacks.arc import ARC_CONTROL_PLANE, Arc, control_output, controlled_by
from infra.words import camel

_SERVICE = "arc-region-switch.amazonaws.com"
_LONGEST_NAME = 32
_SPEED = {"targetPercent": 100, "capacityMonitoringApproach": "containerInsightsMaxInLast24Hours"}
Steps = list[dict[str, Any]]


class RegionSwitch(Part):
    """A plan of ARC Region switch between the home region and another"""

    concern = "region-switch"
    level = Level.APPLICATION_ONCE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return place.config.built(place.owner).region_switch and not place.app.active_active

    def build(self) -> None:
        """Capacity first, then the database, then users: the order of a run as far as AWS has blocks for it."""
        app, objective = self.place.app, self.place.config.topology.objectives.rto
        self.regions = (self.place.home, self.place.copies[0])
        self.plan_name = self.place.owner[:_LONGEST_NAME].rstrip("-")
        approver, role = self._approver(), self._role()
        steps = [
            _wait("approve", "A second person approves", approver),
            *self._capacity(),
            *self._database(),
            *self._traffic(approver),
        ]
        made = switch.CfnPlan(
            self, "Plan",
            name=self.plan_name,
            description=f"{self.place.owner}: what the bot does, without the bot",
            regions=list(self.regions),
            primary_region=self.place.home,
            recovery_approach="activePassive",
            recovery_time_objective_minutes=max(1, round(objective.total_seconds() / 60)),
            execution_role=role.role_arn,
            workflows=[{"workflowTargetAction": "activate", "steps": steps}],
        )  # fmt: skip
        made.node.add_dependency(role.node.find_child("DefaultPolicy"))
        cdk.CfnOutput(self, "PlanArn", value=made.attr_arn)
        self._left(app)

    def _left(self, app: Application) -> None:
        path = f"deployment.applications.{self.place.owner}.region_switch"
        parts = ((app.consumers, "consumers"), (app.cache, "cache"), (app.custom, "steps of your own"))
        missing = [
            "the fencing of the other side",
            *self.place.copies[1:],
            *dict.fromkeys(entry.kind for entry in app.capacity if entry.ecs is None),
            *(name for entries, name in parts if entries),
        ]
        why = "give arc-region-switch:StartPlanExecution to whoever may act without the bot; not in the plan: "
        self.left_to_people(path, f"{why}{', '.join(missing)}")

    # -- who may do what ---------------------------------------------------------------------------------------------

    def _role(self) -> iam.Role:
        """What the blocks' own pages ask for, on the things of this application."""
        role = iam.Role(self, "Execution", assumed_by=iam.ServicePrincipal(_SERVICE))
        for statement in (*self._may_look(), *self._may_scale(), *self._may_promote(), *self._may_switch()):
            role.add_to_policy(statement)
        return role

    def _plan_arn(self) -> str:
        return f"arn:aws:arc-region-switch::{self.account}:plan/{self.plan_name}:*"

    def _approver(self) -> str:
        """A role that a person takes on with a second factor, to approve and nothing else."""
        role = iam.Role(
            self, "Approver",
            assumed_by=iam.AccountPrincipal(self.account).with_conditions(
                {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
            ),
        )  # fmt: skip
        actions = [f"arc-region-switch:{name}" for name in ("ApprovePlanExecutionStep", "GetPlan", "GetPlanExecution")]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[self._plan_arn()]))
        return str(role.role_arn)

    def _may_look(self) -> Iterator[iam.PolicyStatement]:
        names = ("GetPlan", "GetPlanExecution", "ListPlanExecutions")
        yield iam.PolicyStatement(actions=[f"arc-region-switch:{name}" for name in names], resources=[self._plan_arn()])

    def _may_scale(self) -> Iterator[iam.PolicyStatement]:
        """https://docs.aws.amazon.com/r53recovery/latest/dg/security_iam_region_switch_ecs.html"""
        entries = [entry.ecs for entry in self.place.app.capacity if entry.ecs]
        if not entries:
            return
        base = [f"arn:aws:ecs:{region}:{self.account}" for region in self.regions]
        services = [f"{one}:service/{entry.cluster}/{entry.service}" for one in base for entry in entries]
        clusters = dict.fromkeys(f"{one}:cluster/{entry.cluster}" for one in base for entry in entries)
        scaling = "application-autoscaling"
        targets = [f"arn:aws:{scaling}:{region}:{self.account}:scalable-target/*" for region in self.regions]
        looks = ["ecs:ListServices", f"{scaling}:DescribeScalableTargets", "cloudwatch:GetMetricStatistics"]
        yield iam.PolicyStatement(actions=["ecs:DescribeServices", "ecs:UpdateService"], resources=services)
        yield iam.PolicyStatement(actions=["ecs:DescribeClusters"], resources=[*clusters])
        yield iam.PolicyStatement(actions=[f"{scaling}:RegisterScalableTarget"], resources=targets)
        # None of these knows a resource.
        yield iam.PolicyStatement(actions=looks, resources=["*"])

    def _may_promote(self) -> Iterator[iam.PolicyStatement]:
        """https://docs.aws.amazon.com/r53recovery/latest/dg/security_iam_region_switch_aurora.html"""
        match self._store():
            case AuroraGlobal() as spec:
                arns = [f"arn:aws:rds::{self.account}:global-cluster:{spec.global_cluster}", *self._clusters(spec)]
                acts = ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"]
                yield iam.PolicyStatement(actions=acts, resources=arns)
                looks = ["rds:DescribeGlobalClusters", "rds:DescribeDBClusters"]
                yield iam.PolicyStatement(actions=looks, resources=["*"])
            case RdsReplica() as spec:
                arns = [*self._instances(spec).values()]
                yield iam.PolicyStatement(actions=["rds:PromoteReadReplica"], resources=arns)
                yield iam.PolicyStatement(actions=["rds:DescribeDBInstances"], resources=["*"])

    def _may_switch(self) -> Iterator[iam.PolicyStatement]:
        """https://docs.aws.amazon.com/r53recovery/latest/dg/security_iam_region_switch_arc_routing.html"""
        if self._controls() is None:
            return
        names = ("GetRoutingControlState", "UpdateRoutingControlStates")
        states = [f"route53-recovery-cluster:{name}" for name in names]
        config = [f"route53-recovery-control-config:{name}" for name in ("DescribeCluster", "DescribeControlPanel")]
        ours = f"arn:aws:route53-recovery-control::{self.account}"
        yield iam.PolicyStatement(actions=states, resources=[f"{ours}:controlpanel/*"])
        yield iam.PolicyStatement(actions=config, resources=[f"{ours}:controlpanel/*", f"{ours}:cluster/*"])

    # -- what is done ------------------------------------------------------------------------------------------------

    def _capacity(self) -> Steps:
        here = [f"arn:aws:ecs:{region}:{self.account}" for region in self.regions]
        return [
            _step(
                f"scale-{entry.cluster}-{entry.service}", "ECSServiceScaling", "ecsCapacityIncreaseConfig",
                {
                    **_SPEED,
                    "services": [
                        {
                            "clusterArn": f"{ecs}:cluster/{entry.cluster}",
                            "serviceArn": f"{ecs}:service/{entry.cluster}/{entry.service}",
                        }
                        for ecs in here
                    ],
                },
            )
            for entry in (one.ecs for one in self.place.app.capacity if one.ecs)
        ]  # fmt: skip

    def _database(self) -> Steps:
        """A switchover without loss where that is still possible; ungraceful executions lose what had not arrived."""
        match self._store():
            case AuroraGlobal() as spec:
                config: dict[str, Any] = {
                    "behavior": "switchoverOnly",
                    "ungraceful": {"ungraceful": "failover"},
                    "globalClusterIdentifier": spec.global_cluster,
                    "databaseClusterArns": self._clusters(spec),
                }
                return [_step("promote", "AuroraGlobalDatabase", "globalAuroraConfig", config)]
            case RdsReplica() as spec:
                given = {"dbInstanceArnMap": self._instances(spec)}
                return [_step("promote", "RdsPromoteReadReplica", "rdsPromoteReadReplicaConfig", given)]
        return []

    def _traffic(self, approver: str) -> Steps:
        found = self._controls()
        if found is None:
            return [_wait("switch-traffic", "Send users there as the runbook says, then approve", approver)]
        arns = {region: self._control(region, *found) for region in self.regions}
        states = {
            on: [{"routingControlArn": arn, "state": "On" if region == on else "Off"} for region, arn in arns.items()]
            for on in self.regions
        }
        given = {"regionAndRoutingControls": states}
        return [_step("switch-traffic", "ARCRoutingControl", "arcRoutingControlConfig", given)]

    def _control(self, region: str, index: int, spec: ArcRoutingControls) -> str:
        if Existing.ROUTING_CONTROLS in self.place.config.built(self.place.owner).existing:
            return spec.controls[region]
        arc = self.place.elsewhere(Arc, ARC_CONTROL_PLANE)
        return self.output_of(f"Control{camel(region)}", arc, control_output(self.place.owner, index, region))

    def _controls(self) -> tuple[int, ArcRoutingControls] | None:
        found = controlled_by(self.place.app)
        return next((one for one in found if set(self.regions) <= one[1].controls.keys()), None)

    def _store(self) -> AuroraGlobal | RdsReplica | None:
        database = self.place.app.database
        return None if database is None else database.value

    def _clusters(self, spec: AuroraGlobal) -> list[str]:
        here = [region for region in self.regions if region in spec.clusters]
        return [f"arn:aws:rds:{region}:{self.account}:cluster:{spec.clusters[region]}" for region in here]

    def _instances(self, spec: RdsReplica) -> dict[str, str]:
        here = [region for region in self.regions if region in spec.instances]
        return {region: f"arn:aws:rds:{region}:{self.account}:db:{spec.instances[region]}" for region in here}


def _step(name: str, kind: str, key: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "executionBlockType": kind, "executionBlockConfiguration": {key: config}}


def _wait(name: str, why: str, approver: str) -> dict[str, Any]:
    config = {"approvalRole": approver}
    return _step(name, "ManualApproval", "executionApprovalConfig", config) | {"description": why}
