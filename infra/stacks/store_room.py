"""Where the bot's own store is restored to when the control region is lost: in the network of its backups' region.

RDS restores into the default network, which no task reaches, unless it is told another. Neither costs anything.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds

from infra import house
from infra.house import House
from infra.place import Level, Part, Place
from infra.stacks.network import Network


class StoreRoom(Part):
    """Where the bot's own store is restored to"""

    concern = "store-room"
    level = Level.HOUSE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return place.region == House(place.config).backups

    def build(self) -> None:
        """Under the store's name; it admits what the store does, as far as it is reached from here."""
        vpc, name = self.place.stack(Network).vpc, House(self.place.config).store
        rds.SubnetGroup(
            self, "Subnets", subnet_group_name=name, vpc=vpc, description="Where the store of the bot is restored to",
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        )  # fmt: skip
        admitted = ec2.SecurityGroup(
            self, "Admitted", vpc=vpc, description="The store of the bot, restored", allow_all_outbound=False
        )
        admitted.add_ingress_rule(
            ec2.Peer.ipv4(self.place.config.cidr(self.place.region)), ec2.Port.tcp(house.PORT), "bot and worker"
        )
        cdk.CfnOutput(self, "Admits", value=admitted.security_group_id)
