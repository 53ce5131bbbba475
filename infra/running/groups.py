"""An Auto Scaling group whose instances run the application's image.

Its size is left alone by a deployment that does not change it in the template (`IgnoreUnmodifiedGroupSizeProperties`),
since a run moves it: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
"""

import shlex

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from dr_core.topology.capacity import AutoScalingGroup
from dr_core.topology.deployment import Service
from infra.place import Part
from infra.running.rights import rights
from infra.running.service import pulls, told_apart
from infra.stacks.network import Network

_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
_TYPES = (("t3.small", 2, 2), ("t3.medium", 2, 4), ("t3.large", 2, 8), ("t3.xlarge", 4, 16), ("t3.2xlarge", 8, 32))
"""Instance type, vCPU, GiB, the smallest first: https://aws.amazon.com/ec2/instance-types/t3/"""
_SYSTEM_MIB = 512
"""Left to what runs beside the application's container."""
_LARGEST = "t3.2xlarge"


def instance_type(service: Service) -> str:
    """The smallest that holds one container of the service beside the system. Pure."""
    fits = (
        name for name, cpus, gib in _TYPES
        if cpus * 1024 >= service.cpu and gib * 1024 >= service.memory + _SYSTEM_MIB
    )  # fmt: skip
    return next(fits, _LARGEST)


def group_of(
    part: Part, spec: AutoScalingGroup, count: int, security_group: ec2.ISecurityGroup, *, balanced: bool
) -> autoscaling.AutoScalingGroup:
    """Between `count` and twice the working size. `balanced`: a load balancer says which instances are healthy."""
    wanted = part.place.config.built(part.place.owner).service
    role = iam.Role(part, f"Role-{spec.group}", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    for statement in rights(part):
        role.add_to_policy(statement)
    template = ec2.LaunchTemplate(
        part, f"Template-{spec.group}",
        launch_template_name=spec.group,
        instance_type=ec2.InstanceType(instance_type(wanted)),
        machine_image=ec2.MachineImage.resolve_ssm_parameter_at_launch(_IMAGE),
        user_data=_start(part, spec, wanted, pulls(part, wanted.image, spec.group, role)),
        role=role,
        security_group=security_group,
        require_imdsv2=True,
        http_put_response_hop_limit=2,  # a container is one hop further away
        detailed_monitoring=True,
        block_devices=[_disk()],
    )  # fmt: skip
    made = autoscaling.AutoScalingGroup(
        part, f"Group-{spec.group}",
        auto_scaling_group_name=spec.group,
        vpc=part.place.stack(Network).vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        launch_template=template,
        min_capacity=count,
        desired_capacity=count,
        max_capacity=max(2 * spec.active, count),
        group_metrics=[autoscaling.GroupMetrics.all()],
        health_checks=_looked_after(balanced),
        update_policy=autoscaling.UpdatePolicy.rolling_update(
            max_batch_size=1, min_instances_in_service=count, pause_time=Duration.minutes(0)
        ),
    )  # fmt: skip
    made.scale_on_cpu_utilization("Cpu", target_utilization_percent=BUSY_PERCENT)
    return made


BUSY_PERCENT = 50
"""What scaling aims at: the other half can carry what a lost zone leaves."""


def _looked_after(balanced: bool) -> autoscaling.HealthChecks:
    if not balanced:
        return autoscaling.HealthChecks.ec2()
    types = [autoscaling.AdditionalHealthCheckType.ELB]
    return autoscaling.HealthChecks.with_additional_checks(additional_types=types, grace_period=Duration.minutes(5))


def _disk() -> ec2.BlockDevice:
    volume = ec2.BlockDeviceVolume.ebs(20, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3)
    return ec2.BlockDevice(device_name="/dev/xvda", volume=volume)


def _start(part: Part, spec: AutoScalingGroup, service: Service, image: str) -> ec2.UserData:
    """Everything that an instance does by itself: it has no login, and nobody ever changes it."""
    told = " ".join(f"--env {name}={shlex.quote(value)}" for name, value in told_apart(part, spec.group).items())
    registry = image.partition("/")[0]
    lines = ["dnf install -y docker", "systemctl enable --now docker"]
    if ".dkr.ecr." in registry:
        password = f"aws ecr get-login-password --region {part.region}"
        lines.append(f"{password} | docker login --username AWS --password-stdin {registry}")
    ports = f"--publish {service.port}:{service.port}"
    lines.append(f"docker run --detach --restart always {ports} {told} {shlex.quote(image)}")
    made = ec2.UserData.for_linux()
    made.add_commands("set -eu", *lines)
    return made
