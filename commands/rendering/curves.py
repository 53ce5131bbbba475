"""A curve as one line of text: eight heights, a dot where nothing is known."""

from collections.abc import Sequence

from dr_core.reports.curves import Curve
from dr_core.span import duration

_HEIGHTS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"


def sparkline(points: Sequence[float | None], most: float | None = None) -> str:
    """One character a point, from the lowest height at 0 to the highest at `most`: the largest point if left out."""
    if most is None:
        most = max((point for point in points if point is not None), default=0.0)
    return "".join(_UNKNOWN if point is None else _height(point, most) for point in points)


def _height(point: float, most: float) -> str:
    if point <= 0 or most <= 0:
        return _HEIGHTS[0]
    return _HEIGHTS[min(len(_HEIGHTS) - 1, int(point / most * len(_HEIGHTS)))]


def curve_line(curve: Curve) -> str:
    """The curve, its span, its worst value, and how much of it is not known."""
    span = duration((curve.until - curve.since).total_seconds())
    known = [point for point in curve.points if point is not None]
    if not known:
        return f"{sparkline(curve.points)} last {span}: nothing was measured"
    worst = max(known)
    told = f"worst {duration(worst)}" if curve.unit == "s" else "not in step at times" if worst else "in step"
    samples = curve.known + curve.unknown
    unknown = f", {curve.unknown} of {samples} samples unknown" if curve.unknown else ""
    return f"{sparkline(curve.points)} last {span}: {told}{unknown}"
