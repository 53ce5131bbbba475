"""The health report as lines."""

from collections.abc import Iterable
from datetime import datetime

from commands.rendering import objectives as figures
from commands.rendering.lines import table, wrap
from commands.rendering.status import exposure, stores, waiting
from commands.rendering.words import ago, clock, moment, plain
from dr_core.observation.model import SignalState
from dr_core.reports.health import ApplicationHealth, HealthReport, RegionHealth
from dr_core.reports.model import FindingView
from dr_core.reports.whereabouts import at_work
from dr_core.span import duration


def health(report: HealthReport, now: datetime) -> list[str]:
    names = ", ".join(application.name for application in report.applications)
    seen = f"observed {moment(report.observed_at, now)}" if report.observed_at else "not everything was ever observed"
    head = f"all well: {names}" if report.all_well else "NOT ALL WELL"
    lines = wrap(f"Health at {clock(report.at)}: {head}; {seen}", 0, 2)
    lines += findings(report.findings, 0)
    for application in report.applications:
        lines += ["", *_application(application, now)]
    return lines


def _application(application: ApplicationHealth, now: datetime) -> list[str]:
    where = at_work(application)
    active = f"active in {where}" if where else "active region UNKNOWN"
    reason = f" ({plain(application.active_reason)})" if application.active_reason else ""
    lines = wrap(f"{application.name}: {'well' if application.well else 'NOT WELL'}, {active}{reason}", 0, 2)
    for region in application.regions:
        lines += _region(region, now)
    lines += stores(application.stores)
    lines += wrap(exposure(application.exposure_seconds, application.exposure_reason), 2, 2)
    if application.performance:
        lines += wrap(f"over time, counted {moment(application.performance[0].until, now)}:", 2, 2)
        lines += figures.performance(application.performance)
    lines += figures.objectives(application.objectives, now)
    lines += waiting(application.requests, now)
    return lines + findings(application.findings, 2)


def _region(region: RegionHealth, now: datetime) -> list[str]:
    since = f" since {moment(region.since, now)}" if region.since else ""
    lines = wrap(f"{region.region} ({region.role}): {region.verdict.value.upper()}{since}", 2, 2)
    for reason in region.reasons[:1] if region.signals else region.reasons:  # the others are the signals below
        lines += wrap(f"because {plain(reason.removeprefix(f'{region.verdict.value}: '))}", 4, 2)
    rows = [
        (
            "ok" if signal.state is SignalState.OK else signal.state.value.upper(), f"{signal.component} {signal.name}",
            "" if signal.latency_ms is None else duration(signal.latency_ms / 1000), ago(signal.observed_at, now),
            signal.vantage.value, plain(signal.detail),
        )
        for signal in region.signals
    ]  # fmt: skip
    return lines + table(rows, 4)


def findings(found: Iterable[FindingView], indent: int) -> list[str]:
    """Each finding with its evidence and its way out."""
    lines = []
    for finding in found:
        lines += wrap(f"{finding.severity.upper()} {finding.code}: {plain(finding.message)}", indent, 2)
        if finding.evidence:
            lines += wrap(f"evidence: {plain(finding.evidence)}", indent + 4, 2)
        if finding.way_out:
            lines += wrap(f"way out: {plain(finding.way_out)}", indent + 4, 2)
    return lines
