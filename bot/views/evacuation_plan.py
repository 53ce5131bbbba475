"""The plan of an evacuation: what would go and in which waves, what would stay; nothing was changed."""

from itertools import groupby

from bot.views import message as m
from bot.views.evacuation import left_behind, loses
from bot.views.text import counted, limit
from commands.rendering.evacuation import wave_head
from commands.rendering.steps import whole
from commands.rendering.words import how_long
from dr_core.reports.evacuation_plan import EvacuationPlan, PlannedMember


def plan(report: EvacuationPlan) -> m.Message:
    """`/dr plan REGION --all`."""
    told = f"Plan: {report.mode} evacuation of {report.source} to {report.target}"
    going = f"{counted(len(report.members), 'application')} would go"
    if report.required_acks is not None:
        going += f", with {counted(report.required_acks, 'approval')} for all of it"
    blocks = [m.header(told), m.lines([going])]
    for wave, found in groupby(report.members, key=lambda one: one.wave):
        blocks += [m.section(f"*{wave_head(wave)}*"), m.lines([_member(one) for one in found])]
    blocks += left_behind(report.left)
    blocks.append(m.context("`/dr plan REGION APP` shows the steps and findings of one. Nothing was changed."))
    return m.message(f"{told}; nothing was changed", *blocks)


def _member(one: PlannedMember) -> str:
    after = f", after {', '.join(one.after)}" if one.after else ""
    numbers = f"exposure {how_long(one.plan.exposure_seconds)}, loss limit {limit(one.plan.loss_limit_seconds)}"
    warned = sum(finding.severity == "warning" for finding in one.plan.findings)
    told = f"; {counted(warned, 'warning')}" if warned else ""
    return f"\N{BULLET} {one.application}{after}{loses(one)}: {numbers}; takes {whole(one.plan)}{told}"
