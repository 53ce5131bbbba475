"""Builds `dr.evacuation-plan/1`: what an evacuation would take along, in which waves, and what would stay."""

from typing import Literal

from pydantic import Field

from dr_core.evacuation.survey import Survey
from dr_core.evacuation.waves import without
from dr_core.reports.evacuation import LeftBehind, left_view
from dr_core.reports.model import FindingView, PlanReport
from dr_core.reports.plan import proposal_report
from dr_core.topology.model import Topology
from dr_core.value import Shown


class PlannedMember(Shown):
    """One application, with the plan that its request would ask for. `after`: what has to arrive before it starts;
    `without`: what it needs and would stay behind."""

    application: str
    wave: int
    after: tuple[str, ...]
    without: tuple[str, ...]
    plan: PlanReport


class EvacuationPlan(Shown):
    """`blocking`: the findings that keep applications in the region and can be overridden, each once."""

    schema_: Literal["dr.evacuation-plan/1"] = Field(default="dr.evacuation-plan/1", alias="schema")
    source: str
    target: str
    mode: str
    required_acks: int | None
    members: tuple[PlannedMember, ...]
    left: tuple[LeftBehind, ...]
    blocking: tuple[FindingView, ...]


def evacuation_plan(topology: Topology, found: Survey) -> EvacuationPlan:
    """Nothing is changed by looking. `required_acks` None: nothing can go."""
    return EvacuationPlan(
        source=found.source,
        target=found.target,
        mode=found.mode.value,
        required_acks=max((one.proposal.plan.policy.required for one in found.going), default=None),
        members=tuple(
            PlannedMember(
                application=one.application,
                wave=one.wave,
                after=one.after,
                without=without(topology, one.application, one.after, found.left),
                plan=proposal_report(one.proposal),
            )
            for one in found.going
        ),
        left=tuple(left_view(one) for one in found.left),
        blocking=tuple(FindingView.model_validate(finding) for finding in found.blocking),
    )
