"""The steps of a plan in words, the same on every face: what each leans on, how long it takes, and its way back.

Neighbours of one kind are folded into one line where there are too many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from commands.rendering.words import count, plain
from dr_core.plan.expected import Estimate
from dr_core.reports.model import PlanReport, PlanStep
from dr_core.span import duration

_TEN = 10
NO_WAY_BACK = "cannot be undone"
BEST_EFFORT = "best effort"
LEGEND = "Best effort: tried, and passed over where it fails or does not answer."


@dataclass(frozen=True)
class Line:
    """One step, or several of one kind and segment that follow each other, with their numbers in the plan from 1 on."""

    numbers: tuple[int, ...]
    steps: tuple[PlanStep, ...]

    @property
    def place(self) -> str:
        first, last = self.numbers[0], self.numbers[-1]
        return f"{first}." if first == last else f"{first} to {last}."

    @property
    def title(self) -> str:
        """What the first does, and how many more do the like."""
        more = len(self.steps) - 1
        return self.steps[0].title + (f", and {more} more like it" if more else "")


def listed(steps: Sequence[PlanStep], most: int) -> list[Line]:
    """Every step on a line of its own where `most` lines suffice, else neighbours of one kind together."""
    numbered = list(enumerate(steps, 1))
    if len(numbered) <= most:
        return [Line((number,), (step,)) for number, step in numbered]
    return [_line([*alike]) for _, alike in groupby(numbered, key=lambda one: _likeness(one[1]))]


def _line(alike: Sequence[tuple[int, PlanStep]]) -> Line:
    return Line(tuple(number for number, _ in alike), tuple(step for _, step in alike))


def _likeness(step: PlanStep) -> tuple[object, ...]:
    return step.kind, step.segment, step.home_region, step.best_effort, step.irreversible


def marks(step: PlanStep) -> str:
    """What people must not overlook, behind a title: ` (cannot be undone)`, or nothing."""
    said = [*([NO_WAY_BACK] if step.irreversible else []), *([BEST_EFFORT] if step.best_effort else [])]
    return f" ({', '.join(said)})" if said else ""


def leans_on(step: PlanStep, report: PlanReport) -> str:
    """`control plane of us-east-1`; the region that is left is called so."""
    left = ", the region that is left" if step.home_region == report.source else ""
    return f"{step.plane} plane of {step.home_region or 'no single region'}{left}"


def way_back(step: PlanStep) -> str:
    """How it is taken back by hand; empty where it changes nothing."""
    if step.irreversible:
        return NO_WAY_BACK
    return f"undo: {plain(step.undo)}" if step.undo else ""


def facts(step: PlanStep, report: PlanReport) -> list[str]:
    """All that is told of a step besides its title, in the order in which people ask."""
    effort = BEST_EFFORT if step.best_effort else ""
    told = [leans_on(step, report), effort, takes(step.estimate), way_back(step)]
    return [one for one in told if one]


def takes(value: Estimate) -> str:
    """`takes about 8 m, 9 of 10 within 9 m (by 12 steps of its kind here)`, or that nobody knows.

    Steps of one kind may act on unlike things: tasks start in seconds, readers of a database in minutes.
    """
    if value.median_s is None:
        return "never measured here"
    about = f"takes about {duration(value.median_s)}"
    if not value.samples:
        return f"{about} ({basis(value)})"
    return f"{about}{_slowest(value)} (by {count(value.samples, 'step')} of its kind here)"


def _slowest(value: Estimate) -> str:
    """Of fewer than ten the 90th percentile is the longest of all."""
    if value.p90_s is None or value.samples < 2:
        return ""
    return f", {'9 of 10 within' if value.samples >= _TEN else 'at most'} {duration(value.p90_s)}"


def basis(value: Estimate) -> str:
    """Where a figure comes from that was not measured here."""
    return plain(value.source.removeprefix("no samples; "))


def whole(report: PlanReport) -> str:
    """How long all of it takes along the critical path, or what is known of that."""
    if report.estimate.median_s is not None:
        return f"about {duration(report.estimate.median_s)} along the critical path"
    unmeasured = sum(1 for step in report.steps if step.estimate.median_s is None)
    never = f"{unmeasured} of {count(len(report.steps), 'step')} never measured here"
    return f"at least {duration(report.at_least_s)}; {never}" if report.at_least_s else f"unknown: {never}"


def never_measured(report: PlanReport) -> str:
    """The kinds of steps that nobody knows the length of; empty where there are none."""
    return ", ".join(dict.fromkeys(step.kind for step in report.steps if step.estimate.median_s is None))
