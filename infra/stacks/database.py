"""Databases: an Aurora global database with a cluster in each region, or an RDS instance with its replicas.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-getting-started.html
RDS cannot manage the master's password of a global database or of a replica in another region itself, so that the
password is a secret of the application: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds

from dr_core.topology.deployment import Size, master_secret
from dr_core.topology.stores import AuroraGlobal
from infra.engines import commit_limit, instances, suited
from infra.place import Level, Part, Place
from infra.stacks.keys import Keys
from infra.stacks.network import Network
from infra.stacks.secrets import MASTER, Secrets, password_of

BACKUP_DAYS = 7
_LOG_DAYS = 90
_ROOM = 60
"""Of the 63 characters of an instance's name, those before its number."""
_INSIGHTS_DAYS = 7
_MOST_STORAGE = 5
"""How many times the storage of an RDS instance may grow by itself."""
_STANDING = {Size.PILOT_LIGHT: 0, Size.WARM_STANDBY: 1, Size.MULTI_SITE: 2}
"""Instances of an Aurora cluster in a region that waits."""


class Database(Part):
    """The application's database in the region"""

    concern = "database"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return place.app.database is not None

    def build(self) -> None:
        """`guard`: the security group in front of it, and `port` the one that it listens on."""
        place = self.place
        assert place.app.database is not None
        self.spec, self.built = place.app.database.value, place.config.built(place.owner).engine
        self.engine = suited(place.app, self.built)
        self.port = self.engine.port
        self.key = place.stack(Keys).key
        self._doors()
        before = place.built.get(Secrets.concern) if place.is_home else place.elsewhere(Database, place.home)
        if before is not None:
            self.add_stack_dependency(before)
        if isinstance(self.spec, AuroraGlobal):
            self._aurora(self.spec)
        else:
            self._instance(self.spec.instances)

    def _doors(self) -> None:
        network = self.place.stack(Network)
        self.guard = ec2.SecurityGroup(
            self, "Guard", vpc=network.vpc, description=f"The database of {self.place.owner}", allow_all_outbound=False
        )
        self.guard.add_ingress_rule(
            network.services[self.place.owner], ec2.Port.tcp(self.port), "What the application runs"
        )
        self.subnets = rds.CfnDBSubnetGroup(
            self, "Subnets", db_subnet_group_description=f"The database of {self.place.owner}",
            subnet_ids=network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids,
        )  # fmt: skip

    def _log_groups(self, kind: str, name: str) -> list[logs.CfnLogGroup]:
        """RDS would make them itself, kept for ever and with no key of ours."""
        return [
            logs.CfnLogGroup(
                self, f"Log{number}", log_group_name=f"/aws/rds/{kind}/{name}/{log}",
                retention_in_days=_LOG_DAYS, kms_key_id=self.key.key_arn,
            )
            for number, log in enumerate(self.engine.logs, 1)
        ]  # fmt: skip

    # -- Aurora --------------------------------------------------------------------------------------------------------

    def _aurora(self, spec: AuroraGlobal) -> None:
        place = self.place
        name = spec.clusters[place.region]
        rpo_s = place.config.topology.objectives.rpo.total_seconds()
        limit = commit_limit(len(spec.clusters), self.engine.name, rpo_s)
        parameters = rds.CfnDBClusterParameterGroup(
            self, "Parameters", description=name, family=self.engine.family,
            parameters={**self.engine.safe, **limit},
        )  # fmt: skip
        self.cluster = rds.CfnDBCluster(
            self, "Cluster", db_cluster_identifier=name, engine=self.engine.name, engine_version=self.engine.version,
            db_cluster_parameter_group_name=parameters.ref, db_subnet_group_name=self.subnets.ref,
            vpc_security_group_ids=[self.guard.security_group_id], port=self.port,
            storage_encrypted=True, kms_key_id=self.key.key_arn, deletion_protection=True,
            backup_retention_period=BACKUP_DAYS, copy_tags_to_snapshot=True,
            enable_iam_database_authentication=True, enable_cloudwatch_logs_exports=[*self.engine.logs],
            database_insights_mode="standard", performance_insights_enabled=True,
            performance_insights_kms_key_id=self.key.key_arn, performance_insights_retention_period=_INSIGHTS_DAYS,
            **self._role_in_global(spec),
        )  # fmt: skip
        self.cluster.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        for group in self._log_groups("cluster", name):
            self.cluster.add_resource_dependency(group)
        self._global(spec, self._members(name))

    def _role_in_global(self, spec: AuroraGlobal) -> dict[str, str]:
        """A secondary gets database, master and password from the home, and is refused with its own."""
        if not self.place.is_home:
            return {"global_cluster_identifier": spec.global_cluster}
        secret = master_secret(self.place.owner, self.built)
        return {
            "database_name": self.built.name,
            "master_username": MASTER,
            "master_user_password": password_of(secret),
        }

    def _members(self, cluster: str) -> list[rds.CfnDBInstance]:
        place = self.place
        standing = max(_STANDING[place.config.deployment.size], int(place.is_home))
        zones = place.config.zones(place.region)
        made = []
        for number in range(instances(place.app, primary=place.is_primary, standing=standing)):
            instance = rds.CfnDBInstance(
                self, f"Instance{number + 1}", db_instance_identifier=f"{cluster[:_ROOM]}-{number + 1}",
                db_cluster_identifier=self.cluster.ref, engine=self.engine.name,
                db_instance_class=self.engine.instance_class, availability_zone=zones[number % len(zones)],
                publicly_accessible=False, auto_minor_version_upgrade=False, promotion_tier=min(number, 1),
            )  # fmt: skip
            instance.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
            made.append(instance)
        return made

    def _global(self, spec: AuroraGlobal, members: list[rds.CfnDBInstance]) -> None:
        """Made around the home's cluster, which has to have an instance before another region may join."""
        if not self.place.is_home:
            return
        whole = rds.CfnGlobalCluster(
            self, "Global", global_cluster_identifier=spec.global_cluster,
            source_db_cluster_identifier=self.cluster.attr_db_cluster_arn, deletion_protection=True,
        )  # fmt: skip
        whole.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        for member in members:
            whole.add_resource_dependency(member)

    # -- RDS -----------------------------------------------------------------------------------------------------------

    def _instance(self, by_region: dict[str, str]) -> None:
        """A replica is the data itself: it stands at every size, and in two zones where the standby is a whole one."""
        place = self.place
        name = by_region[place.region]
        parameters = rds.CfnDBParameterGroup(
            self, "Parameters", description=name, family=self.engine.family, parameters={**self.engine.safe}
        )
        whole = place.is_primary or place.config.deployment.size is Size.MULTI_SITE
        instance = rds.CfnDBInstance(
            self, "Instance", db_instance_identifier=name, db_instance_class=self.engine.instance_class,
            db_parameter_group_name=parameters.ref, db_subnet_group_name=self.subnets.ref,
            vpc_security_groups=[self.guard.security_group_id], port=str(self.port), multi_az=whole,
            kms_key_id=self.key.key_arn, storage_type="gp3", publicly_accessible=False, deletion_protection=True,
            backup_retention_period=BACKUP_DAYS, copy_tags_to_snapshot=True, auto_minor_version_upgrade=False,
            enable_iam_database_authentication=True, enable_cloudwatch_logs_exports=[*self.engine.logs],
            enable_performance_insights=True, performance_insights_kms_key_id=self.key.key_arn,
            performance_insights_retention_period=_INSIGHTS_DAYS,
            max_allocated_storage=self.built.storage * _MOST_STORAGE,
            **self._role_in_pair(by_region),
        )  # fmt: skip
        instance.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        for group in self._log_groups("instance", name):
            instance.add_resource_dependency(group)

    def _role_in_pair(self, by_region: dict[str, str]) -> dict[str, object]:
        """A replica has its size, master and encryption from its source; only the key is its region's own."""
        place = self.place
        if not place.is_home:
            home = place.home
            source = f"arn:aws:rds:{home}:{self.account}:db:{by_region[home]}"
            return {"source_db_instance_identifier": source, "source_region": home}
        secret = master_secret(place.owner, self.built)
        return {
            "engine": self.engine.name,
            "engine_version": self.engine.version,
            "allocated_storage": str(self.built.storage),
            "storage_encrypted": True,
            "db_name": self.built.name,
            "master_username": MASTER,
            "master_user_password": password_of(secret),
        }
