"""An after-action report in Slack: what is read first, as a message and as the words above its files."""

from bot.views import message as m
from bot.views.text import counted, escape, one_line
from commands.rendering.after_action_pages import document
from commands.rendering.document import Document, Figure, Mood
from dr_core.reports.after_action import AfterAction, OpenItem

_MARKS = {
    Mood.GOOD: "\N{LARGE GREEN CIRCLE}",
    Mood.BAD: "\N{LARGE RED CIRCLE}",
    Mood.WARNING: "\N{LARGE YELLOW CIRCLE}",
    Mood.UNKNOWN: "\N{MEDIUM WHITE CIRCLE}",
    Mood.PLAIN: "\N{BULLET}",
}
_MOST_ITEMS = 8
_MOST_SENTENCES = 5
_MORE = "\N{HORIZONTAL ELLIPSIS}"


def after_action(report: AfterAction) -> m.Message:
    """For whoever asked: the figures, what happened, what is open. The files follow in the thread."""
    made = document(report)
    blocks = [
        m.header(made.title),
        m.lines([_figure(one) for one in made.figures]),
        m.lines(_happened(report)),
        *([m.lines(["Left to do", *_open(report)])] if report.open_items else []),
        m.context(_where(report)),
    ]
    return m.message(f"{made.title}: {'; '.join(report.headline[:2])}", *blocks)


def comment(report: AfterAction) -> str:
    """The message that carries the files, in mrkdwn."""
    made: Document = document(report)
    told = [f"*{escape(one_line(made.title))}*", *(escape(one_line(_figure(one))) for one in made.figures)]
    told += [escape(one_line(said)) for said in _happened(report)]
    if report.open_items:
        told += ["*Left to do*", *(escape(one_line(one)) for one in _open(report))]
    return "\n".join(told)


def _figure(one: Figure) -> str:
    note = f" ({one.note})" if one.note else ""
    return f"{_MARKS[one.value.mood]} {one.label}: {one.value.text}{note}"


def _happened(report: AfterAction) -> list[str]:
    deviations = sum(len(one.deviations) for one in report.accounts)
    told = list(report.headline[-_MOST_SENTENCES:]) or ["Nothing was asked for and nothing was run."]
    return [*told, f"{counted(deviations, 'deviation')} from the plan; {counted(len(report.timeline), 'event')}."]


def _open(report: AfterAction) -> list[str]:
    more = len(report.open_items) - _MOST_ITEMS
    rest = [f"{_MORE} {more} more, in the report"] if more > 0 else []
    return [*(_item(one) for one in report.open_items[:_MOST_ITEMS]), *rest]


def _item(one: OpenItem) -> str:
    return f"\N{BULLET} {one.what} {one.way_out}"


def _where(report: AfterAction) -> str:
    in_terminal = f"`dr report after-action {escape(report.id)} --out report.html` in a terminal"
    return f"In full: the files in the thread of `{escape(report.id)}`; {in_terminal} writes it too."
