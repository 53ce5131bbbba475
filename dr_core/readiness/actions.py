"""Which AWS actions each kind of step calls, and on which resource: what the permission check asks about. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from dr_core.permissions import duties, stores
from dr_core.permissions.model import Ground
from dr_core.plan.failover import build
from dr_core.plan.kind import Need
from dr_core.plan.step import Mode, Segment, Step
from dr_core.plan.steps import KINDS
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


def wanted(topology: Topology, name: str, source: str, account: str) -> dict[Wanted, tuple[Use, ...]]:
    """Every action of the planned and the forced plan from `source` to each other region, and what it is used for."""
    found: dict[Wanted, dict[Use, None]] = {}
    application, ground = topology.applications[name], Ground(topology, name, account, "")
    for target in application.regions:
        if target == source:
            continue
        for mode in Mode:
            plan = build(topology, name, source=source, target=target, mode=mode)
            for step in plan.steps:
                use = Use(target, mode, not step.best_effort and step.segment is not Segment.SETTLE)
                for one in _of(step, account):
                    found.setdefault(one, {})[use] = None
            for need, essential in _besides(ground, source, target, mode):
                for one in _wanted(need):
                    found.setdefault(one, {})[Use(target, mode, essential)] = None
    return {one: tuple(uses) for one, uses in found.items()}


def _besides(ground: Ground, source: str, target: str, mode: Mode) -> Iterator[tuple[Need, bool]]:
    """What is no step's: the freeze, lost writes of a forced run, and the reads without which it stands still."""
    yield from ((need, False) for need in duties.freeze(ground))
    if mode is Mode.FORCED:
        yield from ((need, False) for need in duties.lost_writes(ground) if need.region == source)
    known = OBSERVED[ground.app.database.kind] if ground.app.database else ()
    yield from ((need, True) for need in stores.database(ground) if need.action in known and need.region == target)


def _of(step: Step, account: str) -> tuple[Wanted, ...]:
    kind = KINDS[step.kind]
    return tuple(one for need in (kind.needs(step, account) if kind.needs else ()) for one in _wanted(need))


def _wanted(need: Need) -> tuple[Wanted, ...]:
    return tuple(Wanted(need.action, resource, need.region, need.context) for resource in need.resources)
