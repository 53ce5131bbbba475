"""Objectives, the proposed standby, readiness and figures over time: the same words on every face."""

import math
from collections.abc import Iterable
from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.words import aged, ago, count, plain
from dr_core.plan.target import TargetLine
from dr_core.readiness.line import ReadinessLine
from dr_core.reports.model import ObjectiveLine
from dr_core.reports.performance import PerformanceLine
from dr_core.span import duration

NAMES = {"rto": "RTO", "rpo": "RPO", "availability": "availability"}


def percent(value: float | None) -> str:
    """Cut after three places and never rounded up: 99.9996 is not 100."""
    return "unknown" if value is None else f"{math.floor(value * 1000 + 1e-6) / 1000:g} %"


def met(line: ObjectiveLine) -> str:
    if line.met is None:
        return "not measured" if line.reached is None else "unknown"
    return "met" if line.met else "MISSED"


def short(line: ObjectiveLine) -> str:
    """`RTO 8 m 3 s, met (objective 15 m)`; what was never measured says why in its place."""
    name, target = NAMES[line.name], _value(line, line.target)
    if line.reached is None:
        if line.met is not None:
            return f"{name} {'in step' if line.met else 'not in step'}, {met(line)} (objective {target})"
        because = f": {plain(line.reason)}" if line.reason else ""
        return f"{name} not measured (objective {target}){because}"
    basis = f"; {plain(line.basis)}" if line.basis else ""
    if line.met is None and line.reason:
        return f"{name} {_value(line, line.reached)}, {plain(line.reason)} (objective {target}{basis})"
    return f"{name} {_value(line, line.reached)}, {met(line)} (objective {target}{basis})"


def _value(line: ObjectiveLine, value: float) -> str:
    if line.unit == "%":
        return percent(value)
    return duration(value) if value else "none" if line.name == "rpo" else "0 s"


def objectives(found: Iterable[ObjectiveLine], now: datetime) -> list[str]:
    """Each with its method and age; those of single stores below the application's."""
    lines = []
    for line in found:
        at = f", {ago(line.measured_at, now)}" if line.measured_at is not None else ""
        named = f"{line.subject}: " if line.subject else ""
        lines += wrap(f"{named}{short(line)}", 4 if line.subject else 2, 2)
        if line.reached is not None:
            told = f"{plain(line.method)}{at}"
            lines += wrap(
                told + (f"; {plain(line.reason)}" if line.reason and line.met is not None else ""),
                8 if line.subject else 6,
                2,
            )
    return lines


def target(line: TargetLine) -> str:
    """Which standby would be proposed, and why."""
    if line.region is None:
        return plain(line.reason)
    return f"would be proposed now: {line.region} ({plain(line.reason)})"


def readiness(line: ReadinessLine) -> str:
    """What the last preflight found, counted, with its age; and why nobody may fail over, the worst of it."""
    if line.at is None:
        return f"readiness UNKNOWN: {plain(line.reason)}"
    word = {True: "ready", False: "NOT READY", None: "readiness UNKNOWN"}[line.ready]
    found = [f"{line.blocking} blocking"] if line.blocking else []
    found += [count(line.warnings, "warning")] if line.warnings else []
    found += [f"{line.unknown} unknown"] if line.unknown else []
    why = "; ".join(plain(text) for text in (line.reason, line.worst) if text) if not line.ready else ""
    told = ", ".join([word, *found, f"preflight {aged(line.age_seconds)}"])
    return f"{told}: {why}" if why else told


def performance(found: Iterable[PerformanceLine]) -> list[str]:
    """One row a region and window; nothing is there for what was never sampled."""
    return table([_row(line) for line in telling(found)], 4)


def telling(found: Iterable[PerformanceLine]) -> list[PerformanceLine]:
    """Without longer windows that hold nothing but what the shorter one does."""
    kept: dict[tuple[str, str, int], PerformanceLine] = {}
    for line in found:
        kept.setdefault((line.region, line.series, line.results), line)
    return list(kept.values())


def _row(line: PerformanceLine) -> tuple[str, ...]:
    return (
        line.window,
        line.region,
        line.series,
        f"p50 {_ms(line.p50_ms)}",
        f"p95 {_ms(line.p95_ms)}",
        f"errors {percent(line.error_rate)}",
        f"available {percent(line.availability)}",
        f"{count(line.results, 'sample')}, {duration(round(line.known_s))} known",
    )


def _ms(value: float | None) -> str:
    return "unknown" if value is None else duration(value / 1000)
