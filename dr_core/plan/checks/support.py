"""What the topology asks for and the target lacks: said before, never just left out."""

from collections.abc import Iterator

from dr_core.plan.canary import LEAVE_OUT, CanaryPlan, canary_plan
from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.move import Move
from dr_core.plan.step import Finding, Purpose, Segment
from dr_core.plan.traffic_switch import traffic_switch


def findings(case: Case) -> tuple[Finding, ...]:
    return (*_target_lacks(case), *_unverified(case), *_canary(case))


def _target_lacks(case: Case) -> Iterator[Finding]:
    target, app = case.plan.target, case.app
    database = app.database
    if database is not None and target not in database.value.parts:
        message = f"The topology names no part of {database.value.label} in {target}: nothing would be promoted."
        way_out = f"Name it under database.{database.kind}."
        yield blocking("target-not-configured:database", message, way_out=way_out)
    move = Move(case.plan.application, app, case.plan.source, target, case.plan.mode)
    switchable = any(
        entry.arc_routing_controls or entry.route53_records or entry.standby_takes_over for entry in app.traffic
    )
    if switchable and traffic_switch(move).empty:
        message = f"No configured way sends traffic from {case.plan.source} to {target}."
        yield blocking(
            "target-not-configured:traffic", message, way_out="Name a routing control, a record or a bucket for it."
        )


def _unverified(case: Case) -> Iterator[Finding]:
    if any(step.segment is Segment.VERIFY for step in case.plan.steps):
        return
    message = f"Nothing of {case.plan.application} can be verified: no write probe, health check, record or database."
    yield blocking("no-verification", message, way_out="Configure verify or health.")


def _canary(case: Case) -> Iterator[Finding]:
    """A share that was asked for and cannot be sent, and what it meets in a region that does not write yet."""
    plan = case.plan
    if plan.purpose is Purpose.ROLLBACK:
        return  # it goes back to what has served: nothing is tried out
    planned = canary_plan(Move(plan.application, case.app, plan.source, plan.target, plan.mode, plan.overrides))
    if planned == "":
        return
    if isinstance(planned, str):
        message = f"No canary is held, all traffic moves at once: {planned}."
        yield warning("canary-not-held", message, way_out="See `canary` in the configuration's page, or leave it out.")
        return
    yield from _elsewhere(case, planned)
    if case.app.database is not None:
        share = f"{planned.canary.percent} % of the users"
        message = (
            f"For {planned.canary.hold.total_seconds():g} s, {share} meet a database in {plan.target} that only reads."
        )
        yield warning(
            "canary-reads-only", message,
            way_out="Let the standby write to the writer's endpoint, or forward its writes; else their writes fail.",
        )  # fmt: skip


def _elsewhere(case: Case, planned: CanaryPlan) -> Iterator[Finding]:
    """`canary-start` takes a share from a source that has everybody. After half a move the records lead elsewhere."""
    source, percent = case.plan.source, planned.canary.percent
    begun = {source: 100 - percent, case.plan.target: percent}
    names = {entry.name for entry in planned.records}
    for state in case.fresh.traffic if case.fresh is not None else ():
        on = {region: weight for region, weight in (state.weights or {}).items() if weight}
        if state.name in names and on and set(on) != {source} and on != begun:
            stand = ", ".join(f"{region} {weight}" for region, weight in on.items())
            message = f"No canary can begin: not everybody is sent to {source} by {state.name}."
            yield blocking(LEAVE_OUT, message, evidence=stand, way_out=f"Give {source} all of the weight first.")
            return
