"""Which AWS actions each kind of step calls, and on which resource: what the permission check asks about. Pure."""

from dataclasses import dataclass

from dr_core.freeze.port import parameter
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Segment, Step
from dr_core.plan.steps import KINDS
from dr_core.reconciliation import actions as lost_writes
from dr_core.topology.model import Topology


@dataclass(frozen=True)
class Wanted:
    """An action on a resource. `region` is where it is called, None for a global service; `context` as in `Need`."""

    action: str
    resource: str
    region: str | None
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Use:
    """Where an action is needed. Not `essential`: the run goes on without it, as with what is best effort."""

    target: str
    mode: Mode
    essential: bool


OBSERVED = {
    "aurora_global": ("rds:DescribeGlobalClusters", "rds:DescribeDBClusters", "cloudwatch:GetMetricData"),
    "rds_replica": ("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
}
"""Reads without which a run cannot tell where it stands, whatever its steps are."""


MARKED = ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")
"""What the marker of a frozen application takes, in each of its regions."""


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
                for one in _of(step, account):
                    found.setdefault(one, {})[use] = None
            for action in () if application.active_active else MARKED:
                for region in application.regions:
                    marker = f"arn:aws:ssm:{region}:{account}:parameter{parameter(name)}"
                    found.setdefault(Wanted(action, marker, region), {})[Use(target, mode, False)] = None
            for action, resource in lost_writes.needed(application, source, account) if mode is Mode.FORCED else ():
                found.setdefault(Wanted(action, resource, source), {})[Use(target, mode, False)] = None
            if application.database:
                for action in OBSERVED[application.database.kind]:
                    found.setdefault(Wanted(action, "*", target), {})[Use(target, mode, True)] = None
    return {one: tuple(uses) for one, uses in found.items()}


def _of(step: Step, account: str) -> tuple[Wanted, ...]:
    kind = KINDS[step.kind]
    return tuple(
        Wanted(need.action, resource, need.region, need.context)
        for need in (kind.needs(step, account) if kind.needs else ())
        for resource in need.resources
    )
