"""The replication report: every store with value, threshold and age, then the last hours and figures of each."""

from bot.views import exposure
from bot.views import message as m
from bot.views.text import counted, date
from commands.rendering.curves import curve_line
from commands.rendering.figures import figure_line
from commands.rendering.words import how_long
from dr_core.reports.listing import ApplicationReplication, ReplicationReport
from dr_core.reports.model import StoreExposure

# A message holds fifty blocks, and Slack refuses one whose blocks are too long together (`msg_blocks_too_long`,
# without a published number); the rest stays to be read in a terminal.
_MOST_TEXT = 8000
_MOST_STORES = 24
_MOST_FIGURES = 14


def replication(report: ReplicationReport) -> m.Message:
    """`/dr replication`."""
    several = len(report.applications) > 1
    rows = [
        exposure.row(store, app.name if several else None)
        for app in report.applications
        for store in exposure.worst_first(app.stores)
    ]
    told = [_application(app) for app in report.applications]
    table = [m.table(exposure.HEAD, rows, right=exposure.RIGHT)] if rows else []
    return m.message(
        "; ".join(told),
        m.header("Replication"),
        m.lines(told),
        *table,
        *_details(report, several),
        m.context(f"As of {date(report.at)}"),
    )


def _application(app: ApplicationReplication) -> str:
    why = f" ({app.reason})" if app.reason and app.exposure_seconds is None else ""
    age = f"observed {how_long(app.age_seconds)} before" if app.age_seconds is not None else "never observed"
    return (
        f"{app.name}: active in {app.active_region or 'unknown'}, exposure {how_long(app.exposure_seconds)}{why}, {age}"
    )


def _details(report: ReplicationReport, several: bool) -> list[m.Block]:
    """One block a store, the worst of each application first."""
    found = [(app, store) for app in report.applications for store in exposure.worst_first(app.stores)]
    shown: list[m.Block] = []
    room = _MOST_TEXT
    for app, store in found[:_MOST_STORES]:
        texts = _store(report, app, store, several)
        room -= sum(map(len, texts))
        if room < 0:
            break
        shown.append(m.lines(texts))
    more = len(found) - len(shown)
    return [*shown, m.lines([f"and {counted(more, 'more store')}"])] if more else shown


def _store(report: ReplicationReport, app: ApplicationReplication, store: StoreExposure, several: bool) -> list[str]:
    head = f"{app.name}: {store.kind} {store.name}" if several else f"{store.kind} {store.name}"
    source = f"from {store.source}" + (f": {store.reason}" if store.reason and store.verdict == "ok" else "")
    curves = [
        curve_line(curve)
        for curve in app.curves
        if (curve.kind, curve.name, curve.region) == (store.kind, store.name, store.region)
    ]
    figures = [f"\N{BULLET} {figure_line(figure, report.at)}" for figure in store.figures]
    cut = [f"\N{BULLET} and {counted(len(figures) - _MOST_FIGURES, 'more figure')}"] if _longer(figures) else []
    return [f"{head} towards {store.region}, {source}", *curves, *figures[:_MOST_FIGURES], *cut]


def _longer(figures: list[str]) -> bool:
    return len(figures) > _MOST_FIGURES
