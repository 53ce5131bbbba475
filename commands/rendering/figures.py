"""The figures of a store in words: value, age and source together, or unknown and why."""

from datetime import datetime

from commands.rendering.words import UNKNOWN, plain
from dr_core.observation.model import Figure
from dr_core.span import duration


def figure_line(figure: Figure, now: datetime, *, under: str = "") -> str:
    """`to-eu-west-1: latency 5 s, 1 m 10 s old (CloudWatch ReplicationLatency, eu-west-1)`.

    A source that stands above it already, `under`, is not said again.
    """
    source = f" ({plain(figure.source)})" if figure.source != under else ""
    why = f": {plain(figure.reason).rstrip('.')}" if figure.reason else ""
    if figure.value is None:
        return f"{name_of(figure)} {UNKNOWN}{why}{source}"
    age = "age unknown"
    if figure.measured_at is not None:
        age = f"{duration(max(0, round((now - figure.measured_at).total_seconds())))} old"
    return f"{name_of(figure)} {value_of(figure)}, {age}{source}{why}"


def name_of(figure: Figure) -> str:
    """`pending_bytes/RULE` -> `RULE: pending bytes`."""
    word, _, part = figure.name.partition("/")
    spoken = word.replace("_", " ")
    return f"{plain(part)}: {spoken}" if part else spoken


def value_of(figure: Figure) -> str:
    """The value with its unit, unless the name says it already; seconds as everywhere else."""
    if figure.value is None:
        return UNKNOWN
    if figure.unit == "s":
        return duration(figure.value)
    number = f"{figure.value:,.0f}" if figure.value == int(figure.value) else f"{figure.value:,.3g}"
    noun, _, rest = figure.unit.partition(" ")
    if noun in figure.name.partition("/")[0].split("_"):
        noun = ""
    elif figure.value == 1:
        noun = noun.removesuffix("s")
    return " ".join(part for part in (number, noun, rest) if part)
