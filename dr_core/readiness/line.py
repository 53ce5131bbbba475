"""The last preflight of an application in one line of its status: counted, with its age, and the worst finding."""

from datetime import datetime

from dr_core.observation.age import age_s
from dr_core.plan.step import Severity
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.store import readiness
from dr_core.store.engine import Tx
from dr_core.value import Shown

OLD_AFTER_S = 7200.0
"""A preflight is made every ten minutes, and one may be cut short; what is older than this says nothing about now."""
UNPROVEN = frozenset({"never-rehearsed", "drill-not-passed", "drill-overdue"})
"""Findings that stop no failover, and with which nobody calls an application ready."""


class ReadinessLine(Shown):
    """What the last preflight found, counted. `age_seconds` None: none was made, or its time is yet to come: `reason`
    says so."""

    ready: bool | None
    blocking: int
    warnings: int
    unknown: int
    worst: str
    at: datetime | None
    age_seconds: float | None
    reason: str = ""


def readiness_line(tx: Tx, application: str, now: datetime) -> ReadinessLine:
    return counted(readiness.get(tx, application), now)


def counted(sheet: Sheet | None, now: datetime, *, rehearsed: bool = True) -> ReadinessLine:
    """`ready` is None when nothing blocks and not everything could be asked, or it was asked too long ago. Pure.

    Nor is it ready while no drill has proven it, unless `rehearsed` is False: a drill does not ask for itself.
    A blocking finding of the active region itself counts as a warning: it stops no failover, only the way back.
    """
    if sheet is None:
        nothing = "no preflight was made yet"
        return ReadinessLine(
            ready=None, blocking=0, warnings=0, unknown=0, worst="", at=None, age_seconds=None, reason=nothing
        )
    found = [check for check in sheet.checks if check.state is CheckState.FINDING]
    blocking = sheet.hindering
    warnings = [check for check in found if check.severity is not Severity.INFO and check not in blocking]
    unknown = [check for check in sheet.checks if check.state is CheckState.UNKNOWN]
    old = age_s(sheet.at, now)
    reason = _doubt(sheet, old, unknown, rehearsed=rehearsed)
    return ReadinessLine(
        ready=False if blocking else None if reason else True,
        blocking=len(blocking),
        warnings=len(warnings),
        unknown=len(unknown),
        worst=next((check.message for check in (*blocking, *unknown, *warnings)), ""),
        at=sheet.at,
        age_seconds=old,
        reason=reason,
    )


def _doubt(sheet: Sheet, old: float | None, unknown: list[Check], *, rehearsed: bool) -> str:
    """Why a preflight without a blocking finding is no proof."""
    if old is None:
        return f"the last preflight is of a time that is yet to come ({sheet.at:%Y-%m-%d %H:%M}Z)"
    if old > OLD_AFTER_S:
        return f"the last preflight is {old / 3600:.1f} h old"
    if not sheet.complete:
        return "the last preflight was cut short at its time limit"
    if unknown:
        return f"{len(unknown)} of {len(sheet.checks)} checks could not be asked"
    unproven = (check.message for check in sheet.checks if _unproven(check))
    return next(unproven, "").rstrip(".") if rehearsed else ""


def _unproven(check: Check) -> bool:
    """What was never proven, or not for too long, may work: nobody knows."""
    return check.state is CheckState.FINDING and check.code in UNPROVEN
