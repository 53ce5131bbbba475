"""The way of a terminal to the bot's own store, which has no address outside: a task that only forwards a port.

Nothing runs until somebody starts it, for an hour (docs/hosting.md, A terminal); it holds no secret. `dr` runs on the
machine of whoever types, with their own credentials. The agent that ECS puts into the task writes to its file system:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from infra import house
from infra.house import House
from infra.place import Level, Part
from infra.running.images import image_in
from infra.running.rights import allow_pull
from infra.stacks.host import Host
from infra.stacks.identity import Identity
from infra.stacks.keys import house_key
from infra.stacks.network import Network

_LASTS_S = 3600
_CHANNELS = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")


class Terminal(Part):
    """The way of a terminal to the bot's own store"""

    concern = "terminal"
    level = Level.HOUSE

    def build(self) -> None:
        self.house = House(self.place.config)
        self.add_stack_dependency(self.place.stack(Host))
        image = image_in(self.place.region, self.place.config.deployment.bot.image)
        task = ecs.FargateTaskDefinition(
            self, "Task", family=self.house.service(house.TERMINAL), cpu=256, memory_limit_mib=512,
            task_role=self._role(house.TERMINAL), execution_role=self._role(house.TERMINAL_START),
            runtime_platform=ecs.RuntimePlatform(operating_system_family=ecs.OperatingSystemFamily.LINUX),
        )  # fmt: skip
        task.add_to_task_role_policy(
            # Channels know no resource.
            iam.PolicyStatement(actions=[f"ssmmessages:{one}" for one in _CHANNELS], resources=["*"])
        )
        if image.repository:
            allow_pull(task.obtain_execution_role(), image.repository)
        log = logs.LogGroup(
            self, "Log", log_group_name=self.house.log_group(house.TERMINAL),
            retention=logs.RetentionDays.THREE_MONTHS, encryption_key=house_key(self.place),
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )  # fmt: skip
        task.add_container(
            house.TERMINAL, image=ecs.ContainerImage.from_registry(image.name), user="dr", essential=True,
            command=["sleep", str(_LASTS_S)], logging=ecs.LogDrivers.aws_logs(stream_prefix="task", log_group=log),
            linux_parameters=ecs.LinuxParameters(self, "Init", init_process_enabled=True),
        )  # fmt: skip
        self._network()

    def _role(self, what: str) -> iam.Role:
        """Inside the house's fence, and for tasks of this account alone."""
        return iam.Role(
            self, f"Role-{what}", role_name=self.house.terminal_role(what, self.place.region),
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
            permissions_boundary=self.place.stack(Identity).fence,
        )  # fmt: skip

    def _network(self) -> None:
        """As `aws ecs run-task` takes it. Of outside it reaches the store, and the services by which it is reached."""
        vpc = self.place.stack(Network).vpc
        group = ec2.SecurityGroup(
            self, "Way", vpc=vpc, description="A terminal on its way to the store: nothing comes in",
            allow_all_outbound=False,
        )  # fmt: skip
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Session Manager, registry, logs")
        for region in dict.fromkeys((self.place.region, self.place.config.topology.control_region)):
            store = ec2.Peer.ipv4(self.place.config.cidr(region))
            group.add_egress_rule(store, ec2.Port.tcp(house.PORT), "the store, or one that was restored")
        subnets = ",".join(subnet.subnet_id for subnet in vpc.private_subnets)
        value = f"awsvpcConfiguration={{subnets=[{subnets}],securityGroups=[{group.security_group_id}]}}"
        cdk.CfnOutput(self, "Network", value=value)
