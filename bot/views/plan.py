"""A plan before anybody acts on it: steps, planes, findings, exposure with age, estimate, digest."""

from bot.views import exposure
from bot.views import message as m
from bot.views.health import findings
from bot.views.text import counted, escape, limit, short
from commands.rendering.words import how_long
from dr_core.reports.model import Estimate, PlanReport, PlanStep

_LINES_A_BLOCK = 8


def plan(report: PlanReport) -> m.Message:
    """`/dr plan`: everything, and nothing changed."""
    told = f"Plan: {report.mode} failover of {report.application} from {report.source} to {report.target}"
    return m.message(f"{told}; nothing was changed", m.header(told), *facts(report), *details(report))


def facts(report: PlanReport) -> list[m.Block]:
    """The numbers that people decide by, and what the plan needs to be alive."""
    numbers = m.fields(
        [
            ("From", report.source),
            ("To", report.target),
            ("Exposure", how_long(report.exposure_seconds)),
            ("Loss limit", limit(report.loss_limit_seconds)),
            ("Takes", _takes(report)),
            ("Digest", short(report.digest)),
        ]
    )
    planes = [f"\N{BULLET} {escape(plane)}" for plane in report.planes] or ["nothing"]
    return [numbers, m.section("\n".join(["*Leans on*", *planes]))]


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


def step_title(number: int, step: PlanStep) -> str:
    """A step in as few words as people need who decide."""
    return f"{number}. {step.title}" + (" (cannot be undone)" if step.irreversible else "")


def estimate(value: Estimate) -> str:
    """`about 8 min (median of 12, p90 9 min)`, or where the figure comes from when nothing was measured."""
    if value.median_s is None:
        return f"unknown ({value.source})" if value.source else "unknown"
    if value.samples == 0:
        return f"about {how_long(value.median_s)} ({value.source})"
    if value.samples == 1:
        return f"about {how_long(value.median_s)} (measured once)"
    p90 = f", 90 % within {how_long(value.p90_s)}" if value.p90_s is not None else ""
    return f"about {how_long(value.median_s)} (median of {value.samples} measurements{p90})"


def _takes(report: PlanReport) -> str:
    """The estimate in a few words; which steps were never measured stands in the details."""
    unmeasured = sum(1 for step in report.steps if step.estimate.median_s is None)
    if report.estimate.median_s is None and unmeasured:
        return f"unknown: {unmeasured} of {counted(len(report.steps), 'step')} never measured"
    return estimate(report.estimate)


def _step_line(number: int, step: PlanStep) -> str:
    home = f"{step.plane} plane" + (f" of {step.home_region}" if step.home_region else "")
    marks = [home, *([f"takes {estimate(step.estimate)}"] if step.estimate.median_s is not None else [])]
    marks += ["best effort"] if step.best_effort else []
    marks += ["cannot be undone"] if step.irreversible else []
    return f"{number}. {step.title} ({', '.join(marks)})"
