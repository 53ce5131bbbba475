"""Drills as messages: one with its checks, the history with its trends, and the note of the schedule."""

from bot.views import message as m
from bot.views.text import MARKS, counted, date, escape, marked, one_line
from commands.rendering.drill import due_line, headline, scored, trend_line, used
from dr_core.reports.drills import DrillCheck, DrillHistory, DrillsReport, DrillView

_MOST_LISTED = 15
_LINES_A_BLOCK = 8
_MARKS = {"passed": "ok", "failed": "bad", "unknown": "unknown", "skipped": "skipped", None: "waiting"}
_STATES = {
    "asked": "pending", "running": "running", "cleaning": "running", "passed": "succeeded", "incomplete": "unknown",
    "failed": "failed", "interrupted": "aborted",
}  # fmt: skip


def drill(shown: DrillView) -> m.Message:
    """What did not pass first; then what did."""
    told = f"{headline(shown)}, {scored(shown)}"
    lines = [_line(check) for check in sorted(shown.checks, key=_worst)]
    blocks = [m.lines(lines[start : start + _LINES_A_BLOCK]) for start in range(0, len(lines), _LINES_A_BLOCK)]
    head = [m.section(f"{_state(shown.state)} *{escape(headline(shown))}*\n{escape(scored(shown))}")]
    early = [m.quoted("Ended early", shown.reason)] if shown.reason else []
    unclean = [m.lines([f"{marked('bad')}: not cleaned up: {c.title}: {c.trouble}" for c in shown.checks if c.trouble])]
    request = [m.section(f"Its last request is `{escape(shown.request)}`")] if shown.request else []
    return m.message(
        told,
        *head,
        *early,
        *(unclean if any(check.trouble for check in shown.checks) else []),
        *request,
        *blocks,
        m.context(escape(used(shown.cost))),
        m.context(f"Asked by {escape(one_line(shown.by, 80))} {date(shown.asked_at)}. `/dr drill show {shown.id}`"),
    )


def history(report: DrillsReport) -> m.Message:
    """Every application: what is overdue, how scores went, and the last drills."""
    total = sum(len(application.drills) for application in report.applications)
    blocks = [block for application in report.applications for block in _application(application, report)]
    return m.message(counted(total, "drill"), m.header("Drills"), *blocks, m.context(f"As of {date(report.at)}"))


def scheduled(shown: DrillView, note: str) -> m.Message:
    """What the schedule posts: that it has begun, or how it went where it is done at once."""
    made = drill(shown)
    return m.Message(made.text, (*made.blocks, m.context(escape(note)))) if note else made


def _application(application: DrillHistory, report: DrillsReport) -> list[m.Block]:
    told = [due_line(due, report.at) for due in application.due]
    told += [trend_line(trend) for trend in application.trends]
    listed = [
        f"{_state(one.state)} {one.kind} {one.id} {one.state}: {scored(one)}"
        for one in application.drills[:_MOST_LISTED]
    ]
    lines = [*told, *(listed or ["No drill yet."])]
    blocks = [m.lines(lines[start : start + _LINES_A_BLOCK]) for start in range(0, len(lines), _LINES_A_BLOCK)]
    return [m.section(f"*{escape(application.name)}*"), *blocks]


def _line(check: DrillCheck) -> str:
    where = f" ({check.region})" if check.region else ""
    detail = f": {check.detail}" if check.detail else ""
    return f"{marked(_MARKS[check.result])} {check.title}{where}{detail}"


def _worst(check: DrillCheck) -> tuple[int, str]:
    order = ("failed", "unknown", None, "passed", "skipped")
    return order.index(check.result), check.name


def _state(state: str) -> str:
    """The mark alone: the headline says the word."""
    return MARKS[_STATES[state]]
