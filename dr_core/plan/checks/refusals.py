"""What no override lifts: a region outside residency, a target that is none, and the region that is active already."""

from dr_core.plan.checks.case import Case
from dr_core.plan.step import Finding, Severity


def findings(case: Case) -> tuple[Finding, ...]:
    return tuple(found for found in (_unknown(case), _not_allowed(case), _active(case)) if found is not None)


def _unknown(case: Case) -> Finding | None:
    if case.plan.target in case.app.regions:
        return None
    others = ", ".join(region for region in case.app.regions if region != case.plan.source)
    message = f"{case.plan.application} does not run in {case.plan.target}."
    return _refusal("unknown-target", message, f"Choose one of its regions: {others}.")


def _not_allowed(case: Case) -> Finding | None:
    allowed = case.topology.residency.allowed_regions
    if case.plan.target in allowed:
        return None
    message = f"{case.plan.target} is not an allowed region."
    return _refusal("region-not-allowed", message, f"residency.allowed_regions has {', '.join(allowed)}.")


def _active(case: Case) -> Finding | None:
    if case.plan.target != case.plan.source:
        return None
    others = ", ".join(region for region in case.app.regions if region != case.plan.target)
    message = f"{case.plan.target} is the active region of {case.plan.application} already."
    return _refusal("target-active", message, f"Choose another region: {others}.")


def _refusal(code: str, message: str, way_out: str) -> Finding:
    return Finding(code=code, severity=Severity.BLOCKING, message=message, way_out=way_out)
