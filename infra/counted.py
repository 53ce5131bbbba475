"""What in a template is paid for by time, how much of it there is, and what is paid for by use. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.deploying.assembly import Stack

Json = Mapping[str, Any]
GLOBAL = "global"
"""Where what has no region of its own is counted."""


@dataclass(frozen=True)
class Counted:
    """So many of an item of the price table, in a region. `item` empty: there is no such item, `what` says of what."""

    item: str
    count: Decimal
    region: str
    what: str


def counted(stack: Stack) -> Iterator[Counted]:
    """Everything in the stack that is paid for by time."""
    for name, one in stack.resources.items():
        kind, properties = str(one["Type"]), one.get("Properties", {})
        if kind in _COUNTERS:
            yield from _COUNTERS[kind](stack, properties)
        elif kind not in BY_USE and kind not in FREE and not kind.startswith("Custom::"):
            yield Counted("", Decimal(1), stack.region, f"{kind} ({stack.name}/{name})")


def used(stacks: Iterable[Stack]) -> tuple[str, ...]:
    """What is paid for by use, which nobody knows before: one sentence for each kind that there is."""
    kinds = {str(one["Type"]) for stack in stacks for one in stack.resources.values()}
    return tuple(dict.fromkeys(told for kind, told in BY_USE.items() if kind in kinds)) + ALWAYS_BY_USE


def _one(item: str, count: int = 1) -> "Callable[[Stack, Json], Iterator[Counted]]":
    def counter(stack: Stack, _: Json) -> Iterator[Counted]:
        yield Counted(item, Decimal(count), stack.region, item)

    return counter


def _worldwide(item: str) -> "Callable[[Stack, Json], Iterator[Counted]]":
    def counter(_: Stack, __: Json) -> Iterator[Counted]:
        yield Counted(item, Decimal(1), GLOBAL, item)

    return counter


def _balancer(stack: Stack, properties: Json) -> Iterator[Counted]:
    """The hours; and an address in each of its subnets where it stands in the internet."""
    yield Counted("load-balancer-hour", Decimal(1), stack.region, "load balancer")
    if properties.get("Scheme", "internet-facing") == "internet-facing":
        zones = len(properties.get("Subnets") or properties.get("SubnetMappings") or ())
        yield Counted("public-ipv4-hour", Decimal(zones), stack.region, "its addresses")


def _endpoint(stack: Stack, properties: Json) -> Iterator[Counted]:
    if properties.get("VpcEndpointType", "Gateway") == "Interface":
        zones = len(properties.get("SubnetIds", ()))
        yield Counted("interface-endpoint-hour", Decimal(zones), stack.region, "interface endpoint, for each zone")


def _database(stack: Stack, properties: Json) -> Iterator[Counted]:
    engine, kind = str(properties.get("Engine", "")), str(properties["DBInstanceClass"])
    if kind == "db.serverless":
        least = _least_units(stack)
        yield Counted("aurora-capacity-unit-hour", least, stack.region, "capacity units, at their least")
        return
    times = 2 if properties.get("MultiAZ") is True else 1
    yield Counted(f"{engine} {kind}-hour", Decimal(times), stack.region, f"{engine} {kind}")
    if size := properties.get("AllocatedStorage"):
        storage = str(properties.get("StorageType", "gp2"))
        yield Counted(f"rds {storage}-gb-month", Decimal(str(size)) * times, stack.region, f"GB of {storage}")


def _least_units(stack: Stack) -> Decimal:
    clusters = (one for one in stack.resources.values() if one["Type"] == "AWS::RDS::DBCluster")
    scaling = (one.get("Properties", {}).get("ServerlessV2ScalingConfiguration", {}) for one in clusters)
    return max((Decimal(str(one.get("MinCapacity", 0))) for one in scaling), default=Decimal(0))


def _service(stack: Stack, properties: Json) -> Iterator[Counted]:
    """Tasks as many as it begins with; Fargate alone is paid for by the task."""
    count = number(properties.get("DesiredCount", 1))
    task = stack.resources.get(str((properties.get("TaskDefinition") or {}).get("Ref", "")), {}).get("Properties", {})
    if count is None or "Cpu" not in task:
        yield Counted("", Decimal(1), stack.region, f"an ECS service of {stack.name}, whose tasks cannot be counted")
        return
    arm = task.get("RuntimePlatform", {}).get("CpuArchitecture") == "ARM64"
    family = "arm" if arm else "x86"
    cpus, memory = Decimal(str(task["Cpu"])) / 1024, Decimal(str(task["Memory"])) / 1024
    yield Counted(f"fargate-{family}-vcpu-hour", cpus * count, stack.region, "vCPU of Fargate")
    yield Counted(f"fargate-{family}-gib-hour", memory * count, stack.region, "GiB of Fargate")


def _group(stack: Stack, properties: Json) -> Iterator[Counted]:
    count = number(properties.get("DesiredCapacity", properties.get("MinSize", 0)))
    told = "instances of an Auto Scaling group"
    if count is None or count > 0:
        yield Counted("", count or Decimal(1), stack.region, f"{told} of {stack.name}")


def _cache(stack: Stack, properties: Json) -> Iterator[Counted]:
    """A member of a global datastore has its node type from the first."""
    shards = number(properties.get("NumNodeGroups", 1)) or Decimal(1)
    nodes = number(properties.get("NumCacheClusters"))
    copies = number(properties.get("ReplicasPerNodeGroup", 0)) or Decimal(0)
    kind, engine = properties.get("CacheNodeType"), str(properties.get("Engine", "redis"))
    item = f"{engine} {kind}-hour" if kind else ""
    yield Counted(item, nodes or shards * (1 + copies), stack.region, f"{engine} {kind or 'nodes of the first'}")


def _secret(stack: Stack, properties: Json) -> Iterator[Counted]:
    regions = [stack.region, *(str(one["Region"]) for one in properties.get("ReplicaRegions", ()))]
    yield from (Counted("secret-month", Decimal(1), region, "secret") for region in regions)


def _alarm(stack: Stack, properties: Json) -> Iterator[Counted]:
    """By each metric that it looks at."""
    metrics = [one for one in properties.get("Metrics", ()) if "MetricStat" in one]
    yield Counted("alarm-metric-month", Decimal(len(metrics) or 1), stack.region, "alarm")


def _health_check(_: Stack, properties: Json) -> Iterator[Counted]:
    """Of endpoints in AWS, as these are."""
    config = properties.get("HealthCheckConfig", {})
    kind = str(config.get("Type", ""))
    yield Counted("health-check-month", Decimal(1), GLOBAL, "health check")
    options = [
        kind.startswith("HTTPS"), kind.endswith("STR_MATCH"), config.get("RequestInterval") == 10,
        config.get("MeasureLatency") is True,
    ]  # fmt: skip
    if any(options):
        yield Counted("health-check-option-month", Decimal(sum(options)), GLOBAL, "options of health checks")


def number(value: object) -> Decimal | None:
    """A count in a template. Of a choice by a condition, the one that is a number: what it begins with."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        text = str(value)
        return Decimal(text) if text.replace(".", "", 1).isdigit() else None
    if isinstance(value, Mapping) and "Fn::If" in value:
        found = [one for branch in value["Fn::If"][1:] if (one := number(branch)) is not None]
        return found[0] if len(found) == 1 else None
    return None


