"""The replication report as lines: exposure of every store, where it comes from, its figures and its last hours."""

from datetime import datetime

from commands.rendering.curves import curve_line
from commands.rendering.figures import figure_line
from commands.rendering.lines import table, wrap
from commands.rendering.status import exposure
from commands.rendering.words import age, clock, exposure_of, moment, plain
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.curves import Curve
from dr_core.reports.listing import ApplicationReplication, ReplicationReport
from dr_core.reports.whereabouts import at_work
from dr_core.span import duration


def replication(report: ReplicationReport, now: datetime) -> list[str]:
    lines = [f"Replication at {clock(report.at)}"]
    for application in report.applications:
        seen = f"observed {moment(application.observed_at, now)}" if application.observed_at else "never observed"
        found = at_work(application)
        where = f"active in {found}" if found else "active region UNKNOWN"
        lines += ["", f"{application.name}: {where}, {seen}"]
        lines += _stores(application, now)
        lines += wrap(exposure(application.exposure_seconds, application.reason), 2, 2)
    return lines


def _stores(application: ApplicationReplication, now: datetime) -> list[str]:
    """One row a store and region: value, threshold and age together; below it all that is known of it."""
    drawn = {(curve.kind, curve.name, curve.region): curve for curve in application.curves}
    rows = [_row(store) for store in application.stores]
    notes = [_notes(store, drawn.get((store.kind, store.name, store.region)), now) for store in application.stores]
    return table(rows, 2, notes)


def _row(store: StoreExposure) -> tuple[str, ...]:
    threshold = f"limit {duration(store.threshold_seconds)}{' (gate)' if store.gate else ''}"
    verdict = store.verdict if store.verdict == "ok" else store.verdict.upper()
    seen = f"age {age(store.age_seconds)}"
    return (f"{store.kind} {store.name}", f"to {store.region}", exposure_of(store), threshold, seen, verdict)


def _notes(store: StoreExposure, curve: Curve | None, now: datetime) -> list[str]:
    told = [plain(text) for text in (store.source, store.reason) if text]
    drawn = [curve_line(curve)] if curve is not None else []
    return [*told, *drawn, *(figure_line(figure, now, under=store.source) for figure in store.figures)]
