"""The ports bound to AWS: the one place where adapters are chosen."""

from functools import cache

from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.canary.port import Trials
from dr_core.capacity.by_kind import aws_capacity
from dr_core.catch_up.port import Tracks
from dr_core.clock import Clock
from dr_core.consumers.aws import AwsConsumers
from dr_core.copies.buckets import S3Copies
from dr_core.copies.elasticache import ElastiCacheGroups
from dr_core.copies.secrets import SecretReplicas
from dr_core.custom.automations import SsmAutomations
from dr_core.custom.lambda_functions import LambdaFunctions
from dr_core.custom.webhooks import HttpWebhooks
from dr_core.database.aurora import AuroraDatabase
from dr_core.database.rds_replica import RdsReadReplicas
from dr_core.parameters.ssm import SsmParameters
from dr_core.plan.ports import Ports
from dr_core.settings import Settings
from dr_core.topology.model import Account
from dr_core.traffic.arc import Arc
from dr_core.traffic.cloudfront import PATIENCE_S, CloudFrontDistributions
from dr_core.traffic.route53 import Route53
from dr_core.traffic.takeover import S3Takeover
from dr_core.verify.dns import DnsResolver, servers_from
from dr_core.verify.http import HttpProbe


def aws_ports(
    aws: AwsSessions,
    settings: Settings,
    clock: Clock,
    trials: Trials | None = None,
    tracks: Tracks | None = None,
) -> Ports:
    """Every port on AWS, through the session factory; DNS and HTTP as the settings say. Connects to nothing."""
    resolver = DnsResolver(servers_from([(server.host, server.port) for server in settings.resolvers]))
    routes = [entry.curl for entry in settings.probe_connect_to]
    probe = HttpProbe(connect_to=routes, ca=settings.probe_ca)
    edge = HttpProbe(connect_to=routes, ca=settings.probe_ca, timeout_s=PATIENCE_S)

    @cache  # what an adapter remembers, such as metrics that are paid for, lasts as long as the bundle
    def bound(account: Account | None) -> Ports:
        client_of = acting_clients(aws, account)
        return Ports(
            database=AuroraDatabase(client_of, clock),
            replicas=RdsReadReplicas(client_of, clock),
            records=Route53(aws, clock, account=account),
            takeover=S3Takeover(client_of),
            controls=Arc(aws, account=account),
            capacity=aws_capacity(client_of, clock),
            consumers=AwsConsumers(client_of, clock),
            parameters=SsmParameters(client_of),
            caches=ElastiCacheGroups(client_of, clock),
            secrets=SecretReplicas(client_of),
            buckets=S3Copies(client_of, clock),
            distributions=CloudFrontDistributions(client_of, edge.read),
            functions=LambdaFunctions(client_of),
            automations=SsmAutomations(client_of),
            webhooks=HttpWebhooks(client_of, clock, key=settings.webhook_key, connect_to=routes, ca=settings.probe_ca),
            clients=client_of,
            resolver=resolver,
            probe=probe,
            accounts=bound,
            trials=trials,
            tracks=tracks,
        )

    return bound(None)
