"""Whether consumers stand as the plan presumes: on in the source, off in the target, and in no third region."""

from collections.abc import Iterator

from dr_core.consumers.consumption import Consumption, consumptions
from dr_core.consumers.port import consumer_name
from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.kinds.verify_consumers import ELSEWHERE
from dr_core.plan.step import Finding


def findings(case: Case) -> tuple[Finding, ...]:
    if case.fresh is None or not case.app.consumers or case.app.active_active:
        return ()  # where every region serves, a plan stops and starts none of them (left_behind.py)
    seen = {(one.kind, one.name): one for one in consumptions(case.fresh.consumers)}
    found: list[Finding] = []
    for entry in case.app.consumers:
        one = seen.get((entry.kind, consumer_name(entry)), Consumption(entry.kind, consumer_name(entry), ()))
        found += _of(case, one)
    return tuple(found)


def _of(case: Case, one: Consumption) -> Iterator[Finding]:
    plan, evidence = case.plan, f"{one.evidence or 'nothing was seen'} (seen {case.age_s or 0:.0f} s ago)"
    third = [region for region in one.consuming if region not in (plan.source, plan.target)]
    if third:
        message = f"{one.name} is consumed in {', '.join(third)}, which the plan does not stop: two would consume."
        yield blocking(ELSEWHERE, message, evidence=evidence, way_out=f"Stop it in {', '.join(third)} first.")
    elif len(one.consuming) > 1:
        message = f"{one.sentence(None)}. The run stops it in {plan.source}."
        yield warning("two-consume", message, evidence=evidence, way_out=f"Better stop it in {plan.target} now.")
    elif not one.consuming and not one.unknown and one.states:
        message = f"No region consumes {one.name}; the run starts it in {plan.target}."
        yield warning("none-consumes", message, evidence=evidence, way_out="Find out first who stopped it, and why.")
    if _unseen(one, plan.target) or (not case.forced and _unseen(one, plan.source)):
        where = plan.target if _unseen(one, plan.target) else plan.source
        message = f"Whether {one.name} is consumed in {where} is not known."
        yield warning("consumers-not-observed", message, evidence=evidence)


def _unseen(one: Consumption, region: str) -> bool:
    return all(state.region != region or state.consumes is None for state in one.states)
