"""The ports bound to AWS: the one place where adapters are chosen."""

from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.capacity.ecs import EcsCapacity
from dr_core.clock import Clock
from dr_core.database.aurora import AuroraDatabase
from dr_core.parameters.ssm import SsmParameters
from dr_core.plan.ports import Ports
from dr_core.settings import Settings
from dr_core.topology.model import Account, Topology
from dr_core.traffic.route53 import Route53
from dr_core.traffic.takeover import S3Takeover
from dr_core.verify.dns import DnsResolver, servers_from
from dr_core.verify.http import HttpProbe


def aws_ports(topology: Topology, aws: AwsSessions, settings: Settings, clock: Clock) -> Ports:
    """Every port on AWS, through the session factory; DNS and HTTP as the settings say. Connects to nothing."""
    resolver = DnsResolver(servers_from([(server.host, server.port) for server in settings.resolvers]))
    probe = HttpProbe(connect_to=[entry.curl for entry in settings.probe_connect_to], ca=settings.probe_ca)

    def bound(account: Account | None) -> Ports:
        client_of = acting_clients(aws, account)
        return Ports(
            database=AuroraDatabase(client_of, clock),
            records=Route53(aws, clock, account=account),
            takeover=S3Takeover(client_of),
            capacity=EcsCapacity(client_of, clock),
            parameters=SsmParameters(client_of),
            resolver=resolver,
            probe=probe,
            accounts=bound,
        )

    return bound(None)
