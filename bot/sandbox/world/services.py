"""Every service that the world plays itself, in one table; whatever is not here is moto's.

A new one is a file with a class as `bot.sandbox.world.ground.Service` says, and its line here: a table from (service,
operation) to a handler, whose docstring says in one line what it plays, and the address of AWS's pages. A handler gets
the call with the names of the API reference and returns an answer with the same names, or moto's answer
(`call.forward()`), perhaps changed; it refuses with AwsError. What takes time in AWS is put on `ground.timeline`; what
faults break is asked of `ground.faults`. What the topology names is filled in by the `seed_*` file that it belongs to.
"""

from bot.sandbox.world.alarms import Alarms
from bot.sandbox.world.api import Operations
from bot.sandbox.world.appconfig import AppConfigWorld
from bot.sandbox.world.application_autoscaling import ApplicationAutoScaling
from bot.sandbox.world.arc import Arc
from bot.sandbox.world.arc_config import ArcConfig
from bot.sandbox.world.automations import Automations
from bot.sandbox.world.autoscaling import AutoScaling
from bot.sandbox.world.bucket_policies import BucketPolicies
from bot.sandbox.world.budgets import Budgets
from bot.sandbox.world.clones import Clones
from bot.sandbox.world.cloudformation.looking import CloudFormationViews
from bot.sandbox.world.cloudformation.service import CloudFormation
from bot.sandbox.world.cloudfront import CloudFront
from bot.sandbox.world.cloudtrail import CloudTrail
from bot.sandbox.world.cloudwatch import CloudWatch
from bot.sandbox.world.cost_optimization_hub import CostOptimizationHub
from bot.sandbox.world.costs import Costs
from bot.sandbox.world.dynamodb import DynamoDb
from bot.sandbox.world.ecs import Ecs
from bot.sandbox.world.eks import Eks
from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.event_rules import EventRules
from bot.sandbox.world.event_sources import EventSourceMappings
from bot.sandbox.world.functions import Functions
from bot.sandbox.world.ground import Ground, Service
from bot.sandbox.world.health_events import HealthEvents
from bot.sandbox.world.identities import Identities
from bot.sandbox.world.kms import Kms
from bot.sandbox.world.object_lock import ObjectLock
from bot.sandbox.world.queues import Queues
from bot.sandbox.world.quotas import Quotas
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.rds_creation import RdsCreation
from bot.sandbox.world.rds_replicas import RdsReplicas
from bot.sandbox.world.readers import Readers
from bot.sandbox.world.route53 import Route53
from bot.sandbox.world.s3 import S3
from bot.sandbox.world.s3_batch import S3Batch
from bot.sandbox.world.schedules import Schedules
from bot.sandbox.world.secrets import Secrets
from bot.sandbox.world.simulation import Simulation
from bot.sandbox.world.snapshots import Snapshots
from bot.sandbox.world.tags import Tags

SERVICES: tuple[type[Service], ...] = (
    Alarms,
    AppConfigWorld,
    ApplicationAutoScaling,
    Arc,
    ArcConfig,
    Automations,
    AutoScaling,
    BucketPolicies,
    Budgets,
    Clones,
    CloudFormation,
    CloudFormationViews,
    CloudFront,
    CloudTrail,
    CloudWatch,
    CostOptimizationHub,
    Costs,
    DynamoDb,
    Ecs,
    Eks,
    ElastiCacheGlobal,
    EventRules,
    EventSourceMappings,
    Functions,
    HealthEvents,
    Identities,
    Kms,
    ObjectLock,
    Queues,
    Quotas,
    Rds,
    Readers,
    RdsReplicas,
    RdsCreation,
    Route53,
    S3,
    S3Batch,
    Schedules,
    Secrets,
    Simulation,
    Snapshots,
    Tags,
)


def operations(ground: Ground) -> Operations:
    """The handlers of all of them on one ground."""
    return {key: handler for kind in SERVICES for key, handler in ground.part(kind).operations().items()}
