"""A plan before anybody acts on it: steps, planes, findings, exposure with age, estimate, digest."""

from bot.views import exposure
from bot.views import message as m
from bot.views.health import findings
from bot.views.text import counted, limit, short
from commands.rendering.words import how_long
from dr_core.reports.model import Estimate, PlanReport, PlanStep

_LINES_A_BLOCK = 8


def plan(report: PlanReport) -> m.Message:
    """`/dr plan`: everything, and nothing changed."""
    told = f"Plan: {report.mode} failover of {report.application} from {report.source} to {report.target}"
    return m.message(f"{told}; nothing was changed", m.header(told), facts(report), *details(report))


def facts(report: PlanReport) -> m.Block:
    """The numbers that people decide by."""
    return m.fields(
        [
            ("From, to", f"{report.source} to {report.target}"),
            ("Loss limit", limit(report.loss_limit_seconds)),
            ("Exposure", how_long(report.exposure_seconds)),
            ("Takes", estimate(report.estimate)),
            ("Leans on", ", ".join(report.planes) or "nothing"),
            ("Digest", short(report.digest)),
        ]
    )


def details(report: PlanReport) -> list[m.Block]:
    """Findings, stores and steps."""
    blocks = findings(report.findings)
    if report.exposure:
        blocks.append(m.lines([exposure.line(store) for store in exposure.worst_first(report.exposure)[:10]]))
    return [*blocks, *step_lines(report)]


def step_lines(report: PlanReport) -> list[m.Block]:
    """Every step in its order, with its plane, home and estimate."""
    texts = [_step_line(number, step) for number, step in enumerate(report.steps, 1)]
    return [m.lines(texts[start : start + _LINES_A_BLOCK]) for start in range(0, len(texts), _LINES_A_BLOCK)]


def estimate(value: Estimate) -> str:
    """`about 8 min (median of 12, p90 9 min)`, or where the figure comes from when nothing was measured."""
    if value.median_s is None:
        return f"unknown ({value.source})" if value.source else "unknown"
    if value.samples == 0:
        return f"about {how_long(value.median_s)} (not measured here; {value.source})"
    p90 = f", 90 % within {how_long(value.p90_s)}" if value.p90_s is not None else ""
    return f"about {how_long(value.median_s)} (median of {counted(value.samples, 'measurement')}{p90})"


def _step_line(number: int, step: PlanStep) -> str:
    home = f"{step.plane} plane" + (f" of {step.home_region}" if step.home_region else "")
    marks = [home, f"takes {estimate(step.estimate)}"]
    marks += ["best effort"] if step.best_effort else []
    marks += ["cannot be undone"] if step.irreversible else []
    return f"{number}. {step.title} ({', '.join(marks)})"
