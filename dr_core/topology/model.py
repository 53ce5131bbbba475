"""The shape of `dr.yaml` as frozen typed values. Unknown keys are refused; `load.py` adds file and line to errors."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from dr_core.topology.part import OneOf, Part
from dr_core.topology.scalars import (
    AppName,
    ChannelId,
    Count,
    Currency,
    Duration,
    GroupId,
    Money,
    PositiveDuration,
    Region,
    RoleArn,
    Text,
    Url,
    UserId,
    Zone,
)

# -- who may do what ------------------------------------------------------------------------------------------------


class Residency(Part):
    allowed_regions: tuple[Region, ...] = Field(min_length=1)


class Objectives(Part):
    rto: Duration = timedelta(minutes=15)
    rpo: Duration = timedelta(minutes=1)
    availability: float = Field(default=99.9, gt=0, le=100)


class Detection(Part):
    interval: PositiveDuration = timedelta(seconds=10)
    hold_down: Duration = timedelta(seconds=30)
    cooldown: Duration = timedelta(minutes=30)


class SlackChannels(Part):
    incident_channel: ChannelId
    digest_channel: ChannelId


class Person(Part):
    """One human being with all identities."""

    name: Text = Field(max_length=80)
    slack: UserId | None = None
    aws: tuple[Text, ...] = ()


class Group(Part):
    """People by Slack user group or by user ids; both empty means nobody is named."""

    usergroup: GroupId | None = None
    users: tuple[UserId, ...] = ()

    @property
    def empty(self) -> bool:
        return self.usergroup is None and not self.users


class Quorum(Part):
    required: Count = Field(default=1, ge=1, le=10)
    expires_after: PositiveDuration = timedelta(minutes=15)


class ForcedQuorum(Quorum):
    """Data may be lost: two people at least, also where only `expires_after` is given."""

    required: Count = Field(default=2, ge=2, le=10)


class Approval(Part):
    approvers: Group
    break_glass: Group = Group()
    requesters: Group = Group()
    planned: Quorum = Quorum()
    forced: ForcedQuorum = ForcedQuorum()
    prepare: Literal["read", "auto"] = "read"

    @field_validator("approvers")
    @classmethod
    def _somebody(cls, group: Group) -> Group:
        if group.empty:
            raise ValueError("expected a usergroup or users")
        return group


class Schedule(Part):
    """Five-field cron expressions in `timezone`; a missing one is switched off."""

    timezone: Zone = "UTC"
    health_digest: str | None = None
    replication_report: str | None = None
    budget_report: str | None = None
    cost_review: str | None = None
    drill: str | None = None
    full_drill: str | None = None


class UsdRate(Part):
    value: Money
    date: date


class Budget(Part):
    currency: Currency = "EUR"
    monthly: Money
    alerts: tuple[Annotated[Count, Field(ge=1)], ...] = (50, 80)
    burst: Money | None = None
    usd_rate: UsdRate | None = None
    tag: Text | None = None
    aws_budget: Text | None = None


class Anchor(Part):
    region: Region
    bucket: Text


class Audit(Part):
    anchors: tuple[Anchor, ...] = ()


class RunbookPlace(Part):
    region: Region
    bucket: Text
    prefix: Text = "dr-runbook"


class Runbook(Part):
    """Where the commands of every plan are kept for the hour in which the bot is gone."""

    folder: Text | None = None
    buckets: tuple[RunbookPlace, ...] = ()


# -- what is protected ----------------------------------------------------------------------------------------------

PerRegion = dict[Region, Text]


class Account(Part):
    role_arn: RoleArn
    external_id: Text | None = None


class HealthCheck(OneOf):
    http: dict[Region, Url] | None = None
    route53: PerRegion | None = None


class Route53Records(Part):
    hosted_zone: Text
    name: Text
    type: Literal["A", "AAAA", "CNAME"] = "A"
    set_identifiers: PerRegion


class ArcEndpoint(Part):
    region: Region
    url: Url


class ArcRoutingControls(Part):
    endpoints: tuple[ArcEndpoint, ...] = Field(min_length=1)
    controls: PerRegion


class StandbyTakesOver(Part):
    bucket: PerRegion
    key: Text
    health_check: Text


class CloudFront(Part):
    distribution: Text


class Traffic(OneOf):
    route53_records: Route53Records | None = None
    arc_routing_controls: ArcRoutingControls | None = None
    standby_takes_over: StandbyTakesOver | None = None
    cloudfront: CloudFront | None = None


class Canary(Part):
    percent: Count = Field(ge=1, le=5)
    hold: Duration = timedelta(minutes=5)


class AuroraGlobal(Part):
    global_cluster: Text
    clusters: PerRegion
    gate: bool = True


class RdsReplica(Part):
    instances: PerRegion
    gate: bool = True


class Database(OneOf):
    aurora_global: AuroraGlobal | None = None
    rds_replica: RdsReplica | None = None


class S3Buckets(Part):
    buckets: PerRegion
    prefixes: tuple[Text, ...] = ()
    heartbeat: bool = True
    gate: bool = False


class Storage(OneOf):
    s3: S3Buckets | None = None


class ElastiCacheGlobal(Part):
    group: Text
    gate: bool = False


class Cache(OneOf):
    elasticache_global: ElastiCacheGlobal | None = None


class DynamoDbGlobal(Part):
    table: Text
    gate: bool = False


class Table(OneOf):
    dynamodb_global: DynamoDbGlobal | None = None


class AppConfigFlags(Part):
    """A configuration profile of AppConfig by its names, the same in each region."""

    application: Text
    environment: Text
    profile: Text


class Parameters(Part):
    paths: tuple[Text, ...] = ()
    flags: Text | None = None
    appconfig: tuple[AppConfigFlags, ...] = ()


class Sized(Part):
    """Counts at work (`active`) and in waiting (`standby`)."""

    active: Count = Field(ge=1)
    standby: Count = Field(ge=0)


class EcsService(Sized):
    cluster: Text
    service: Text


class AutoScalingGroup(Sized):
    group: Text


class EksNodegroup(Sized):
    cluster: Text
    nodegroup: Text


class AuroraReaders(Sized):
    clusters: PerRegion


class Capacity(OneOf):
    ecs: EcsService | None = None
    autoscaling: AutoScalingGroup | None = None
    eks_nodegroup: EksNodegroup | None = None
    aurora_readers: AuroraReaders | None = None


class LambdaEventSource(Part):
    function: Text


class EventBridgeRule(Part):
    rule: Text
    bus: Text = "default"


class EventBridgeSchedule(Part):
    schedule: Text
    group: Text = "default"


class EcsPoller(Part):
    cluster: Text
    service: Text
    count: Count = Field(default=1, ge=1)


class Consumer(OneOf):
    lambda_event_source: LambdaEventSource | None = None
    eventbridge_rule: EventBridgeRule | None = None
    eventbridge_schedule: EventBridgeSchedule | None = None
    ecs_poller: EcsPoller | None = None


Segment = Literal["prepare", "fence", "promote", "switch", "verify"]


class CustomStep(Part):
    name: AppName
    after: Segment = "promote"
    timeout: Duration = timedelta(minutes=5)


class CustomLambda(CustomStep):
    function: Text
    verify: Text | None = None
    undo: Text | None = None


class CustomSsmDocument(CustomStep):
    document: Text
    verify: Text | None = None
    undo: Text | None = None


class CustomWebhook(CustomStep):
    url: Url
    verify: Url | None = None
    undo: Url | None = None


class Custom(OneOf):
    lambda_: CustomLambda | None = Field(default=None, alias="lambda")
    ssm_document: CustomSsmDocument | None = None
    webhook: CustomWebhook | None = None


class HttpWriteRead(Part):
    url: Url


class Verify(OneOf):
    http_write_read: HttpWriteRead | None = None


class Application(Part):
    primary: Region
    standby: tuple[Region, ...] = Field(min_length=1)
    account: Account | None = None
    depends_on: tuple[AppName, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    canary: Canary | None = None
    database: Database | None = None
    storage: tuple[Storage, ...] = ()
    cache: tuple[Cache, ...] = ()
    tables: tuple[Table, ...] = ()
    secrets: tuple[Text, ...] = ()
    parameters: Parameters = Parameters()
    keys: tuple[Text, ...] = ()
    capacity: tuple[Capacity, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    custom: tuple[Custom, ...] = ()
    verify: tuple[Verify, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Primary first, then the standbys in the order of the file."""
        return (self.primary, *self.standby)


class Topology(Part):
    """The whole file. Cross-checks between its parts are in `check.py`."""

    version: Literal[1]
    residency: Residency
    control_region: Region
    objectives: Objectives = Objectives()
    detection: Detection = Detection()
    slack: SlackChannels
    people: tuple[Person, ...] = ()
    approval: Approval
    schedule: Schedule = Schedule()
    budget: Budget | None = None
    audit: Audit = Audit()
    runbook: Runbook = Runbook()
    applications: dict[AppName, Application] = Field(min_length=1)
