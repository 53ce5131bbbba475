"""A service of Fargate in its cluster, as every one of the applications' is made.

How many tasks it has is given when it is made and never again: from then on the bot and the scaling policies say it.
CloudFormation would set a count that stands in the template back at every change of the service; one that is left out
stays as it is: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from dr_core.topology.capacity import EcsPoller, EcsService
from infra.place import Part
from infra.running.images import image_in
from infra.running.rights import rights
from infra.stacks.keys import Keys
from infra.stacks.network import Network

NAMED_BY = "DR_SERVICE"
"""The variable that tells the image of an application which of its services it is."""


class Running:
    """What every service and group of one application in one region shares."""

    def __init__(self, part: Part) -> None:
        self.part = part
        group = part.place.stack(Network).services[part.place.owner]
        # Imported, so that rules about what this stack makes are of this stack, and not of the network's.
        self.group = ec2.SecurityGroup.from_security_group_id(part, "Services", group.security_group_id)

    def service(self, spec: EcsService | EcsPoller, cluster: ecs.ICluster, count: int) -> ecs.FargateService:
        name, part = f"{spec.cluster}-{spec.service}", self.part
        made = ecs.FargateService(
            part, f"Service-{name}",
            cluster=cluster,
            service_name=spec.service,
            task_definition=_task(part, spec),
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            min_healthy_percent=100,
            max_healthy_percent=200,
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
            security_groups=[self.group],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            assign_public_ip=False,
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )  # fmt: skip
        # Of its own: a service that comes into a stack that stands is made with its count, too.
        child = made.node.default_child
        resource = str(part.resolve(child.logical_id))
        counted = part.once_made(f"{resource}Counted", resource)
        child.add_property_override("DesiredCount", cdk.Fn.condition_if(counted.logical_id, cdk.Aws.NO_VALUE, count))
        return made


def told_apart(part: Part, name: str) -> dict[str, str]:
    """What a container is told: no secret, which it reads by its role."""
    return {NAMED_BY: name, "DR_APPLICATION": part.place.owner}


def pulls(part: Part, image: str, number: str, role: iam.IRole) -> str:
    """The image's name in this region; the role may pull it."""
    found = image_in(part.place.region, image)
    if found.comes:
        part.left_to_people(f"deployment.applications.{part.place.owner}.service.image", found.comes)
    if found.repository:
        name = found.repository.partition(":repository/")[2]
        ecr.Repository.from_repository_attributes(
            part, f"Image-{number}", repository_arn=found.repository, repository_name=name
        ).grant_pull(role)
    return found.name


def _task(part: Part, spec: EcsService | EcsPoller) -> ecs.FargateTaskDefinition:
    name = f"{spec.cluster}-{spec.service}"
    wanted = part.place.config.built(part.place.owner).service
    made = ecs.FargateTaskDefinition(
        part, f"Task-{name}", family=name, cpu=wanted.cpu, memory_limit_mib=wanted.memory,
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=ecs.CpuArchitecture.X86_64, operating_system_family=ecs.OperatingSystemFamily.LINUX
        ),
    )  # fmt: skip
    for statement in rights(part):
        made.add_to_task_role_policy(statement)
    group = logs.LogGroup(
        part, f"Logs-{name}", retention=logs.RetentionDays.THREE_MONTHS, encryption_key=part.place.stack(Keys).key,
        removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )  # fmt: skip
    made.add_container(
        "service",
        image=ecs.ContainerImage.from_registry(pulls(part, wanted.image, name, made.obtain_execution_role())),
        environment=told_apart(part, spec.service),
        logging=ecs.LogDrivers.aws_logs(stream_prefix=spec.service, log_group=group),
        port_mappings=[ecs.PortMapping(container_port=wanted.port)] if isinstance(spec, EcsService) else [],
        stop_timeout=cdk.Duration.seconds(30),
    )
    return made
