"""A plan before anybody acts on it: steps, planes, findings, exposure with age, estimate, digest."""

from itertools import groupby

from bot.views import exposure
from bot.views import message as m
from bot.views.health import findings
from bot.views.text import cut, escape, limit, short
from commands.rendering.steps import LEGEND, Line, facts, listed, marks, whole
from commands.rendering.words import how_long, move
from dr_core.reports.model import PlanReport

_LINES_A_BLOCK = 8
_MANY = 20
_LONGEST_TITLE, _SHORTEST_TITLE, _ROOM_FOR_MARKS = 150, 60, 45
_MOST_OF_STEPS = 8_000
"""Characters that a message has left for steps, beside findings, stores and acknowledgements."""
_SAID_OF = {
    "prepare": ": takes nothing away",
    "fence": ": all gates are asked right before it",
}


def plan(report: PlanReport) -> m.Message:
    """`/dr plan`: everything, and nothing changed."""
    told = f"Plan: {move(report)} of {report.application} from {report.source} to {report.target}"
    return m.message(f"{told}; nothing was changed", m.header(told), *summary(report), *details(report))


def summary(report: PlanReport) -> list[m.Block]:
    """The numbers that people decide by, and what the plan needs to be alive."""
    numbers = m.fields(
        [
            ("From", report.source),
            ("To", report.target),
            ("Exposure", how_long(report.exposure_seconds)),
            ("Loss limit", limit(report.loss_limit_seconds)),
            ("Takes", whole(report)),
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


def step_lines(report: PlanReport, room: int = _MOST_OF_STEPS) -> list[m.Block]:
    """Every step under its part of the run, with what it leans on, its estimate and its way back.

    Where `room` characters do not hold all of that, titles and marks only; neighbours of one kind on one line.
    """
    legend = [m.context(LEGEND)] if any(step.best_effort for step in report.steps) else []
    full = _parts(report, listed(report.steps, len(report.steps)))
    if m.characters(full) <= room:
        return full + legend
    lines = listed(report.steps, _MANY)
    return _parts(report, lines, longest=max(_SHORTEST_TITLE, room // len(lines) - _ROOM_FOR_MARKS)) + legend


def brief_steps(report: PlanReport, most: int) -> list[str]:
    """The steps in as few words as people need who decide; the rest is behind Details."""
    lines = [_brief(line) for line in listed(report.steps, most)]
    more = len(lines) - most
    return [*lines[:most], f"\N{HORIZONTAL ELLIPSIS} {more} more: press Details"] if more > 0 else lines


def _parts(report: PlanReport, lines: list[Line], *, longest: int | None = None) -> list[m.Block]:
    """`longest`: of a title, where there is no room for anything else."""
    blocks = []
    for segment, together in groupby(lines, key=lambda line: line.steps[0].segment):
        texts = [text for line in together for text in _step(line, report, longest)]
        blocks.append(m.section(f"*{escape(segment.capitalize())}*{_SAID_OF.get(segment, '')}"))
        blocks += [m.lines(texts[start : start + _LINES_A_BLOCK]) for start in range(0, len(texts), _LINES_A_BLOCK)]
    return blocks


def _step(line: Line, report: PlanReport, longest: int | None) -> list[str]:
    if longest is not None:
        return [_brief(line, longest)]
    step = line.steps[0]
    return [f"{line.place} {step.title}", f"\N{DOWNWARDS ARROW WITH TIP RIGHTWARDS} {'; '.join(facts(step, report))}"]


def _brief(line: Line, longest: int = _LONGEST_TITLE) -> str:
    return f"{line.place} {cut(line.title, longest)}{marks(line.steps[0])}"
