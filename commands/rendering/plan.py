"""A plan as lines."""

from datetime import datetime

from commands.rendering.health import findings
from commands.rendering.lines import wrap
from commands.rendering.status import exposure, stores
from commands.rendering.steps import LEGEND, facts, never_measured, whole
from commands.rendering.words import count, limit, move, plain, way
from dr_core.reports.model import PlanReport


def plan(report: PlanReport, _now: datetime) -> list[str]:
    head = f"Plan: {move(report)} of {report.application}, {way(report.source, report.target)}"
    lines = [*wrap(head), f"  digest {report.digest}"]
    lines += wrap(f"needs {count(report.required_acks, 'ack')}; loss limit {limit(report.loss_limit_seconds)}", 2, 2)
    lines += _takes(report)
    for plane in report.planes:
        lines += wrap(f"leans on {plain(plane)}", 2, 2)
    if report.overrides:
        lines += wrap(f"goes on in spite of: {', '.join(map(plain, report.overrides))}", 2, 2)
    return lines + _findings(report) + _exposure(report) + _steps(report)


def _findings(report: PlanReport) -> list[str]:
    return ["", "Findings", *findings(report.findings, 2)] if report.findings else ["", "Findings: none"]


def _exposure(report: PlanReport) -> list[str]:
    return ["", "Exposure", *stores(report.exposure), *wrap(exposure(report.exposure_seconds, ""), 2, 2)]


def _steps(report: PlanReport) -> list[str]:
    lines = ["", "Steps"]
    segment = ""
    for number, step in enumerate(report.steps, 1):
        if step.segment != segment:
            segment = step.segment
            lines += ["", f"  {segment}"]
        lines += wrap(f"{number:>2}. {plain(step.title)}", 2, 4)
        lines += wrap("; ".join(facts(step, report)), 6, 2)
    return [*lines, "", *wrap(LEGEND, 2)] if any(step.best_effort for step in report.steps) else lines


def _takes(report: PlanReport) -> list[str]:
    """The whole, and along which steps; else what was never measured."""
    unknown = never_measured(report)
    return wrap(f"takes {whole(report)}", 2, 2) + wrap(
        f"never measured: {unknown}" if unknown else report.estimate.source, 4, 2
    )
