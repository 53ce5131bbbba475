"""Exposure of a store over time: its samples in equal slices, the worst of each, unknown where none was measured."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from dr_core.observation.samples import Sample, exposure_series
from dr_core.value import Value

SLICES = 24
# CloudWatch measures once a minute: slices that are shorter would be empty in between.
SHORTEST_SLICE = timedelta(minutes=1)
LONGEST = timedelta(hours=6)
_SPANS = (timedelta(minutes=12), timedelta(hours=1), LONGEST)


class Curve(Value):
    """One store towards one region, oldest slice first. A point is the worst of its slice; None: none is known.

    Points are seconds of exposure, or for a store that is compared 0 for in step and 1 for not. `known` and `unknown`
    count the samples.
    """

    kind: str
    name: str
    region: str
    since: datetime
    until: datetime
    unit: Literal["s", "compared"]
    points: tuple[float | None, ...]
    known: int
    unknown: int


def span_of(samples: Sequence[Sample], now: datetime) -> timedelta:
    """The shortest span that holds all samples, so that a young store is not one dot at the edge."""
    oldest = min((sample.at for sample in samples), default=now)
    return next((span for span in _SPANS if now - oldest <= span), LONGEST)


def curve_of(kind: str, name: str, region: str, samples: Sequence[Sample], now: datetime, span: timedelta) -> Curve:
    """The curve of one store out of the samples of all."""
    since = now - span
    series = exposure_series(kind, name)
    mine = [s for s in samples if s.region == region and s.name == series and since <= s.at <= now]
    slices = min(SLICES, int(span / SHORTEST_SLICE))
    timed = any(sample.value is not None for sample in mine)
    worst: list[float | None] = [None] * slices
    known = 0
    for sample in mine:
        value = sample.value if timed else None if sample.ok is None else float(not sample.ok)
        if value is None:
            continue
        known += 1
        place = min(slices - 1, int((sample.at - since) / span * slices))
        before = worst[place]
        worst[place] = value if before is None else max(before, value)
    return Curve(
        kind=kind,
        name=name,
        region=region,
        since=since,
        until=now,
        unit="s" if timed else "compared",
        points=tuple(worst),
        known=known,
        unknown=len(mine) - known,
    )
