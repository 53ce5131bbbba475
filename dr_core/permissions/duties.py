"""What drills, releases, frozen applications, lost writes and the house's own duties take. Pure."""

from collections.abc import Iterator

from dr_core.audit.anchor import PREFIX as ANCHORS
from dr_core.freeze.port import parameter
from dr_core.permissions.model import Ground, House
from dr_core.plan.kind import Need
from dr_core.reconciliation.search import PREFIX as UNPLANNED
from dr_core.topology.model import Application

MARKED = ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")
"""What the marker of a frozen application takes, in each of its regions."""
CLONE = "dr-drill-*"
"""What a drill's own clusters and instances are called."""
GLOBAL_HOME = "us-east-1"


def clones(ground: Ground) -> Iterator[Need]:
    """A clone of each cluster, with an instance, and its end; tagged by the drill. AWS asks for what it is restored
    with, too: groups of subnets, parameters and options of whatever name."""
    database = ground.app.database
    if database is None or database.aurora_global is None:
        return
    for region, cluster in database.aurora_global.clusters.items():
        rds = f"arn:aws:rds:{region}:{ground.account}"
        clone, instance = f"{rds}:cluster:{CLONE}", f"{rds}:db:{CLONE}"
        groups = (f"{rds}:cluster-pg:*", f"{rds}:og:*", f"{rds}:subgrp:*")
        restored = (f"{rds}:cluster:{cluster.lower()}", clone, *groups)
        yield Need("rds:RestoreDBClusterToPointInTime", region, restored)
        yield Need("rds:CreateDBInstance", region, (instance, clone))
        yield Need("rds:AddTagsToResource", region, (clone, instance))
        yield Need("rds:DescribeDBClusters", region, (clone,))
        yield Need("rds:DeleteDBInstance", region, (instance,))
        yield Need("rds:DeleteDBCluster", region, (clone,))


def releases(ground: Ground) -> Iterator[Need]:
    """The pointer in each region, and both colours' artifacts in each bucket."""
    release = ground.app.release
    if release is None:
        return
    pointer = f"arn:aws:ssm:{{region}}:{ground.account}:parameter/{release.pointer.strip('/')}"
    yield from ground.each_region("ssm:GetParameter", pointer)
    yield from ground.each_region("ssm:PutParameter", pointer)
    for region, bucket in _first_buckets(ground.app):
        colours = tuple(f"arn:aws:s3:::{bucket}/{colour.prefix}*" for colour in release.colours.values())
        yield Need("s3:ListBucket", region, (f"arn:aws:s3:::{bucket}",))
        yield Need("s3:GetObject", region, colours)


def _first_buckets(app: Application) -> Iterator[tuple[str, str]]:
    for storage in app.storage:
        if storage.s3:
            yield from storage.s3.buckets.items()


def freeze(ground: Ground) -> Iterator[Need]:
    if not ground.app.active_active:
        marker = f"arn:aws:ssm:{{region}}:{ground.account}:parameter{parameter(ground.application)}"
        for action in MARKED:
            yield from ground.each_region(action, marker)


def lost_writes(ground: Ground) -> Iterator[Need]:
    """Snapshots that Aurora takes of what a failover lost, copied so that they stay."""
    database = ground.app.database
    for region, cluster in (database.aurora_global.clusters if database and database.aurora_global else {}).items():
        rds, name = f"arn:aws:rds:{region}:{ground.account}", cluster.lower()
        taken, kept = f"{rds}:cluster-snapshot:{UNPLANNED}{name}-*", f"{rds}:cluster-snapshot:dr-lost-writes-{name}-*"
        yield Need("rds:DescribeDBClusterSnapshots", region, (f"{rds}:cluster:{name}", taken, kept))
        yield Need("rds:CopyDBClusterSnapshot", region, (taken, kept))


def residency(ground: Ground) -> Iterator[Need]:
    """Where the buckets of anchors lie is looked at for each application, with its role."""
    for place in ground.topology.audit.anchors:
        yield Need("s3:ListBucket", place.region, (f"arn:aws:s3:::{place.bucket}",))


def posture(ground: Ground) -> Iterator[Need]:
    """Whether changes are recorded: an organization's trail is another account's."""
    yield from ground.each_region("cloudtrail:DescribeTrails")
    yield from ground.each_region("cloudtrail:GetTrailStatus", "arn:aws:cloudtrail:*:*:trail/*")


def simulation(ground: Ground) -> Iterator[Need]:
    """What a run would be allowed to do, asked of IAM about oneself."""
    yield Need("iam:SimulatePrincipalPolicy", None, (ground.identity,))


def account_health(ground: Ground) -> Iterator[Need]:
    yield Need("health:DescribeEvents", None)


def recorded(ground: Ground) -> Iterator[Need]:
    """What CloudTrail tells of our own calls, in every region where there may be any."""
    inside = (*ground.topology.residency.allowed_regions, ground.topology.control_region, GLOBAL_HOME)
    yield from (Need("cloudtrail:LookupEvents", region) for region in dict.fromkeys(inside))


def billing(ground: Ground) -> Iterator[Need]:
    """Cost Explorer's page names cost-optimization-hub:GetRecommendation as what listing depends on.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_costoptimizationhub.html
    """
    yield Need("ce:GetCostAndUsage", None)
    yield Need("ce:GetCostForecast", None)
    yield Need("cost-optimization-hub:ListRecommendations", None)
    yield Need("cost-optimization-hub:GetRecommendation", None)
    yield Need("budgets:ViewBudget", None, (f"arn:aws:budgets::{ground.account}:budget/*",))


# -- the house's own ---------------------------------------------------------------------------------------------------


def sealing(house: House) -> Iterator[Need]:
    """Anchors are put once, under a lock."""
    for place in house.topology.audit.anchors:
        for action in ("s3:PutObject", "s3:PutObjectRetention"):
            yield Need(action, place.region, (f"arn:aws:s3:::{place.bucket}/{ANCHORS}*",))


def verifying(house: House) -> Iterator[Need]:
    """Anchors are listed in all their versions, of which the oldest is read."""
    for place in house.topology.audit.anchors:
        yield Need("s3:ListBucketVersions", place.region, (f"arn:aws:s3:::{place.bucket}",))
        yield Need("s3:GetObjectVersion", place.region, (f"arn:aws:s3:::{place.bucket}/{ANCHORS}*",))


def printing(house: House) -> Iterator[Need]:
    for place in house.topology.runbook.buckets:
        pages = f"arn:aws:s3:::{place.bucket}/{place.prefix.strip('/')}/*"
        yield Need("s3:PutObject", place.region, (pages,))


def hearing(house: House) -> Iterator[Need]:
    queue = house.topology.detection.queue
    if queue is not None:
        arn = f"arn:aws:sqs:{queue.region}:{queue.account or house.account}:{queue.name}"
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
            yield Need(action, queue.region, (arn,))


def trying(house: House) -> Iterator[Need]:
    """A message of one's own through the first topic."""
    queue = house.topology.detection.queue
    if queue is not None and queue.topics:
        yield Need("sns:Publish", queue.topics[0].split(":")[3], (queue.topics[0],))


def assuming(house: House) -> Iterator[Need]:
    roles = {app.account.role_arn for app in house.topology.applications.values() if app.account}
    yield from (Need("sts:AssumeRole", None, (role,)) for role in sorted(roles))
