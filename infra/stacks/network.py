"""One network a region, for all of its applications: public subnets for load balancers, private ones for the rest.

The way out is a NAT gateway in every region, and not endpoints of services: the bot in it speaks to Slack, to Route 53,
IAM and CloudFront, which no endpoint leads to; once a gateway stands, interface endpoints would come on top of it. It
stands before it is needed, because a run must not wait for one. Gateway endpoints cost nothing and are taken.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs

from dr_core.topology.deployment import Size
from infra.place import Level, Part, Place
from infra.stacks.keys import house_key


class Network(Part):
    """The region's network"""

    concern = "network"
    level = Level.HOUSE

    def build(self) -> None:
        """`services`: by application, what its tasks and instances belong to; its stores admit exactly these."""
        place = self.place
        zones = place.config.zones(place.region)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(place.config.cidr(place.region)),
            availability_zones=list(zones),
            nat_gateways=_gateways(place, len(zones)),
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        cdk.CfnOutput(self, "VpcId", value=self.vpc.vpc_id)
        self._flows()
        self.services = {
            name: ec2.SecurityGroup(self, f"Services-{name}", vpc=self.vpc, description=f"What {name} runs")
            for name, app in place.config.applications.items()
            if place.region in app.regions
        }

    def _flows(self) -> None:
        """Who spoke to whom, for the inquiry afterwards."""
        group = logs.LogGroup(
            self, "Flows", retention=logs.RetentionDays.THREE_MONTHS, encryption_key=house_key(self.place)
        )
        self.vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group))


def _gateways(place: Place, zones: int) -> int:
    """One a zone where the loss of a zone must not be felt: everywhere or, in between, where an application lives.

    A pilot light saves them: with one, the loss of its zone cuts the others off from the internet, too.
    """
    at_home = any(app.primary == place.region for app in place.config.applications.values())
    match place.config.deployment.size:
        case Size.MULTI_SITE:
            return zones
        case Size.WARM_STANDBY:
            return zones if at_home else 1
        case Size.PILOT_LIGHT:
            return 1
