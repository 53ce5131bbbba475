"""The bot itself, in every region: Fargate, Socket Mode, so that nothing of it can be reached from outside.

Each task brings its own files and upgrades the store before it starts: several at once wait for each other, and a store
that a newer version made is left as it is (docs/operations.md, Upgrade).
"""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secrets

from dr_core.permissions.model import Role
from infra import house, unpack
from infra.house import House
from infra.iam.policies import role_name
from infra.place import Level, Part
from infra.running.images import image_in
from infra.running.rights import allow_pull
from infra.stacks.identity import Identity
from infra.stacks.keys import house_key
from infra.stacks.network import Network
from infra.stacks.state import State, peering_output

_HEALTH_PORT = "9090"
_ALIVE = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{_HEALTH_PORT}/livez', timeout=3)"
_CERTIFICATES = "/etc/dr/rds.pem"
"""The authorities of RDS, which the image brings (infra/Dockerfile): the store is asked who it is."""


@dataclass(frozen=True)
class Process:
    """One of the Procfile's. `files` and `secrets`: by what the process reads, the secret that holds it."""

    name: str
    cpu: int
    memory: int
    files: dict[str, str]
    secrets: dict[str, tuple[str, str | None]]


_BOT = Process(
    "bot", 256, 1024, {unpack.ACK_KEY: house.ACK_KEY},
    {"SLACK_BOT_TOKEN": (house.SLACK, "bot"), "SLACK_APP_TOKEN": (house.SLACK, "app")},
)  # fmt: skip
_WORKER = Process(
    "worker", 512, 1024, {unpack.ACK_PUBLIC: house.ACK_PUBLIC, unpack.WORKER_KEY: house.WORKER_KEY}, {}
)  # fmt: skip


