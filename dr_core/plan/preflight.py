"""Everything that speaks against a plan, from the topology, the last observation and the last preflight. Pure."""

from datetime import datetime

from dr_core.observation.model import Observation
from dr_core.plan.checks import (
    capacity,
    consumers,
    copies,
    database,
    exposure,
    left_behind,
    planes,
    readiness,
    regions,
    support,
)
from dr_core.plan.checks.case import Case
from dr_core.plan.step import Finding, Plan, Severity
from dr_core.readiness.model import Sheet
from dr_core.topology.model import Topology

_ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)
_CHECKS = (regions, database, exposure, capacity, consumers, copies, left_behind, planes, support, readiness)


def preflight(
    topology: Topology,
    plan: Plan,
    observation: Observation | None,
    now: datetime,
    sheet: Sheet | None = None,
    *,
    new_round: bool = False,
) -> tuple[Finding, ...]:
    """Findings, the worst first; those that the plan overrides are among them. `now` is aware UTC.

    `sheet` is what the duty of the same name found last; nothing is asked of the world here. In a `new_round` what it
    holds only warns.
    """
    case = Case(topology, plan, observation, now, sheet, new_round)
    found = [finding for check in _CHECKS for finding in check.findings(case)]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))
