"""The readiness report as lines."""

from collections.abc import Iterable
from datetime import datetime

from commands.rendering.lines import wrap
from commands.rendering.words import ago, count, moment, plain
from dr_core.reports.readiness import ApplicationReadiness, CheckView, ReadinessReport, unanswered
from dr_core.span import duration


def readiness(report: ReadinessReport, now: datetime) -> list[str]:
    lines: list[str] = []
    for application in report.applications:
        lines += [*([""] if lines else []), *_application(application, now)]
    return lines


def _application(application: ApplicationReadiness, now: datetime) -> list[str]:
    lines = wrap(f"{application.name}: {verdict(application)}", 0, 2)
    if application.at is None:
        return [*lines, *wrap("way out: check that a worker runs; `dr doctor` tells", 4, 2)]
    took = duration(application.duration_seconds or 0.0)
    cut = "" if application.complete else ", cut short"
    lines += wrap(f"preflight {moment(application.at, now)}, took {took}{cut}; {counts(application)}", 2, 2)
    for check in findings(application):
        lines += _finding(check, now)
    for (region, reason), checks in unanswered(application).items():
        where = f" in {region}" if region else ""
        lines += wrap(f"UNKNOWN{where}: {plain(reason)} ({named(checks)})", 2, 2)
    return lines


def verdict(application: ApplicationReadiness) -> str:
    """Ready, not ready, or why nobody can say."""
    if application.ready is None:
        return f"not known to be ready: {application.reason}"
    return "ready: nothing blocks a failover" if application.ready else "NOT READY: a failover would be blocked"


def counts(application: ApplicationReadiness) -> str:
    return (
        f"{application.blocking} blocking, {count(application.warnings, 'warning')}, "
        f"{application.unknown} unknown, {application.ok} ok"
    )


def findings(application: ApplicationReadiness) -> tuple[CheckView, ...]:
    return tuple(check for check in application.checks if check.state == "finding")


def named(checks: Iterable[CheckView], most: int = 3) -> str:
    """Which questions went unanswered: the first few by subject, then how many more."""
    subjects = list(dict.fromkeys(f"{check.area} {check.subject}" for check in checks))
    more = f" and {len(subjects) - most} more" if len(subjects) > most else ""
    return f"{', '.join(subjects[:most])}{more}"


def _finding(check: CheckView, now: datetime) -> list[str]:
    where = f" {check.region}" if check.region else ""
    lines = wrap(f"{check.severity.upper()} [{check.code}]{where}: {plain(check.message)}", 2, 2)
    if check.evidence:
        lines += wrap(f"evidence: {plain(check.evidence)}", 6, 2)
    lines += wrap(f"{plain(check.source)}, {ago(check.checked_at, now)}", 6, 2)
    if check.way_out:
        lines += wrap(f"way out: {plain(check.way_out)}", 6, 2)
    return lines
