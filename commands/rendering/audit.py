"""The trail as lines."""

from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.words import clock, count, plain
from dr_core.reports.audit import AuditExport, AuditList, AuditVerdict


def listing(report: AuditList, now: datetime) -> list[str]:
    if not report.events:
        return ["The trail holds no such event."]
    rows = [
        (clock(event.at, now), f"{event.chain}/{event.seq}", event.kind, plain(event.actor), plain(event.summary))
        for event in report.events
    ]
    return table(rows)


def verdict(report: AuditVerdict, _now: datetime) -> list[str]:
    size = f"{count(report.events, 'event')} in {count(report.chains, 'chain')}"
    if report.ok:
        return [f"The trail is whole: {size}, every link and every head fit."]
    return wrap(f"THE TRAIL IS BROKEN at {plain(report.first_bad or 'an unnamed event')}; looked at {size}.", 0, 2)


def export(report: AuditExport, _now: datetime) -> list[str]:
    """One JSON object a line, as long as it takes: these lines are for programs."""
    return [event.model_dump_json() for event in report.events]
