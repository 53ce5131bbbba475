"""Everything that speaks against a plan, from the topology, the last observation and the last preflight. Pure."""

from datetime import datetime
from types import ModuleType

from dr_core.observation.model import Observation
from dr_core.plan.checks import (
    capacity,
    consumers,
    copies,
    database,
    exposure,
    left_behind,
    lost_writes,
    planes,
    readiness,
    regions,
    rolled_back,
    support,
    way_home,
)
from dr_core.plan.checks.case import Case
from dr_core.plan.step import Finding, Plan, Purpose, Severity
from dr_core.readiness.model import Sheet
from dr_core.topology.model import Topology

_ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)
_CHECKS = (
    regions,
    rolled_back,
    database,
    lost_writes,
    way_home,
    exposure,
    capacity,
    consumers,
    copies,
    left_behind,
    planes,
    support,
    readiness,
)

# Of a rollback of an application that never left: nothing is moved, and its region is no target to get ready.
_AT_HOME = (regions, rolled_back, consumers)


def preflight(
    topology: Topology,
    plan: Plan,
    observation: Observation | None,
    now: datetime,
    sheet: Sheet | None = None,
    *,
    new_round: bool = False,
    unsigned: tuple[tuple[str, str], ...] = (),
    unknown_losses: tuple[str, ...] = (),
    unfenced: frozenset[str] = frozenset(),
    switched_off: str | None = None,
) -> tuple[Finding, ...]:
    """Findings, the worst first; those that the plan overrides are among them. `now` is aware UTC.

    `sheet` is what the duty of the same name found last; nothing is asked of the world here. In a `new_round` what it
    holds only warns. The rest as `Case` says.
    """
    case = Case(topology, plan, observation, now, sheet, new_round, unsigned, unknown_losses, unfenced, switched_off)
    found = [finding for check in _checks(plan) for finding in check.findings(case)]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def _checks(plan: Plan) -> tuple[ModuleType, ...]:
    stayed = plan.purpose is Purpose.ROLLBACK and not plan.leans_on(plan.source)
    return _AT_HOME if stayed else _CHECKS
