"""Which AWS actions each kind of step calls, and on which resource: what the permission check asks about. Pure."""

from dataclasses import dataclass

from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan, Segment, Step
from dr_core.plan.steps import KINDS
from dr_core.topology.model import Application, Topology


@dataclass(frozen=True)
class Wanted:
    """An action on a resource. `region` is where it is called, None for a global service."""

    action: str
    resource: str
    region: str | None


@dataclass(frozen=True)
class Use:
    """Where an action is needed. Not `essential`: the run goes on without it, as with what is best effort."""

    target: str
    mode: Mode
    essential: bool


OBSERVED = (
    "rds:DescribeGlobalClusters",
    "rds:DescribeDBClusters",
    "cloudwatch:GetMetricData",
)
"""Reads without which a run cannot tell where it stands, whatever its steps are."""


def wanted(topology: Topology, name: str, source: str, account: str) -> dict[Wanted, tuple[Use, ...]]:
    """Every action of the planned and the forced plan from `source` to each other region, and what it is used for."""
    found: dict[Wanted, dict[Use, None]] = {}
    application = topology.applications[name]
    for target in application.regions:
        if target == source:
            continue
        for mode in Mode:
            plan = build(topology, name, source=source, target=target, mode=mode)
            for step in plan.steps:
                use = Use(target, mode, not step.best_effort and step.segment is not Segment.SETTLE)
                for one in _of(step, plan, application, account):
                    found.setdefault(one, {})[use] = None
            if application.database and application.database.aurora_global:
                for action in OBSERVED:
                    found.setdefault(Wanted(action, "*", target), {})[Use(target, mode, True)] = None
    return {one: tuple(uses) for one, uses in found.items()}


def _of(step: Step, plan: Plan, application: Application, account: str) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(action, resource, region)
        for action in KINDS[step.kind].actions
        for region in (_region(action, step, plan),)
        for resource in _resources(action, region, plan, application, account)
    )


def _region(action: str, step: Step, plan: Plan) -> str | None:
    """Where it is called. How a parameter is kept (tier, key) is asked where it comes from."""
    if action.startswith("route53:"):
        return None
    return plan.source if action == "ssm:DescribeParameters" else step.home_region or step.region


def _resources(action: str, region: str | None, plan: Plan, application: Application, account: str) -> tuple[str, ...]:
    """ARNs as the service's authorization reference names them; `*` where an action knows no resource.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    service = action.partition(":")[0]
    database = application.database.aurora_global if application.database else None
    if action in ("rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster") and database:
        cluster = database.clusters.get(plan.target, "*")
        member = f"arn:aws:rds:{plan.target}:{account}:cluster:{cluster}"
        return (f"arn:aws:rds::{account}:global-cluster:{database.global_cluster}", member)
    if service == "ecs":
        return tuple(
            f"arn:aws:ecs:{region}:{account}:service/{entry.ecs.cluster}/{entry.ecs.service}"
            for entry in application.capacity
            if entry.ecs
        )
    if action in ("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"):
        zones = {entry.route53_records.hosted_zone for entry in application.traffic if entry.route53_records}
        return tuple(f"arn:aws:route53:::hostedzone/{zone}" for zone in sorted(zones))
    if service == "s3":
        switches = [entry.standby_takes_over for entry in application.traffic if entry.standby_takes_over]
        whole = action == "s3:ListBucket"
        return tuple(
            f"arn:aws:s3:::{bucket}" if whole else f"arn:aws:s3:::{bucket}/{switch.key}"
            for switch in switches
            for place, bucket in switch.bucket.items()
            if place == region
        )
    if service == "ssm" and action != "ssm:DescribeParameters":
        names = [*application.parameters.paths, *filter(None, [application.parameters.flags])]
        # A listing is of the path itself, everything else of what lies below it: policies are written for `path/*`.
        below = "" if action == "ssm:GetParametersByPath" else "/*"
        arns = (f"{name.strip('/')}{below if name.endswith('/') else ''}" for name in names)
        return tuple(f"arn:aws:ssm:{region}:{account}:parameter/{name}" for name in arns)
    return ("*",)
