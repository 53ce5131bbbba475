"""The readiness report, `dr.readiness/1`: everything the last preflight looked at, with the age of each answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.observation.age import age_s
from dr_core.plan.step import Severity
from dr_core.readiness.line import counted
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.reports.status import named
from dr_core.services import Services
from dr_core.store import readiness as store
from dr_core.store.engine import Tx
from dr_core.value import Shown

_ORDER = {Severity.BLOCKING: 0, Severity.WARNING: 1, Severity.INFO: 3}
_UNKNOWN = 2
_OK = 4


class CheckView(Shown):
    """One question and its answer, with how old it is when the report is made. `region` None: no single region.

    `age_seconds` None: its time is yet to come, since two clocks differ.
    """

    area: str
    code: str
    region: str | None
    subject: str
    state: Literal["ok", "finding", "unknown"]
    severity: Literal["blocking", "warning", "info"]
    message: str
    evidence: str
    way_out: str
    source: str
    checked_at: datetime
    age_seconds: float | None


class ApplicationReadiness(Shown):
    """`ready` None: nothing blocks, but not everything is known; `reason` says what is missing.

    `at` None: no preflight was made yet. `checks` are worst first.
    """

    name: str
    ready: bool | None
    reason: str
    at: datetime | None
    age_seconds: float | None
    duration_seconds: float | None
    complete: bool
    blocking: int
    warnings: int
    unknown: int
    ok: int
    checks: tuple[CheckView, ...]


class ReadinessReport(Shown):
    """All applications, or one."""

    schema_: Literal["dr.readiness/1"] = Field(default="dr.readiness/1", alias="schema")
    at: datetime
    applications: tuple[ApplicationReadiness, ...]


def readiness(services: Services, application: str | None = None) -> ReadinessReport:
    """From the store alone: the preflight is made by the workers, and nobody waits for it here."""
    now = services.clock.now()

    def work(tx: Tx) -> ReadinessReport:
        lines = tuple(_application(name, store.get(tx, name), now) for name in named(services, application))
        return ReadinessReport(at=now, applications=lines)

    return services.store.read(work)


def _application(name: str, sheet: Sheet | None, now: datetime) -> ApplicationReadiness:
    line = counted(sheet, now)
    checks = sorted(sheet.checks, key=_rank) if sheet else []
    return ApplicationReadiness(
        name=name,
        ready=line.ready,
        reason=line.reason,
        at=line.at,
        age_seconds=line.age_seconds,
        duration_seconds=sheet.duration_s if sheet else None,
        complete=sheet.complete if sheet else False,
        blocking=line.blocking,
        warnings=line.warnings,
        unknown=line.unknown,
        ok=sum(check.state is CheckState.OK for check in checks),
        checks=tuple(_view(check, now) for check in checks),
    )


def _rank(check: Check) -> tuple[int, str, str, str, str]:
    worst = {CheckState.OK: _OK, CheckState.UNKNOWN: _UNKNOWN}.get(check.state, _ORDER[check.severity])
    return (worst, check.area, check.code, check.region or "", check.subject)


def _view(check: Check, now: datetime) -> CheckView:
    return CheckView(
        area=check.area,
        code=check.code,
        region=check.region,
        subject=check.subject,
        state=check.state.value,
        severity=check.severity.value,
        message=check.message,
        evidence=check.evidence,
        way_out=check.way_out,
        source=check.source,
        checked_at=check.checked_at,
        age_seconds=None if (age := age_s(check.checked_at, now)) is None else round(age, 3),
    )


def unanswered(application: ApplicationReadiness) -> dict[tuple[str | None, str], tuple[CheckView, ...]]:
    """(region, reason) -> what could not be asked for it: a silent region is one line and not forty."""
    groups: dict[tuple[str | None, str], list[CheckView]] = {}
    for check in application.checks:
        if check.state == "unknown":
            silent = check.message.startswith("not asked")
            groups.setdefault((check.region, check.message if silent else f"{check.code}: {check.message}"), []).append(
                check
            )
    return {key: tuple(checks) for key, checks in groups.items()}
