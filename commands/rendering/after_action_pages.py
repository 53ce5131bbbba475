"""An after-action report as a document: what is read first stands first, and everything has its source."""

from commands.rendering.after_action_account import account_sections, met, reached, utc
from commands.rendering.document import Document, Figure, Mood, Section, Sentences, Table, Word
from commands.rendering.words import clock, count, move
from dr_core.audit.events import EventKind
from dr_core.reports.after_action import Account, AfterAction, Reached
from dr_core.span import duration

_STATES = {
    "succeeded": Mood.GOOD,
    "closed": Mood.GOOD,
    "failed": Mood.BAD,
    "aborted": Mood.BAD,
    "passed": Mood.GOOD,
    "done": Mood.GOOD,
}
_RESULTS = {"passed": Mood.GOOD, "failed": Mood.BAD, "skipped": Mood.PLAIN}


def document(report: AfterAction) -> Document:
    """The whole report."""
    sections = [_happened(report), _open(report)]
    several = len(report.accounts) > 1
    for account in report.accounts:
        sections += account_sections(account, report.since, named=several)
    sections += [*_drill(report), *_signals(report), *_notes(report), *_timeline(report), _trail(report)]
    return Document(f"After-action report: {report.title}", _about(report), _figures(report), tuple(sections))


def _about(report: AfterAction) -> tuple[str, ...]:
    until = "not over" if report.until is None else utc(report.until)
    lasted = "" if report.until is None else f" ({duration((report.until - report.since).total_seconds())})"
    period = f"{report.kind} {report.id}, from {utc(report.since)} to {until}{lasted}"
    return (period, f"written {utc(report.at)} from the audit trail; every time is UTC")


# -- what is read first ----------------------------------------------------------------------------------------------


def _figures(report: AfterAction) -> tuple[Figure, ...]:
    last = _told_first(report)
    made = [Figure("Outcome", _outcome(report, last), _what(report, last))]
    if last is not None:
        wholes = [one for one in last.objectives if not one.subject]
        made += [Figure(one.name.upper(), Word(reached(one), met(one).mood), _against(one)) for one in wholes]
        made.append(_approved(last))
    left = len(report.open_items)
    made.append(
        Figure(
            "Left to do", Word(str(left), Mood.WARNING if left else Mood.GOOD), "see Open items" if left else "nothing"
        )
    )
    return (*made, _whole(report))


def _told_first(report: AfterAction) -> Account | None:
    """The run whose figures stand at the top: of an incident the one that ended it, not the way back afterwards."""
    ran = [one for one in report.accounts if one.run is not None]
    if report.kind == "incident":
        return next((one for one in ran if one.state == "succeeded"), ran[-1] if ran else None)
    return ran[-1] if ran else None


def _outcome(report: AfterAction, last: Account | None) -> Word:
    if report.drill is not None:
        state = report.drill.state
    elif report.kind == "incident" and report.incident is not None:
        state = report.incident.state
    else:
        state = last.state if last is not None else "unknown"
    return Word(state.replace("_", " "), _STATES.get(state, Mood.WARNING))


def _what(report: AfterAction, last: Account | None) -> str:
    if report.drill is not None:
        return f"{report.drill.kind} drill"
    return "incident" if report.kind == "incident" or last is None else move(last)


def _against(one: Reached) -> str:
    return f"objective {duration(one.target_seconds)}: {met(one).text}"


def _approved(account: Account) -> Figure:
    counted = [ack for ack in account.acks if ack.round == account.rounds]
    who = ", ".join(ack.person for ack in counted) or "nobody"
    mood = Mood.BAD if account.broke_glass else Mood.PLAIN
    note = "BREAK-GLASS, without the quorum" if account.broke_glass else f"of {account.required_acks} needed"
    return Figure("Acknowledged by", Word(who, mood), note)


def _whole(report: AfterAction) -> Figure:
    trail = report.trail
    if not trail.ok:
        return Figure("Audit trail", Word("CHANGED", Mood.BAD), trail.first_bad or "")
    mood = Mood.GOOD if trail.complete else Mood.UNKNOWN
    word = "whole" if trail.complete else "not known"
    return Figure("Audit trail", Word(word, mood), "" if trail.complete else "not everything could be asked")


# -- sections --------------------------------------------------------------------------------------------------------


def _happened(report: AfterAction) -> Section:
    told = list(report.headline)
    if report.incident is not None:
        one = report.incident
        about = one.application or "all applications"
        told.insert(0, f"Incident {one.id} about {about}, opened {utc(one.opened_at)} by {one.by}: {one.title}")
        if one.closed_at is not None:
            why = next((entry.what for entry in report.timeline if entry.kind == EventKind.INCIDENT_CLOSED), "")
            reason = why.removeprefix("closed the incident")
            told.append(f"Closed {utc(one.closed_at)} by {one.closed_by or 'somebody'}{reason}")
    if report.drill is not None and report.drill.reason:
        told.append(f"It ended before its end: {report.drill.reason}")
    return Section("What happened", (Sentences(tuple(told) or ("Nothing was asked for and nothing was run.",)),))


def _open(report: AfterAction) -> Section:
    if not report.open_items:
        return Section("Open items", (Sentences(("Nothing is left to do.",)),))
    rows = tuple(
        (one.kind, one.what, clock(one.since, report.since) if one.since else "", one.way_out)
        for one in report.open_items
    )
    return Section("Open items", (Table(("kind", "what", "since", "way out"), rows),))


def _drill(report: AfterAction) -> list[Section]:
    if report.drill is None or not report.drill.exercises:
        return []
    rows = tuple(
        (
            one.title,
            one.region or "",
            Word(one.result or "not judged", _RESULTS.get(one.result or "", Mood.UNKNOWN)),
            one.detail,
            "yes" if one.clean else Word("NO", Mood.BAD),
        )
        for one in report.drill.exercises
    )
    return [Section("What was tried", (Table(("exercise", "region", "result", "detail", "nothing left"), rows),))]


def _signals(report: AfterAction) -> list[Section]:
    signals = report.incident.signals if report.incident is not None else ()
    return [Section("Signals", (Table(("signal",), tuple((one,) for one in signals), small=(0,)),))] if signals else []


def _notes(report: AfterAction) -> list[Section]:
    notes = report.incident.notes if report.incident is not None else ()
    rows = tuple((clock(note.at, report.since), note.by, note.text) for note in notes)
    return [Section("Notes", (Table(("time", "who", "note"), rows),))] if rows else []


def _timeline(report: AfterAction) -> list[Section]:
    rows = tuple((clock(one.at, report.since), one.who, one.what, f"{one.chain}/{one.seq}") for one in report.timeline)
    return [Section("Timeline", (Table(("time", "who", "what", "event"), rows, small=(3,)),))] if rows else []


def _trail(report: AfterAction) -> Section:
    trail = report.trail
    seen = f"{count(trail.events, 'event')} in {count(trail.chains, 'chain')}, checked {utc(trail.at)}"
    told = (
        [f"The audit trail is whole{'' if trail.complete else ', as far as could be asked'}: {seen}."]
        if trail.ok
        else [f"The audit trail was CHANGED: {trail.first_bad} ({seen})."]
    )
    told += [trail.tail] if trail.tail else []
    told += [f"{place.place} is {place.state}: {place.detail}" for place in trail.places]
    told += [f"History was lost: {one}" for one in trail.lost]
    return Section("Audit trail", (Sentences(tuple(told)),))
