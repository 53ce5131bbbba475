"""Everything that runs: services, groups, functions, consumers, distributions."""

import io
import json
import zipfile
from typing import Any

from moto.cloudfront.models import cloudfront_backends

from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seed_posture import image_of
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.capacity import Consumer, EcsPoller, EcsService
from dr_core.topology.model import Application

Fleets = tuple[tuple[str, str], ...]
_WAIT = {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
_DOCUMENT = json.dumps({"schemaVersion": "0.3", "mainSteps": [_WAIT]})


class Compute:
    """Seeds one application after the other; the primary at work, the standbys in waiting."""

    def __init__(self, seeds: Seeding, ground: Ground) -> None:
        self._seeds = seeds
        self._account = ground.account
        self._capacity = ground.part(Capacity)

    def seed(self, app: Application) -> Fleets:
        """The (kind, name) of the fleets that serve the application."""
        fleets: list[tuple[str, str]] = []
        for capacity in app.capacity:
            for region in app.regions:
                count = (
                    capacity.value.standby
                    if region != app.primary and hasattr(capacity.value, "standby")
                    else capacity.value.active
                )
                if capacity.ecs:
                    self._ecs(region, capacity.ecs, count, capacity.ecs.active)
                elif capacity.autoscaling:
                    self._group(region, capacity.autoscaling.group, count, capacity.autoscaling.active)
                elif capacity.eks_nodegroup:
                    self._nodegroup(region, capacity.eks_nodegroup.cluster, capacity.eks_nodegroup.nodegroup, count)
            if capacity.ecs:
                fleets.append(("ecs", f"{capacity.ecs.cluster}/{capacity.ecs.service}"))
            elif capacity.autoscaling:
                fleets.append(("autoscaling", capacity.autoscaling.group))
        for consumer in app.consumers:
            for region in app.regions:
                self._consumer(region, consumer, at_work=region == app.primary)
        self._custom(app)
        for traffic in app.traffic:
            if traffic.cloudfront:
                self._distribution(traffic.cloudfront.distribution)
        return tuple(dict.fromkeys(fleets))

    def role(self, arn: str) -> None:
        with self._seeds.tolerated(f"role {arn}"):
            self._seeds.at("iam", "us-east-1")(
                "CreateRole", RoleName=arn.rsplit("/", 1)[-1], AssumeRolePolicyDocument="{}"
            )

    # -- capacity ----------------------------------------------------------------------------------------------------

    def _ecs(self, region: str, service: EcsService | EcsPoller, count: int, largest: int) -> None:
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
            self._seeds.at("application-autoscaling", region)(
                "RegisterScalableTarget",
                ServiceNamespace="ecs",
                ResourceId=f"service/{name}",
                ScalableDimension="ecs:service:DesiredCount",
                MinCapacity=min(count, largest),
                MaxCapacity=largest * 2,
            )

    def _group(self, region: str, group: str, count: int, largest: int) -> None:
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
                MinSize=0,
                MaxSize=largest * 2,
                DesiredCapacity=count,
                AvailabilityZones=[f"{region}a"],
            )
            self._capacity.seed("autoscaling", region, group, count)

    def _nodegroup(self, region: str, cluster: str, nodegroup: str, count: int) -> None:
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
                scalingConfig={"minSize": 0, "maxSize": max(count, 1) * 4, "desiredSize": count},
            )

    # -- consumers and functions ------------------------------------------------------------------------------------

    def _consumer(self, region: str, consumer: Consumer, *, at_work: bool) -> None:
        state = "ENABLED" if at_work else "DISABLED"
        if consumer.lambda_event_source:
            self._event_source(region, consumer.lambda_event_source.function, at_work)
        elif consumer.eventbridge_rule:
            rule = consumer.eventbridge_rule
            events = self._seeds.at("events", region)
            with self._seeds.tolerated(f"rule {rule.rule}"):
                if rule.bus != "default":
                    with self._seeds.tolerated(f"bus {rule.bus}"):
                        events("CreateEventBus", Name=rule.bus)
                pattern = {"EventPattern": '{"source": ["sandbox"]}'}
                events("PutRule", Name=rule.rule, EventBusName=rule.bus, State=state, **pattern)
        elif consumer.eventbridge_schedule:
            self._schedule(region, consumer.eventbridge_schedule.group, consumer.eventbridge_schedule.schedule, state)
        elif consumer.ecs_poller:
            self._ecs(
                region, consumer.ecs_poller, consumer.ecs_poller.count if at_work else 0, consumer.ecs_poller.count
            )

    def _schedule(self, region: str, group: str, name: str, state: str) -> None:
        with self._seeds.tolerated(f"schedule {name}"):
            scheduler = self._seeds.at("scheduler", region)
            if group != "default":
                with self._seeds.tolerated(f"schedule group {group}"):
                    scheduler("CreateScheduleGroup", Name=group)
            role = f"arn:aws:iam::{self._account}:role/scheduler"
            scheduler(
                "CreateSchedule",
                Name=name,
                GroupName=group,
                State=state,
                ScheduleExpression="rate(5 minutes)",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={"Arn": f"arn:aws:sqs:{region}:{self._account}:{name}", "RoleArn": role},
            )

    def _event_source(self, region: str, function: str, at_work: bool) -> None:
        with self._seeds.tolerated(f"event source of {function}"):
            self._function(region, function)
            sqs = self._seeds.at("sqs", region)
            sqs("CreateQueue", QueueName=f"{function}-source")
            self._seeds.at("lambda", region)(
                "CreateEventSourceMapping",
                EventSourceArn=f"arn:aws:sqs:{region}:{self._account}:{function}-source",
                FunctionName=function,
                Enabled=at_work,
            )

    def _function(self, region: str, name: str) -> None:
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

    def _custom(self, app: Application) -> None:
        for custom in app.custom:
            for region in app.regions:
                if custom.lambda_:
                    for name in (custom.lambda_.function, custom.lambda_.verify, custom.lambda_.undo):
                        if name:
                            self._function(region, name)
                elif custom.ssm_document:
                    for name in (custom.ssm_document.document, custom.ssm_document.verify, custom.ssm_document.undo):
                        if name:
                            self._document(region, name)

    def _document(self, region: str, name: str) -> None:
        with self._seeds.tolerated(f"document {name}"):
            self._seeds.at("ssm", region)(
                "CreateDocument",
                Name=name,
                DocumentType="Automation",
                DocumentFormat="JSON",
                Content=_DOCUMENT,
            )

    def _distribution(self, identifier: str) -> None:
        """moto invents the id; the topology's is put in its place."""
        distributions: dict[str, Any] = cloudfront_backends[self._account]["aws"].distributions
        if identifier in distributions:
            return
        with self._seeds.tolerated(f"distribution {identifier}"):
            origin = {
                "Id": "origin",
                "DomainName": "origin.sandbox.example",
                "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
            }
            made = self._seeds.at("cloudfront", "us-east-1")(
                "CreateDistribution",
                DistributionConfig={
                    "CallerReference": identifier,
                    "Comment": "sandbox",
                    "Enabled": True,
                    "Origins": {"Quantity": 1, "Items": [origin]},
                    "DefaultCacheBehavior": {"TargetOriginId": "origin", "ViewerProtocolPolicy": "https-only"},
                },
            )
            distribution = distributions.pop(made["Distribution"]["Id"])
            distribution.id = distribution.distribution_id = identifier
            distributions[identifier] = distribution


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {'status': 'ok'}\n")
    return buffer.getvalue()
