"""Everything that runs: services, groups, functions."""

import io
import zipfile

from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.eks import group_behind
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seed_posture import image_of
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.capacity import EcsPoller, EcsService, EksNodegroup
from dr_core.topology.model import Application

Fleets = tuple[tuple[str, str], ...]
_ACTIVITIES = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def fleets_of(app: Application) -> Fleets:
    """The (kind, name) of each, the same in every region."""
    fleets: list[tuple[str, str]] = []
    for capacity in app.capacity:
        if capacity.ecs:
            fleets.append(("ecs", f"{capacity.ecs.cluster}/{capacity.ecs.service}"))
        elif capacity.autoscaling:
            fleets.append(("autoscaling", capacity.autoscaling.group))
        elif capacity.eks_nodegroup:
            spec = capacity.eks_nodegroup
            fleets.append(("autoscaling", group_behind(spec.cluster, spec.nodegroup)))
    return tuple(dict.fromkeys(fleets))


class Compute:
    """Seeds one application after the other; the primary at work, the standbys in waiting."""

    def __init__(self, seeds: Seeding, ground: Ground) -> None:
        self._seeds = seeds
        self._account = ground.account
        self._capacity = ground.part(Capacity)

    def seed(self, app: Application) -> Fleets:
        """The fleets that serve the application."""
        for capacity in app.capacity:
            for region in app.regions:
                count = (
                    capacity.value.standby
                    if region != app.primary and hasattr(capacity.value, "standby")
                    else capacity.value.active
                )
                if capacity.ecs:
                    self.service(region, capacity.ecs, count, capacity.ecs.active)
                    self._policy(region, capacity.ecs)
                elif capacity.autoscaling:
                    self._group(region, capacity.autoscaling.group, count, capacity.autoscaling.active)
                elif capacity.eks_nodegroup:
                    self._nodegroup(region, capacity.eks_nodegroup, count)
                elif capacity.aurora_readers and region in capacity.aurora_readers.clusters:
                    self._readers(region, capacity.aurora_readers.clusters[region], count, region == app.primary)
        return fleets_of(app)

    def role(self, arn: str) -> None:
        with self._seeds.tolerated(f"role {arn}"):
            self._seeds.at("iam", "us-east-1")(
                "CreateRole", RoleName=arn.rsplit("/", 1)[-1], AssumeRolePolicyDocument="{}"
            )

    # -- capacity ----------------------------------------------------------------------------------------------------

    def service(self, region: str, service: EcsService | EcsPoller, count: int, largest: int) -> None:
        name = f"{service.cluster}/{service.service}"
        if ("ecs", region, name) in self._capacity.fleets:
            return
        with self._seeds.tolerated(f"service {name}"):
            ecs = self._seeds.at("ecs", region)
            ecs("CreateCluster", clusterName=service.cluster)
            ecs(
                "RegisterTaskDefinition",
                family=service.service,
                cpu="1024",
                containerDefinitions=[{"name": "app", "image": image_of(self._account, region), "memory": 512}],
            )
            ecs(
                "CreateService",
                cluster=service.cluster,
                serviceName=service.service,
                taskDefinition=service.service,
                desiredCount=count,
                launchType="FARGATE",
            )
            self._capacity.seed("ecs", region, name, count)
            # A poller that waits is held, or an automatic scaling of its own would let it work there.
            held = isinstance(service, EcsPoller) and count == 0
            self._seeds.at("application-autoscaling", region)(
                "RegisterScalableTarget",
                ServiceNamespace="ecs",
                ResourceId=f"service/{name}",
                ScalableDimension="ecs:service:DesiredCount",
                MinCapacity=min(count, largest),
                MaxCapacity=largest * 2,
                SuspendedState=dict.fromkeys(_ACTIVITIES, held),
            )

    def _group(self, region: str, group: str, count: int, largest: int, *, policy: bool = True) -> None:
        if ("autoscaling", region, group) in self._capacity.fleets:
            return
        with self._seeds.tolerated(f"group {group}"):
            client = self._seeds.at("autoscaling", region)
            client(
                "CreateLaunchConfiguration",
                LaunchConfigurationName=group,
                ImageId="ami-12c6146b",
                InstanceType="t3.micro",
            )
            client(
                "CreateAutoScalingGroup",
                AutoScalingGroupName=group,
                LaunchConfigurationName=group,
                MinSize=count,
                MaxSize=largest * 2,
                DesiredCapacity=count,
                AvailabilityZones=[f"{region}a"],
            )
            self._capacity.seed("autoscaling", region, group, count)
            if policy:
                cpu = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}}
                client(
                    "PutScalingPolicy",
                    AutoScalingGroupName=group,
                    PolicyName=f"{group}-cpu",
                    PolicyType="TargetTrackingScaling",
                    TargetTrackingConfiguration={**cpu, "TargetValue": 60.0},
                )

    def _policy(self, region: str, service: EcsService) -> None:
        """Pollers have none: what an empty queue asks for is their own affair."""
        name = f"{service.cluster}/{service.service}"
        cpu = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
        with self._seeds.tolerated(f"scaling policy of {name}"):
            self._seeds.at("application-autoscaling", region)(
                "PutScalingPolicy",
                PolicyName=f"{service.service}-cpu",
                ServiceNamespace="ecs",
                ResourceId=f"service/{name}",
                ScalableDimension="ecs:service:DesiredCount",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration={**cpu, "TargetValue": 60.0},
            )

    def _readers(self, region: str, cluster: str, count: int, at_work: bool) -> None:
        """Beside the instances that the cluster has already; where it writes, one of all is its writer."""
        rds = self._seeds.at("rds", region)
        with self._seeds.tolerated(f"readers of {cluster}"):
            asked = [{"Name": "db-cluster-id", "Values": [cluster]}]
            there = rds("DescribeDBInstances", Filters=asked)["DBInstances"]
            for number in range(len(there) + 1, count + (2 if at_work else 1)):
                rds(
                    "CreateDBInstance",
                    DBInstanceIdentifier=f"{cluster}-{number}",
                    DBClusterIdentifier=cluster,
                    Engine=there[0]["Engine"],
                    DBInstanceClass=there[0]["DBInstanceClass"],
                )

    def _nodegroup(self, region: str, spec: EksNodegroup, count: int) -> None:
        cluster, nodegroup = spec.cluster, spec.nodegroup
        if ("autoscaling", region, group_behind(cluster, nodegroup)) in self._capacity.fleets:
            return
        self._group(region, group_behind(cluster, nodegroup), count, spec.active, policy=False)
        with self._seeds.tolerated(f"node group {nodegroup}"):
            role = f"arn:aws:iam::{self._account}:role/eks"
            eks = self._seeds.at("eks", region)
            with self._seeds.tolerated(f"cluster {cluster}"):
                eks("CreateCluster", name=cluster, roleArn=role, resourcesVpcConfig={})
            eks(
                "CreateNodegroup",
                clusterName=cluster,
                nodegroupName=nodegroup,
                nodeRole=role,
                subnets=["subnet-12345678"],
                scalingConfig={"minSize": count, "maxSize": spec.active * 2, "desiredSize": count},
            )

    # -- functions ---------------------------------------------------------------------------------------------------

    def function(self, region: str, name: str) -> None:
        role = f"arn:aws:iam::{self._account}:role/functions"
        self.role(role)
        with self._seeds.tolerated(f"function {name}"):
            self._seeds.at("lambda", region)(
                "CreateFunction",
                FunctionName=name,
                Runtime="python3.13",
                Role=role,
                Handler="index.handler",
                Code={"ZipFile": _code()},
            )


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {'status': 'ok'}\n")
    return buffer.getvalue()
