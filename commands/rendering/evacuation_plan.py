"""The plan of an evacuation as lines: what would go, in which waves, and what would stay."""

from datetime import datetime
from itertools import groupby

from commands.rendering.evacuation import goes_without, left_behind, wave_head
from commands.rendering.health import findings
from commands.rendering.lines import table, wrap
from commands.rendering.steps import whole
from commands.rendering.words import count, how_long, limit, plain, way
from dr_core.reports.evacuation_plan import EvacuationPlan, PlannedMember


def plan(report: EvacuationPlan, _now: datetime) -> list[str]:
    """What would go and what would stay; nothing is changed."""
    lines = wrap(f"Plan: {report.mode} evacuation, {way(report.source, report.target)}", 0, 2)
    if report.required_acks is None:
        lines.append("  nothing can go")
    else:
        needs = count(report.required_acks, "ack")
        lines += wrap(f"{count(len(report.members), 'application')}, one decision: needs {needs}", 2, 2)
    for wave, found in groupby(report.members, key=lambda one: one.wave):
        members = list(found)
        lines += ["", f"  {wave_head(wave)}"]
        lines += table([_planned(one) for one in members], 4)
        for one in members:
            shown = findings(one.plan.findings, 6)
            lines += ["", f"    Findings about {plain(one.application)}", *shown] if shown else []
    return lines + left_behind(report.left)


def _planned(one: PlannedMember) -> tuple[str, ...]:
    needs = "; ".join(filter(None, [f"after {', '.join(one.after)}" if one.after else "", goes_without(one)]))
    exposed = f"exposure {how_long(one.plan.exposure_seconds)}"
    return (
        one.application,
        needs,
        exposed,
        f"loss limit {limit(one.plan.loss_limit_seconds)}",
        f"takes {whole(one.plan)}",
    )
