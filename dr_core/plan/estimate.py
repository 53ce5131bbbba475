"""How long steps and plans are expected to take: from recorded durations, else from published figures. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

from dr_core.plan.expected import Estimate
from dr_core.plan.step import Plan, Segment, Step
from dr_core.plan.steps import KINDS


def estimate_step(step: Step, durations: Sequence[float]) -> Estimate:
    """Median and 90th percentile (seconds) of recorded runs of this kind; without any, the published figure or None."""
    if durations:
        return Estimate(
            median_s=statistics.median(durations),
            p90_s=_p90(durations),
            samples=len(durations),
            source=f"recorded {step.kind} steps",
        )
    published = KINDS[step.kind].published if step.kind in KINDS else None
    if published is not None:
        return Estimate(median_s=published.seconds, p90_s=None, samples=0, source=f"no samples; {published.basis}")
    return Estimate(median_s=None, p90_s=None, samples=0, source="no samples")


def estimate_plan(plan: Plan, durations_by_kind: Mapping[str, Sequence[float]]) -> Estimate:
    """Along the critical path; `samples` is of its least known step, and `source` names what was never recorded of it.

    None when a step of the plan has no figure.
    """
    steps = {step.name: estimate_step(step, durations_by_kind.get(step.kind, ())) for step in plan.steps}
    unknown = sorted({plan.step(name).kind for name, estimate in steps.items() if estimate.median_s is None})
    if unknown:
        known = [f"{plan.step(n).kind} {e.median_s:g} s" for n, e in steps.items() if e.median_s is not None]
        told = f"; known: {', '.join(known)}" if known else ""
        return Estimate(median_s=None, p90_s=None, samples=0, source=f"no samples of {', '.join(unknown)}{told}")
    medians = {name: estimate.median_s or 0.0 for name, estimate in steps.items()}
    path = _critical_path(plan, medians)
    tails = [steps[name].p90_s for name in path]
    counts = [steps[name].samples for name in path]
    return Estimate(
        median_s=sum(medians[name] for name in path),
        # A sum of 90th percentiles is an upper bound: steps are seldom all slow at once.
        p90_s=sum(tail for tail in tails if tail is not None) if None not in tails else None,
        samples=min(counts, default=0),
        source="; ".join((f"along {', '.join(path)}", *_not_recorded(plan, steps, path))) if path else "nothing to do",
    )


def _not_recorded(plan: Plan, steps: Mapping[str, Estimate], path: Sequence[str]) -> tuple[str, ...]:
    """`failover-aurora 480 s with no samples; published: ...`, for each kind of a path that was never recorded."""
    published = {plan.step(name).kind: steps[name] for name in path if not steps[name].samples}
    return tuple(f"{kind} {one.median_s:g} s with {one.source}" for kind, one in published.items())


def at_least_s(plan: Plan, durations_by_kind: Mapping[str, Sequence[float]]) -> float:
    """Seconds along the longest path of what is known; a step without a figure counts as nothing, so it is a bound."""
    known = {}
    for step in plan.steps:
        known[step.name] = estimate_step(step, durations_by_kind.get(step.kind, ())).median_s or 0.0
    return sum(known[name] for name in _critical_path(plan, known))


def promotion_estimate_s(plan: Plan, durations_by_kind: Mapping[str, Sequence[float]]) -> float:
    """Seconds from the start to the start of promotion, as a limit needs it: a step without a figure counts in full.

    What can be lost ends when promotion begins: from then on the old side cannot add to what is given up.
    """
    lengths = {}
    for step in plan.steps:
        estimate = estimate_step(step, durations_by_kind.get(step.kind, ()))
        figure = estimate.p90_s if estimate.p90_s is not None else estimate.median_s
        lengths[step.name] = step.deadline_s if figure is None else min(figure, step.deadline_s)
    starts = {step.name: 0.0 for step in plan.steps}
    for name in _order(plan):
        starts[name] = max((starts[before] + lengths[before] for before in plan.step(name).after), default=0.0)
    promoting = [starts[step.name] for step in plan.steps if step.segment is Segment.PROMOTE]
    return max(promoting, default=0.0)


def _critical_path(plan: Plan, lengths: Mapping[str, float]) -> tuple[str, ...]:
    ends: dict[str, float] = {}
    through: dict[str, tuple[str, ...]] = {}
    for name in _order(plan):
        latest = max(plan.step(name).after, key=lambda before: ends[before], default=None)
        ends[name] = lengths[name] + (ends[latest] if latest is not None else 0.0)
        through[name] = (*(through[latest] if latest is not None else ()), name)
    return through[max(ends, key=lambda name: ends[name])] if ends else ()


def _order(plan: Plan) -> tuple[str, ...]:
    """CycleError (ValueError) for a graph that is none: a plan is checked where it is built."""
    return tuple(TopologicalSorter({step.name: step.after for step in plan.steps}).static_order())


def _p90(durations: Sequence[float]) -> float:
    """The nearest rank: a duration that really occurred."""
    ranked = sorted(durations)
    return ranked[math.ceil(0.9 * len(ranked)) - 1]
