"""One network a region, for all of its applications: public subnets for load balancers, private ones for the rest."""

from aws_cdk import aws_ec2 as ec2

from infra.place import Level, Part


class Network(Part):
    """The region's network"""

    concern = "network"
    level = Level.HOUSE

    def build(self) -> None:
        place = self.place
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(place.config.cidr(place.region)),
            availability_zones=list(place.config.zones(place.region)),
            nat_gateways=1,
        )
