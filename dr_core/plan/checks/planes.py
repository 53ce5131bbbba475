"""What the plan leans on: the failed region, us-east-1, and caches that outlive a change of records."""

from dr_core.plan.checks.case import US_EAST_1, Case, info, warning
from dr_core.plan.step import Finding, Plane, Step

_LONGEST_TTL_S = 30


def findings(case: Case) -> tuple[Finding, ...]:
    found = [_us_east_1(case), _source(case), _ttl(case)]
    return tuple(finding for finding in found if finding is not None)


def _us_east_1(case: Case) -> Finding | None:
    steps = [step for step in case.plan.steps if step.home_region == US_EAST_1 and step.plane is Plane.CONTROL]
    if not steps or not case.forced:
        return None
    message = "The plan leans on us-east-1: the control plane of Route 53 lives there alone."
    way_out = "A switch by take-over object needs no control plane." if _switches(steps) else ""
    return warning("leans-on-us-east-1", message, evidence=_names(steps), way_out=way_out)


def _source(case: Case) -> Finding | None:
    steps = [step for step in case.plan.steps if step.home_region == case.plan.source]
    if not steps or not case.forced:
        return None
    longest = max(step.deadline_s for step in steps)
    message = (
        f"The plan leans on {case.plan.source}, the region that is given up, for {_names(steps)}; "
        f"that is tried for at most {longest:g} s and then in the background."
    )
    return info("leans-on-source", message, evidence=f"{len(steps)} of {len(case.plan.steps)} steps")


def _ttl(case: Case) -> Finding | None:
    if case.fresh is None:
        return None
    slow = [t for t in case.fresh.traffic if t.ttl_s is not None and t.ttl_s > _LONGEST_TTL_S]
    if not slow:
        return None
    message = "Resolvers may keep the old answer for longer than the recommended time."
    evidence = ", ".join(f"{state.name}: TTL {state.ttl_s} s, at most {_LONGEST_TTL_S} s" for state in slow)
    return warning("ttl-high", message, evidence=evidence, way_out="Lower the TTL of the records.")


def _switches(steps: list[Step]) -> bool:
    return any(step.segment.value == "switch" for step in steps)


def _names(steps: list[Step]) -> str:
    return ", ".join(step.name for step in steps)