class Host(Part):
    """The bot's processes in one region"""

    concern = "host"
    level = Level.HOUSE

    def build(self) -> None:
        place = self.place
        self.house = House(place.config)
        self._image = image_in(place.region, place.config.deployment.bot.image)
        self._state = place.elsewhere(State, place.config.topology.control_region)
        self._store = self.output_of("Store", self._state, "Address")
        if place.region != self._state.region:
            self._way_to_store()
        cluster = ecs.Cluster(
            self, "Cluster", cluster_name=self.house.name, vpc=place.stack(Network).vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )  # fmt: skip
        self._outgoing = ec2.SecurityGroup(
            self, "Processes", vpc=place.stack(Network).vpc, description="Processes of the bot: nothing comes in",
            allow_all_outbound=False,
        )  # fmt: skip
        # Slack, AWS and what is probed have many addresses; DNS answers are asked at public resolvers, too.
        for port in (ec2.Port.tcp_range(1, 65535), ec2.Port.udp(53)):
            self._outgoing.add_egress_rule(ec2.Peer.any_ipv4(), port, "Slack, AWS, resolvers, what is probed")
        for process in (_BOT, _WORKER):
            self._runs(cluster, process)
        if self._image.comes:
            self.left_to_people("deployment.bot.image", self._image.comes)

    def _way_to_store(self) -> None:
        peering = self.output_of("Peering", self._state, peering_output(self.place.region))
        for number, subnet in enumerate(self.place.stack(Network).vpc.private_subnets):
            ec2.CfnRoute(
                self, f"ToStore-{number}", route_table_id=subnet.route_table.route_table_id,
                destination_cidr_block=self.place.config.cidr(self._state.region), vpc_peering_connection_id=peering,
            )  # fmt: skip

    # -- one process ---------------------------------------------------------------------------------------------------

    def _runs(self, cluster: ecs.Cluster, process: Process) -> None:
        name = self.house.service(process.name)
        task = self._task(process)
        log = ecs.LogDrivers.aws_logs(
            stream_prefix=process.name,
            log_group=logs.LogGroup(
                self, f"Log-{process.name}", log_group_name=self.house.log_group(process.name),
                retention=logs.RetentionDays.THREE_MONTHS, encryption_key=house_key(self.place),
                removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            ),
        )  # fmt: skip
        files = self._container(task, "files", log, ["python", "-m", "infra.unpack", unpack.FOLDER], essential=False,
            environment=self._topology(), secrets={unpack.variable(file): (what, None)
                                                   for file, what in process.files.items()})  # fmt: skip
        release = self._container(task, "release", log, ["dr", "db", "upgrade", "--grant", house.APP_ROLE],
            essential=False, environment={"DATABASE_URL": self._url(house.OWNER)},
            secrets={"PGPASSWORD": (house.STORE_OWNER, "password"),
                     "DR_STORE_ROLE_PASSWORD": (house.STORE_APP, "password")})  # fmt: skip
        alive = ecs.HealthCheck(
            command=["CMD", "python", "-c", _ALIVE], interval=cdk.Duration.seconds(15),
            timeout=cdk.Duration.seconds(5), retries=3, start_period=cdk.Duration.minutes(2),
        )  # fmt: skip
        main = self._container(task, process.name, log, ["dr", process.name], essential=True,
            environment=self._environment(), secrets=self._secrets(process), health=alive)  # fmt: skip
        for first in (files, release):
            main.add_container_dependencies(
                ecs.ContainerDependency(container=first, condition=ecs.ContainerDependencyCondition.SUCCESS)
            )
        ecs.FargateService(
            self, f"Service-{process.name}", cluster=cluster, service_name=name, task_definition=task,
            desired_count=self.place.config.deployment.bot.count, assign_public_ip=False,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[self._outgoing], circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            min_healthy_percent=100, max_healthy_percent=200, enable_execute_command=False,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )  # fmt: skip

    def _task(self, process: Process) -> ecs.FargateTaskDefinition:
        name = self.house.service(process.name)
        self.add_stack_dependency(self.place.stack(Identity))
        role = f"arn:aws:iam::{self.account}:role/{role_name(self.place.config, self.place.region, Role(process.name))}"
        task = ecs.FargateTaskDefinition(
            self, f"Task-{process.name}", family=name, cpu=process.cpu, memory_limit_mib=process.memory,
            task_role=iam.Role.from_role_arn(self, f"Role-{process.name}", role, mutable=False),
            runtime_platform=ecs.RuntimePlatform(operating_system_family=ecs.OperatingSystemFamily.LINUX),
            volumes=[ecs.Volume(name="files"), ecs.Volume(name="scratch")],
        )  # fmt: skip
        # What CDK grants for an imported key goes into that key's policy, which is not this stack's: it is lost.
        task.obtain_execution_role().add_to_principal_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"], resources=[house_key(self.place).key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{self.place.region}.amazonaws.com"}},
            )
        )  # fmt: skip
        if self._image.repository:
            allow_pull(task.obtain_execution_role(), self._image.repository)
        return task

    def _container(
        self, task: ecs.FargateTaskDefinition, name: str, log: ecs.LogDriver, command: list[str], *, essential: bool,
        environment: dict[str, str], secrets: dict[str, tuple[str, str | None]], health: ecs.HealthCheck | None = None,
    ) -> ecs.ContainerDefinition:  # fmt: skip
        made = task.add_container(
            name, image=ecs.ContainerImage.from_registry(self._image.name), command=command,
            essential=essential, environment=environment, logging=log, health_check=health, user="dr",
            readonly_root_filesystem=True, stop_timeout=cdk.Duration.seconds(30),
            linux_parameters=ecs.LinuxParameters(self, f"Init-{task.family}-{name}", init_process_enabled=True),
            secrets={variable: self._secret(what, field) for variable, (what, field) in secrets.items()},
        )  # fmt: skip
        made.add_mount_points(
            ecs.MountPoint(container_path=unpack.FOLDER, source_volume="files", read_only=False),
            ecs.MountPoint(container_path=unpack.SCRATCH, source_volume="scratch", read_only=False),
        )
        return made

    def _secret(self, what: str, field: str | None) -> ecs.Secret:
        """Each region's own copy, by its name: the copies' ARNs end in letters that nobody knows before."""
        label = f"Secret-{what.replace('/', '-')}"
        found = self.node.try_find_child(label) or secrets.Secret.from_secret_attributes(
            self, label, secret_partial_arn=self.house.secret_arn(self.place.region, what),
            encryption_key=house_key(self.place),
        )  # fmt: skip
        return ecs.Secret.from_secrets_manager(found, field)

    # -- what a process is told ----------------------------------------------------------------------------------------

    def _topology(self) -> dict[str, str]:
        return {unpack.variable(unpack.TOPOLOGY, packed=True): unpack.pack(self.place.config.source)}

    def _url(self, role: str) -> str:
        """Without the password, which libpq reads from PGPASSWORD."""
        checked = f"sslmode=verify-full&sslrootcert={_CERTIFICATES}"
        return f"postgresql+psycopg://{role}@{self._store}:{house.PORT}/{house.DATABASE}?{checked}"

    def _environment(self) -> dict[str, str]:
        return {
            "DR_CONFIG": f"{unpack.FOLDER}/{unpack.TOPOLOGY}",
            "DATABASE_URL": self._url(house.APP_ROLE),
            "DR_HEALTH_PORT": _HEALTH_PORT,
            "DR_ACK_KEY": f"{unpack.FOLDER}/{unpack.ACK_KEY}",
            "DR_WORKER_KEY": f"{unpack.FOLDER}/{unpack.WORKER_KEY}",
            "DR_LOG_LEVEL": "info",
        }

    def _secrets(self, process: Process) -> dict[str, tuple[str, str | None]]:
        found: dict[str, tuple[str, str | None]] = {"PGPASSWORD": (house.STORE_APP, "password"), **process.secrets}
        hooked = any(step.webhook for app in self.place.config.applications.values() for step in app.custom)
        return {**found, "DR_WEBHOOK_KEY": (house.WEBHOOK_KEY, None)} if hooked and process is _WORKER else found
