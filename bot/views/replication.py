"""The replication report: every store with value, threshold and age, then the last hours and figures of each."""

from bot.views import exposure
from bot.views import message as m
from bot.views.text import counted, date, escape
from commands.rendering.curves import curve_line
from commands.rendering.figures import figure_line
from commands.rendering.words import age, how_long, in_step
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.listing import ApplicationReplication, ReplicationReport
from dr_core.reports.whereabouts import at_work

# A message holds fifty blocks, and so many characters in all of them; the rest stays to be read in a terminal.
_ROOM_FOR_ENDS = 300
_MOST_STORES = 24
_MOST_FIGURES = 14


def replication(report: ReplicationReport, note: str = "") -> m.Message:
    """`/dr replication` and the scheduled report."""
    several = len(report.applications) > 1
    rows = [
        exposure.row(store, app.name if several else None)
        for app in report.applications
        for store in exposure.worst_first(app.stores)
    ]
    told = [_application(app) for app in report.applications]
    table = [m.table(exposure.HEAD, rows, right=exposure.RIGHT)] if rows else []
    head = [m.header("Replication"), m.lines(told), *table]
    after = [m.context(f"As of {date(report.at)}"), *([m.context(escape(note))] if note else [])]
    room = m.LONGEST_BLOCKS - m.characters(head) - _ROOM_FOR_ENDS
    return m.message("; ".join(told), *head, *_details(report, several, room), *after)


def _application(app: ApplicationReplication) -> str:
    why = f" ({app.reason})" if app.reason and app.exposure_seconds is None else ""
    seen = f"observed {age(app.age_seconds)} before" if app.age_seconds is not None else "never observed"
    lost = f"exposure {how_long(app.exposure_seconds)}{why}"
    return f"{app.name}: active in {at_work(app) or 'unknown'}, {lost}, {seen}"


def _details(report: ReplicationReport, several: bool, room: int) -> list[m.Block]:
    """One block a store, the worst of each application first."""
    found = [(app, store) for app in report.applications for store in exposure.worst_first(app.stores)]
    shown: list[m.Block] = []
    for app, store in found[:_MOST_STORES]:
        made = m.lines(_store(report, app, store, several))
        room -= m.characters(made)
        if room < 0:
            break
        shown.append(made)
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
    figures = [
        f"\N{BULLET} {figure_line(figure, report.at, under=store.source)}"
        for figure in store.figures
        if figure.value != 0 or not in_step(store)  # none missing, none failed: it is said already
    ]
    cut = [f"\N{BULLET} and {counted(len(figures) - _MOST_FIGURES, 'more figure')}"] if _longer(figures) else []
    return [f"{head} towards {store.region}, {source}", *curves, *figures[:_MOST_FIGURES], *cut]


def _longer(figures: list[str]) -> bool:
    return len(figures) > _MOST_FIGURES
