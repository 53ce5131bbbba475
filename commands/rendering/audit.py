"""The trail as lines."""

from collections.abc import Iterator
from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.words import clock, count, moment, plain
from dr_core.reports.audit import AuditExport, AuditList, AuditVerdict


def listing(report: AuditList, now: datetime) -> list[str]:
    if not report.events:
        return ["The trail holds no such event."]
    rows = [
        (clock(event.at, now), f"{event.chain}/{event.seq}", event.kind, plain(event.actor), plain(event.summary))
        for event in report.events
    ]
    return table(rows)


def verdict(report: AuditVerdict, now: datetime) -> list[str]:
    size = f"{count(report.events, 'event')} in {count(report.chains, 'chain')}"
    if report.ok:
        lines = [f"The trail is whole: {size}, every link and every head fit."]
    else:
        lines = wrap(f"THE TRAIL IS BROKEN at {plain(report.first_bad or 'an unnamed event')}; looked at {size}.", 0, 2)
    if report.anchors:
        at = f", the newest {report.newest_anchor} at {moment(report.newest_anchor_at, now)}"
        lines += wrap(f"{count(report.anchors, 'anchor')}{at}; signatures {plain(report.signatures)}.", 0, 2)
    lines += table((place.place, place.state, plain(place.detail)) for place in report.places)
    for loss in report.lost:
        lines += wrap(f"HISTORY WAS LOST: {plain(loss)}.", 0, 2)
    if not report.complete:
        lines.append("Not everything could be looked at; what is said above holds for the rest.")
    return lines + wrap(report.tail, 0, 2)


def export(report: AuditExport, _now: datetime) -> Iterator[str]:
    """One JSON object a line, as long as it takes: these lines are for programs."""
    for event in report.events:
        yield event.model_dump_json()
