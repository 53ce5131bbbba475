"""The bot's own store, its secrets, and the way to it from the other regions.

PostgreSQL with a synchronous standby in another zone of the control region, and its log shipped to another region
(docs/decisions/0021-house.md): outside of every database that it moves.
"""

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secrets

from dr_core.topology.deployment import Size
from infra import house
from infra.house import House
from infra.place import Level, Part
from infra.stacks.keys import HouseKeyCopy, house_key
from infra.stacks.network import Network

_VERSION = ("17.7", "17")
_BACKUPS = cdk.Duration.days(14)
_INSTANCE = {Size.PILOT_LIGHT: "t4g.micro", Size.WARM_STANDBY: "t4g.small", Size.MULTI_SITE: "t4g.medium"}
_LETTERS = " %+~`#$&*()|[]{}:;<>?!'/@\"\\"
"""Not in a password: it stands in an address and in a shell's environment."""


class State(Part):
    """The bot's own store and secrets"""

    concern = "state"
    level = Level.HOUSE_ONCE

    def build(self) -> None:
        self.house = House(self.place.config)
        self.others = tuple(one for one in self.place.config.regions if one != self.place.region)
        for region in self.others:
            self.add_stack_dependency(self.place.elsewhere(HouseKeyCopy, region))
        owner = self._made(house.STORE_OWNER, house.OWNER)
        self._made(house.STORE_APP, house.APP_ROLE)
        if any(step.webhook for app in self.place.config.applications.values() for step in app.custom):
            self._made(house.WEBHOOK_KEY)
        for what, why in house.FILLED_BY_PEOPLE.items():
            self._secret(what, {})
            self.left_to_people(f"the secret {self.house.secret(what)}", why)
        self._store(owner)
        for region in self.others:
            self._way_from(region)

    # -- secrets: the same in every region, so that no region needs another to start a process --------------------

    def _made(self, what: str, username: str | None = None) -> secrets.CfnSecret:
        """Made by AWS. It is not changed by itself: a process reads it once, at its start."""
        how: dict[str, Any] = {"password_length": 40, "exclude_characters": _LETTERS}
        if username:
            how |= {"secret_string_template": json.dumps({"username": username}), "generate_string_key": "password"}
        return self._secret(what, {"generate_secret_string": secrets.CfnSecret.GenerateSecretStringProperty(**how)})

    def _secret(self, what: str, value: dict[str, Any]) -> secrets.CfnSecret:
        alias = f"alias/{self.place.owner}"
        name = "".join(word.capitalize() for word in what.replace("/", "-").split("-"))
        made = secrets.CfnSecret(
            self, f"Secret{name}", name=self.house.secret(what), kms_key_id=house_key(self.place).key_arn,
            replica_regions=[
                secrets.CfnSecret.ReplicaRegionProperty(region=region, kms_key_id=alias) for region in self.others
            ] or None,
            **value,
        )  # fmt: skip
        made.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        return made

    # -- the store -----------------------------------------------------------------------------------------------------

    def _store(self, owner: secrets.CfnSecret) -> None:
        vpc, key = self.place.stack(Network).vpc, house_key(self.place)
        admitted = ec2.SecurityGroup(self, "Admitted", vpc=vpc, description="Who may reach the store of the bot")
        for region in self.place.config.regions:
            peer = ec2.Peer.ipv4(self.place.config.cidr(region))
            admitted.add_ingress_rule(peer, ec2.Port.tcp(house.PORT), f"Bot and worker in {region}")
        written = [self._log(kind, key) for kind in ("postgresql", "upgrade")]
        store = rds.DatabaseInstance(
            self, "Store",
            instance_identifier=self.house.store,
            engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.of(*_VERSION)),
            instance_type=ec2.InstanceType(_INSTANCE[self.place.config.deployment.size]),
            credentials=rds.Credentials.from_password(house.OWNER, _password(owner)),
            database_name=house.DATABASE, port=house.PORT,
            vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[admitted], publicly_accessible=False,
            multi_az=True, storage_encrypted=True, storage_encryption_key=key,
            storage_type=rds.StorageType.GP3, allocated_storage=20, max_allocated_storage=100,
            backup_retention=_BACKUPS, delete_automated_backups=False, copy_tags_to_snapshot=True,
            deletion_protection=True, removal_policy=cdk.RemovalPolicy.RETAIN,
            auto_minor_version_upgrade=True,
            cloudwatch_logs_exports=["postgresql", "upgrade"],
            parameters={"rds.force_ssl": "1", "log_min_duration_statement": "1000"},
        )  # fmt: skip
        store.node.add_dependency(*written)
        self._backups_elsewhere(store.node.default_child, key)
        cdk.CfnOutput(self, "Address", value=store.db_instance_endpoint_address)

    def _log(self, kind: str, key: kms.IKey) -> logs.LogGroup:
        """Made before RDS writes to it, which would keep everything for ever and unencrypted."""
        return logs.LogGroup(
            self, f"Log-{kind}", log_group_name=f"/aws/rds/instance/{self.house.store}/{kind}",
            retention=logs.RetentionDays.THREE_MONTHS, encryption_key=key,
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )  # fmt: skip

    def _backups_elsewhere(self, store: Any, key: kms.IKey) -> None:
        """Its backups, up to the last minutes, in another region: what is restored when the control region is lost.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
        """
        if region := self.house.backups:
            store.automatic_backup_replication_region = region
            store.automatic_backup_replication_retention_period = _BACKUPS.to_days()
            store.automatic_backup_replication_kms_key_id = (
                f"arn:aws:kms:{region}:{self.account}:key/{key.key_id}"  # a multi-Region key: the same id everywhere
            )

    # -- the way from another region -----------------------------------------------------------------------------------

    def _way_from(self, region: str) -> None:
        """A peering of the two networks, accepted by CloudFormation since both are of this account.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpcpeeringconnection.html
        """
        vpc, far = self.place.stack(Network).vpc, self.place.elsewhere(Network, region)
        peering = ec2.CfnVPCPeeringConnection(
            self, f"Peering-{region}", vpc_id=vpc.vpc_id, peer_region=region,
            peer_vpc_id=self.output_of(f"Network{region.replace('-', '')}", far, "VpcId"),
        )  # fmt: skip
        for number, subnet in enumerate(vpc.private_subnets):
            ec2.CfnRoute(
                self, f"Back-{region}-{number}", route_table_id=subnet.route_table.route_table_id,
                destination_cidr_block=self.place.config.cidr(region), vpc_peering_connection_id=peering.ref,
            )  # fmt: skip
        cdk.CfnOutput(self, peering_output(region), value=peering.ref)


def peering_output(region: str) -> str:
    """Under which name the id of the peering with that region is put out."""
    return f"Peering{region.replace('-', '')}"


def _password(owner: secrets.CfnSecret) -> cdk.SecretValue:
    """Read by CloudFormation when it makes the instance; it stands in no template."""
    return cdk.SecretValue.secrets_manager(owner.ref, json_field="password")
