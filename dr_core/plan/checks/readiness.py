"""What the last preflight found against the target, with its age: nobody waits for a new one, and silence is told."""

from datetime import timedelta

from dr_core.plan.checks.case import Case, warning
from dr_core.plan.step import Finding, Severity
from dr_core.readiness.model import Check

OLDEST = timedelta(hours=2)
_ASKED_LIVE = frozenset({"target-headless", "engine-versions-differ"})
"""What the plan's own checks read from a fresh observation, which is newer than any sheet."""
_OF_CALLS = "permission:"
"""Codes about calls of one mode, which a plan of the other never makes."""
_LISTED = 4


def findings(case: Case) -> tuple[Finding, ...]:
    sheet = case.sheet
    if sheet is None:
        message = f"No preflight of {case.plan.application} was made yet: what it would find is not known."
        return (
            warning("readiness-unknown", message, way_out="Check that a worker runs; `readiness` shows its findings."),
        )
    age = case.now - sheet.at
    found = []
    if age > OLDEST:
        message = f"The last preflight of {case.plan.application} is too old to rely on."
        evidence = f"made {_ago(age)} ago, at most {_ago(OLDEST)}"
        found.append(warning("readiness-old", message, evidence=evidence, way_out="Check that a worker runs."))
    by_code: dict[tuple[str, bool], list[Check]] = {}
    for check in sheet.blocking:
        concerns = check.mode in (None, case.plan.mode)
        if check.region not in (None, case.plan.target) or _newer_known(case, check):
            continue
        if concerns or not check.code.startswith(_OF_CALLS):
            by_code.setdefault((check.code, concerns), []).append(check)
    return (*found, *(_finding(case, code, checks, stops) for (code, stops), checks in by_code.items()))


def _newer_known(case: Case, check: Check) -> bool:
    return check.code in _ASKED_LIVE and case.fresh is not None and case.fresh.database is not None


def _finding(case: Case, code: str, checks: list[Check], concerns: bool) -> Finding:
    """One finding a code: an override names the code, and lets all of them pass.

    What would stop the other mode alone stops nothing here, and is told: whoever goes on has read it.

    In a new round it only warns: a plan that went through once takes no more overrides, and what the background found
    meanwhile must not end a request, or a run that waits for its round. Those who acknowledge it read it first.
    """
    stops = concerns and (not case.new_round or code in case.plan.overrides)
    first, *others = checks
    oldest = min(check.checked_at for check in checks)
    more = f" And {len(others)} more like it." if others else ""
    seen = [first.evidence, *(check.message for check in others[:_LISTED])]
    evidence = "; ".join(part for part in seen if part)
    age = f"preflight, seen {_ago(case.now - oldest)} ago"
    return Finding(
        code=code,
        severity=Severity.BLOCKING if stops else Severity.WARNING,
        message=f"{first.message}{more}",
        evidence=f"{evidence} ({age})" if evidence else age,
        way_out=first.way_out if concerns else first.way_out.partition(" To go on all the same:")[0],
    )


def _ago(age: timedelta) -> str:
    seconds = max(0.0, age.total_seconds())
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
