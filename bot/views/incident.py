"""The one card of an incident, pinned while it is open; what the person who acted is told; lists."""

from bot.views import message as m
from bot.views.text import MARKS, counted, date, escape, marked, one_line
from commands.rendering.incident import headline, run_line
from commands.rendering.words import move
from dr_core.reports.incidents import EntryView, IncidentList, IncidentView, NoteView
from dr_core.reports.listing import RequestItem
from dr_core.reports.model import IncidentItem

_NOTES = 5
_SIGNALS = 5
_LONGEST_SIGNAL = 140
_PARTS = 10
_LINES_A_BLOCK = 8
_LONGEST_NOTE = 300
_MORE = "\N{HORIZONTAL ELLIPSIS}"


def card(view: IncidentView, *, mention: str = "") -> m.Message:
    """The card in its present state. `mention` names, in mrkdwn, those whom the first post pages."""
    blocks = [m.header(f"Incident: {view.title}"), m.section(_state(view))]
    blocks += _lines(
        "Signals", [f"\N{BULLET} {one_line(signal, _LONGEST_SIGNAL)}" for signal in view.signals], _SIGNALS
    )
    blocks += [m.section("\n".join(_parts(view)))] if view.requests else []
    blocks += _lines(_noted(view), [_note(note) for note in view.notes[-_NOTES:]], _NOTES)
    blocks.append(m.context(_ways_on(view)))
    made = m.message(headline(view), *blocks)
    return m.Message(f"{mention} {made.text}", (m.section(mention), *made.blocks)) if mention else made


def answer(view: IncidentView) -> m.Message:
    """One line for whoever opened, noted or closed; the whole timeline where that was asked for."""
    if view.timeline is None:
        told = f"{headline(view)}. {counted(len(view.notes), 'note')}, {counted(len(view.requests), 'request')}."
        return m.message(told, m.lines([told]))
    entries = [_entry(entry) for entry in view.timeline]
    blocks = [m.lines(entries[at : at + _LINES_A_BLOCK]) for at in range(0, len(entries), _LINES_A_BLOCK)]
    return m.message(headline(view), *card(view).blocks, m.divider(), *blocks)


def incidents(report: IncidentList) -> m.Message:
    """What is open, then what was."""
    told = counted(sum(item.state == "open" for item in report.incidents), "open incident")
    texts = [line(item) for item in report.incidents]
    blocks = [m.section("\n".join(texts[at : at + 6])) for at in range(0, len(texts), 6)]
    return m.message(told, m.header("Incidents"), *(blocks or [m.section("There was no incident yet.")]))


def line(item: IncidentItem) -> str:
    """One incident in mrkdwn."""
    about = escape(item.application or "all applications")
    told = f"{marked(item.state)} incident `{escape(item.id)}` about *{about}*: {escape(one_line(item.title, 200))}"
    since = f"{told}, since {date(item.opened_at)} by {escape(one_line(item.by, 80))}"
    if item.closed_at is None:
        return since
    return f"{since}; closed {date(item.closed_at)} by {escape(one_line(item.closed_by or 'somebody', 80))}"


def _state(view: IncidentView) -> str:
    about = escape(view.application or "all applications")
    opened = f"opened {date(view.opened_at)} by {escape(one_line(view.by, 80))}"
    told = f"{marked(view.state)} `{escape(view.id)}` about *{about}*, {opened}"
    if view.closed_at is None:
        return told
    return f"{told}; closed {date(view.closed_at)} by {escape(one_line(view.closed_by or 'somebody', 80))}"


def _parts(view: IncidentView) -> list[str]:
    """The newest requests, each with its run where there is one."""
    runs = {run.id: run for run in view.runs}
    told = []
    for request in view.requests[-_PARTS:]:
        run = runs.get(request.run or "")
        told.append(
            f"{marked(request.state)} {_request(request)}"
            if run is None
            else f"{MARKS.get(run.state, '')} {escape(run_line(run))}"
        )
    earlier = len(view.requests) - len(told)
    return [*([f"{_MORE} {counted(earlier, 'earlier request')}"] if earlier else []), *told]


def _request(item: RequestItem) -> str:
    way = f"{move(item)} of {escape(item.application)}, {item.source} to {item.target}"
    return f"request `{escape(item.id)}`: {way}, {item.acks} of {item.required} acks, by {escape(item.requester)}"


def _noted(view: IncidentView) -> str:
    earlier = len(view.notes) - _NOTES
    return f"Notes ({_MORE} {earlier} earlier)" if earlier > 0 else "Notes"


def _note(note: NoteView) -> str:
    return f"{note.at:%H:%M:%S} UTC {one_line(note.by, 80)}: {one_line(note.text, _LONGEST_NOTE)}"


def _lines(label: str, texts: list[str], most: int) -> list[m.Block]:
    if not texts:
        return []
    more = len(texts) - most
    return [m.lines([label, *texts[:most], *([f"{_MORE} {more} more"] if more > 0 else [])])]


def _ways_on(view: IncidentView) -> str:
    if view.state == "closed":
        return f"What happened in full: `/dr report after-action {escape(view.id)}`"
    close = f"`/dr incident close {escape(view.id)}` when it is over (an approver, or who opened it)"
    return f"`/dr note TEXT` adds a note; {close}; `/dr incident show {escape(view.id)}` tells the whole timeline."


def _entry(entry: EntryView) -> str:
    return f"{entry.at:%m-%d %H:%M:%S} {one_line(entry.who, 40)}: {entry.what}"
