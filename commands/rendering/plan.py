"""A plan as lines."""

from datetime import datetime

from commands.rendering.health import findings
from commands.rendering.lines import wrap
from commands.rendering.status import exposure, stores
from commands.rendering.words import count, duration, limit, plain, way
from dr_core.reports.model import Estimate, PlanReport, PlanStep


def plan(report: PlanReport, _now: datetime) -> list[str]:
    head = f"Plan: {report.mode} failover of {report.application}, {way(report.source, report.target)}"
    lines = [*wrap(head), f"  digest {report.digest}"]
    lines += wrap(f"needs {count(report.required_acks, 'ack')}; loss limit {limit(report.loss_limit_seconds)}", 2, 2)
    lines += wrap(f"estimate: {estimate(report.estimate)}", 2, 2)
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
    for number, step in enumerate(report.steps, 1):
        lines += wrap(f"{number:>2}. {step.segment:<8} {plain(step.title)}", 2, 13)
        lines += wrap(f"{step.plane} plane of {step.home_region or 'no single region'}{_marks(step)}", 15)
        lines += wrap(estimate(step.estimate), 15)
    return lines


def _marks(step: PlanStep) -> str:
    marks = (("best effort", step.best_effort), ("no way back", step.irreversible))
    return "".join(f", {word}" for word, said in marks if said)


def estimate(value: Estimate) -> str:
    """`about 8 m, 9 of 10 within 9 m (12 samples, ...)`, or why there is no figure."""
    if value.median_s is None:
        return f"unknown: {plain(value.source)}"
    p90 = f", 9 of 10 within {duration(value.p90_s)}" if value.p90_s is not None and value.samples > 1 else ""
    samples = f"{count(value.samples, 'sample')}, " if value.samples else ""
    return f"about {duration(value.median_s)}{p90} ({samples}{plain(value.source)})"
