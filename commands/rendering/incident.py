"""Incidents as lines."""

from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.words import clock, count, moment, move, plain, way
from dr_core.reports.incidents import EntryView, IncidentList, IncidentView, NoteView
from dr_core.reports.listing import RequestItem, RunItem
from dr_core.reports.model import IncidentItem
from dr_core.span import duration

_LONGEST_NOTE = 2000


def incident(view: IncidentView, now: datetime) -> list[str]:
    """One incident: what it is about, what belongs to it, what was noted, and its timeline where it was asked for."""
    lines = wrap(headline(view), 0, 2)
    lines += wrap(standing(view, now), 2, 2)
    for signal in view.signals:
        lines += wrap(f"signal: {plain(signal)}", 2, 2)
    for request in view.requests:
        lines += wrap(f"request {_request(request)}", 2, 2)
    for run in view.runs:
        lines += wrap(f"run {run_line(run)}", 2, 2)
    if view.timeline is not None:
        return [*lines, "", "Timeline", *table([_entry(entry, now) for entry in view.timeline], 2)]
    return [*lines, *_notes(view.notes, now)]


def headline(view: IncidentView | IncidentItem) -> str:
    """`Incident i-7k2m9qpd about shop, open: checkout fails`."""
    return f"Incident {view.id} about {view.application or 'all applications'}, {view.state}: {plain(view.title)}"


def standing(view: IncidentView | IncidentItem, now: datetime) -> str:
    """Since when and by whom, or for how long until whoever closed it."""
    opened = f"opened by {plain(view.by)} at {moment(view.opened_at, now)}"
    if view.closed_at is None:
        return opened
    lasted = duration((view.closed_at - view.opened_at).total_seconds())
    return f"{opened}; closed by {plain(view.closed_by or 'somebody')} at {moment(view.closed_at, now)}, after {lasted}"


def run_line(item: RunItem) -> str:
    """One run of an incident, without its time."""
    took = f", RTO {duration(item.rto_seconds)}" if item.rto_seconds is not None else ""
    steps = f"{item.done} of {item.total} steps"
    return (
        f"{item.id}: {move(item)} of {item.application}, {way(item.source, item.target)}: {item.state}, {steps}{took}"
    )


def _request(item: RequestItem) -> str:
    acks = f"{item.acks} of {count(item.required, 'ack')}"
    what = f"{move(item)} of {item.application}, {way(item.source, item.target)}"
    return f"{item.id}: {what}: {item.state}, {acks}, asked by {plain(item.requester)}"


def _notes(notes: tuple[NoteView, ...], now: datetime) -> list[str]:
    lines = []
    for note in notes:
        lines += wrap(f"note at {clock(note.at, now)} by {plain(note.by)}: {plain(note.text, _LONGEST_NOTE)}", 2, 2)
    return lines


def _entry(entry: EntryView, now: datetime) -> tuple[str, ...]:
    return clock(entry.at, now), plain(entry.who, 40), plain(entry.what, _LONGEST_NOTE)


def incidents(listed: IncidentList, now: datetime) -> list[str]:
    if not listed.incidents:
        return ["There was no incident yet."]
    lines = [f"Incidents at {clock(listed.at)}"]
    for item in listed.incidents:
        lines += [*wrap(headline(item), 0, 2), *wrap(standing(item, now), 4, 2)]
    return lines


def open_line(item: IncidentItem, now: datetime) -> str:
    """An open incident in one line of the status."""
    about = item.application or "all applications"
    since = moment(item.opened_at, now)
    return f"INCIDENT {item.id} about {about} since {since}, by {plain(item.by)}: {plain(item.title)}"
