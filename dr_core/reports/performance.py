"""Response time, error rate and availability of an application's regions over time, as results."""

from datetime import datetime

from dr_core.objectives.availability import VERDICT
from dr_core.objectives.performance import History, Summary, Window
from dr_core.value import Value

SOURCE = "stored samples"


class PerformanceLine(Value):
    """One series of one region in one window. Milliseconds and percent; None where nothing was measured.

    `known_s`: for how long it was known; the rest of the window counts neither for nor against. `until`: when counted.
    """

    window: str
    region: str
    series: str
    p50_ms: float | None
    p95_ms: float | None
    error_rate: float | None
    availability: float | None
    results: int
    known_s: float
    since: datetime
    until: datetime
    source: str = SOURCE


def performance(history: History | None, regions: tuple[str, ...], now: datetime) -> tuple[PerformanceLine, ...]:
    """By window and region in the order of the file; of series with a result: of others there is nothing to say.

    Nor is there of figures that nobody counts any more: the line of the objective says since when.
    """
    if history is None or not history.current(now):
        return ()
    found = []
    for window in Window:
        span = history.span(window)
        for region in regions if span is not None else ():
            mine = {key: known for key, known in span.series.items() if key.startswith(f"{region}|")} if span else {}
            found += [
                _line(window, region, key.partition("|")[2], known, history)
                for key, known in sorted(mine.items())
                if known.results
            ]
    return tuple(found)


def _line(window: Window, region: str, name: str, found: Summary, history: History) -> PerformanceLine:
    span = history.span(window)
    assert span is not None
    return PerformanceLine(
        window=window.value,
        region=region,
        series=VERDICT if name == VERDICT else name.removeprefix("signal/"),
        p50_ms=found.p50_ms,
        p95_ms=found.p95_ms,
        error_rate=found.error_rate,
        availability=found.availability,
        results=found.results,
        known_s=found.known_s,
        since=span.since,
        until=span.until,
    )
