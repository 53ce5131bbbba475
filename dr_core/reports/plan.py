"""Builds `dr.plan/1`: a plan with its findings, exposure, planes and what its steps took before."""

from collections.abc import Mapping

from dr_core.approvals.open import Proposal
from dr_core.plan.estimate import at_least_s, estimate_plan, estimate_step
from dr_core.plan.step import Finding, Plan, Plane, Step
from dr_core.replication.exposure import StoreExposure, application_exposure
from dr_core.reports.model import FindingView, PlanReport, PlanStep

Durations = Mapping[str, tuple[float, ...]]


def proposal_report(proposal: Proposal) -> PlanReport:
    """What a failover would do now; nothing is changed by looking."""
    return plan_report(
        proposal.plan,
        findings=proposal.findings,
        stores=proposal.stores,
        durations=proposal.durations,
        loss_limit_s=proposal.loss_limit_s,
    )


def plan_report(
    plan: Plan,
    *,
    findings: tuple[Finding, ...],
    stores: tuple[StoreExposure, ...],
    durations: Durations,
    loss_limit_s: int | None,
) -> PlanReport:
    """A plan as a result. `durations`: seconds that finished steps of each kind took."""
    return PlanReport(
        digest=plan.digest(),
        mode=plan.mode.value,
        purpose=plan.purpose.value,
        application=plan.application,
        source=plan.source,
        target=plan.target,
        loss_limit_seconds=loss_limit_s,
        required_acks=plan.policy.required,
        overrides=plan.overrides,
        steps=tuple(_step(step, durations) for step in plan.steps),
        findings=tuple(FindingView.model_validate(finding) for finding in findings),
        exposure=stores,
        exposure_seconds=application_exposure(stores),
        estimate=estimate_plan(plan, dict(durations)),
        at_least_s=at_least_s(plan, dict(durations)),
        planes=planes(plan),
    )


def planes(plan: Plan) -> tuple[str, ...]:
    """What the plan leans on, the risky ones first: the failed region, then other control planes, then data planes."""
    used = sorted({(step.plane, step.home_region) for step in plan.steps}, key=lambda pair: _risk(plan, *pair))
    return tuple(_leaning(plan, plane, home) for plane, home in used)


def _risk(plan: Plan, plane: Plane, home: str | None) -> tuple[int, str, str]:
    rank = 0 if home == plan.source else 1 if plane is Plane.CONTROL else 2
    return rank, plane.value, home or ""


def _leaning(plan: Plan, plane: Plane, home: str | None) -> str:
    steps = [step for step in plan.steps if (step.plane, step.home_region) == (plane, home)]
    effort = ", best effort" if steps and all(step.best_effort for step in steps) else ""
    note = " (the region that is left)" if home == plan.source else ""
    count = f"{len(steps)} step{'' if len(steps) == 1 else 's'}"
    return f"{plane.value} plane of {home or 'no single region'}{note}: {count}{effort}"


def _step(step: Step, durations: Durations) -> PlanStep:
    return PlanStep(
        name=step.name,
        kind=step.kind,
        title=step.title,
        after=step.after,
        segment=step.segment.value,
        plane=step.plane.value,
        home_region=step.home_region,
        region=step.region,
        irreversible=step.irreversible,
        best_effort=step.best_effort,
        undo=step.undo,
        estimate=estimate_step(step, durations.get(step.kind, ())),
    )