_COUNTERS: Mapping[str, Callable[[Stack, Json], Iterator[Counted]]] = {
    "AWS::EC2::NatGateway": _one("nat-gateway-hour"),
    "AWS::EC2::EIP": _one("public-ipv4-hour"),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::RDS::DBInstance": _database,
    "AWS::ECS::Service": _service,
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::ElastiCache::ReplicationGroup": _cache,
    "AWS::KMS::Key": _one("kms-key-month"),
    "AWS::KMS::ReplicaKey": _one("kms-key-month"),
    "AWS::SecretsManager::Secret": _secret,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _one("composite-alarm-month"),
    "AWS::CloudWatch::Dashboard": _one("dashboard-month"),
    "AWS::Route53::HostedZone": _worldwide("hosted-zone-month"),
    "AWS::Route53::HealthCheck": _health_check,
    "AWS::Route53RecoveryControl::Cluster": _worldwide("arc-cluster-hour"),
    "AWS::ARCRegionSwitch::Plan": _worldwide("region-switch-plan-month"),
}
BY_USE: Mapping[str, str] = {
    "AWS::RDS::DBCluster": "storage, requests and backups of databases, and what is replicated between regions",
    "AWS::S3::Bucket": "objects, requests, and their replication (with Replication Time Control where it is on)",
    "AWS::DynamoDB::GlobalTable": "reads, replicated writes and storage of tables",
    "AWS::DynamoDB::Table": "reads, writes and storage of tables",
    "AWS::DSQL::Cluster": "work and storage of the bot's own store",
    "AWS::CloudFront::Distribution": "requests and traffic of CloudFront",
    "AWS::Logs::LogGroup": "log lines: written and kept",
    "AWS::EC2::FlowLog": "flow logs",
    "AWS::SQS::Queue": "messages of queues",
    "AWS::SNS::Topic": "messages of topics",
    "AWS::Lambda::Function": "calls of functions",
    "AWS::Events::Rule": "events",
    "AWS::CloudTrail::Trail": "the trail: its objects, and data events where they are on",
    "AWS::Config::ConfigRule": "evaluations of AWS Config rules",
    "AWS::Config::ConfigurationRecorder": "items that AWS Config records",
    "AWS::AppConfig::Application": "fetches of AppConfig",
    "AWS::ECS::Cluster": "Container Insights of clusters, where it is on",
    "AWS::WAFv2::WebACL": "requests that a firewall looks at",
    "AWS::S3::StorageLens": "storage metrics",
    "AWS::Scheduler::Schedule": "calls of schedules",
}
"""By type, what is paid for by use."""
ALWAYS_BY_USE = ("traffic: out of AWS, between regions and zones, through NAT and load balancers",)
FREE = frozenset({
    "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::AppConfig::ConfigurationProfile", "AWS::AppConfig::Deployment", "AWS::AppConfig::DeploymentStrategy",
    "AWS::AppConfig::Environment", "AWS::AppConfig::HostedConfigurationVersion", "AWS::AutoScaling::LifecycleHook",
    "AWS::AutoScaling::ScalingPolicy", "AWS::Budgets::Budget", "AWS::CDK::Metadata", "AWS::CE::CostAllocationTag",
    "AWS::CertificateManager::Certificate", "AWS::CloudFormation::CustomResource",
    "AWS::CloudFront::CachePolicy", "AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy", "AWS::Config::DeliveryChannel", "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate", "AWS::EC2::NetworkAcl", "AWS::EC2::NetworkAclEntry", "AWS::EC2::Route",
    "AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress", "AWS::EC2::Subnet", "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPC", "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPCPeeringConnection", "AWS::ECS::ClusterCapacityProviderAssociations", "AWS::ECS::TaskDefinition",
    "AWS::ElastiCache::GlobalReplicationGroup", "AWS::ElastiCache::ParameterGroup", "AWS::ElastiCache::SubnetGroup",
    "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::KMS::Alias", "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission", "AWS::Logs::MetricFilter", "AWS::Logs::ResourcePolicy",
    "AWS::Organizations::Policy", "AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBSubnetGroup", "AWS::RDS::GlobalCluster", "AWS::Route53::RecordSet",
    "AWS::Route53RecoveryControl::ControlPanel", "AWS::Route53RecoveryControl::RoutingControl",
    "AWS::Route53RecoveryControl::SafetyRule", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::SSM::Parameter", "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::ResourcePolicy", "AWS::SecretsManager::SecretTargetAttachment",
})  # fmt: skip
"""Types that nothing is asked for by themselves: what they lead to is paid for where it stands."""
