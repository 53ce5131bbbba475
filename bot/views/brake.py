"""What `/dr brake on` and `/dr brake off` answer: how the brake is now, and which runs it concerns."""

from bot.views import message as m
from bot.views.standstill import braked
from bot.views.text import counted, date, escape, marked
from dr_core.reports.brake import BrakeReport
from dr_core.reports.model import BrakeView

_MOST_RUNS = 10


def brake(report: BrakeReport) -> m.Message:
    """One short message; the incident channel was told by itself."""
    if report.engaged:
        told = f"{marked('braked')}: the brake is on, put on by {report.by}"
        body = braked(BrakeView.model_validate(report), "")
    else:
        told = f"{marked('running')}: the brake is off: runs go on where they were"
        body = [m.lines([told])]
    return m.message(told, *body, _runs(report), m.context(f"As of {date(report.at)}"))


def _runs(report: BrakeReport) -> m.Block:
    if not report.runs:
        return m.section("No run is unfinished.")
    named = ", ".join(f"`{escape(run.id)}` of {escape(run.application)}" for run in report.runs[:_MOST_RUNS])
    return m.section(f"{counted(len(report.runs), 'unfinished run')}: {named}")
