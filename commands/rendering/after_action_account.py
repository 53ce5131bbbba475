"""One request and its run in an after-action report: times, objectives, people, deviations, steps, findings."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from commands.rendering.document import Bar, Bars, Cell, Mood, Section, Sentences, Table, Word
from commands.rendering.words import clock, count, limit, took
from dr_core.reports.after_action import Account, Reached
from dr_core.reports.model import RunView, SegmentView, StepView
from dr_core.span import duration

_STEPS = {
    "done": Mood.GOOD,
    "reached_late": Mood.WARNING,
    "not_reached": Mood.WARNING,
    "skipped": Mood.PLAIN,
    "waiting": Mood.PLAIN,
    "running": Mood.WARNING,
    "failed": Mood.BAD,
    "uncertain": Mood.BAD,
}
_SETTLED = ("done", "reached_late", "not_reached", "skipped")
_SEVERITIES = {"blocking": Mood.BAD, "warning": Mood.WARNING}


def account_sections(account: Account, base: datetime, *, named: bool) -> list[Section]:
    """Everything about one request and its run; `named` where there are several."""
    head = f"Request {account.request}" + (f", run {account.run.id}" if account.run is not None else "")
    said = [f"Asked for {utc(account.asked_at)} by {account.asked_by}: {account.reason or 'no reason was given'}"]
    said.append(
        f"Loss limit {limit(account.loss_limit_seconds)}; {count(account.required_acks, 'acknowledgement')} needed; "
        f"{count(account.rounds, 'round')}; plan {account.digest}"
    )
    if account.overrides:
        said.append(f"In spite of: {', '.join(account.overrides)}")
    sections = (
        [Section(head, (Sentences(tuple(said)),))] if named else [Section("The request", (Sentences(tuple(said)),))]
    )
    if account.run is not None:
        sections.append(Section("Time by segment", _segments(account.run.segments, base), inner=True))
        sections.append(Section("Objectives", (_objectives(account.objectives, base),), inner=True))
    sections.append(Section("People", (_people(account, base),), inner=True))
    if account.run is not None:
        sections.append(Section("Deviations from the plan", (_deviations(account, account.run, base),), inner=True))
        sections.append(Section("Steps", (_steps(account.run.steps, base),), inner=True))
        sections += _way_back(account.run)
    if account.findings:
        sections.append(Section("Findings when it was asked for", (_findings(account),), inner=True))
    return sections


def _segments(segments: Sequence[SegmentView], base: datetime) -> tuple[Bars | Table, ...]:
    bars = tuple(Bar(one.name, one.seconds, one.reason or _from_to(one, base)) for one in segments)
    return (Bars(bars),)


def _from_to(segment: SegmentView, base: datetime) -> str:
    began = clock(segment.started_at, base) if segment.started_at else "?"
    ended = clock(segment.ended_at, base) if segment.ended_at else "?"
    return f"{began} to {ended}"


def _objectives(found: Sequence[Reached], base: datetime) -> Table:
    rows = tuple(
        (
            f"{one.name.upper()}{f' of {one.subject}' if one.subject else ''}{' (gate)' if one.gate else ''}",
            reached(one),
            duration(one.target_seconds),
            met(one),
            "; ".join(said for said in (one.reason, one.source, _measured(one, base)) if said),
        )
        for one in found
    )
    return Table(("objective", "reached", "target", "result", "how it is known"), rows, small=(4,))


def _measured(one: Reached, base: datetime) -> str:
    return f"measured {clock(one.measured_at, base)}" if one.subject and one.measured_at else ""


def _people(account: Account, base: datetime) -> Table | Sentences:
    if not account.acts:
        return Sentences(("Nobody did anything; what happened, the product did by itself.",))
    rows = tuple((clock(act.at, base), act.who, act.what) for act in account.acts)
    return Table(("time", "who", "what"), rows)


def _deviations(account: Account, run: RunView, base: datetime) -> Table | Sentences:
    if not account.deviations and run.state == "succeeded":
        return Sentences(("None: every step was done at its first attempt, and nothing stopped the run.",))
    if not account.deviations:
        settled = sum(step.state in _SETTLED for step in run.steps)
        return Sentences((f"None so far: {settled} of {count(len(run.steps), 'step')} are settled.",))
    rows = tuple((clock(one.at, base) if one.at else "", one.what) for one in account.deviations)
    return Table(("time", "what"), rows)


def _steps(steps: Sequence[StepView], base: datetime) -> Table:
    head = ("step", "segment", "region", "state", "began", "took", "detail and evidence")
    return Table(head, tuple(_step(step, base) for step in steps), small=(6,))


def _way_back(run: RunView) -> list[Section]:
    """What a rollback would do as things stand, and what it would leave, each with what to do instead."""
    back = run.rollback
    if back is None:
        return []
    can = f"Not now: {back.blocked}" if back.blocked else f"rollback {run.id} asks for it."
    rows: list[tuple[Cell, ...]] = [(title, "taken back", "") for title in back.steps]
    rows += [(left.title, Word("stays", Mood.WARNING), f"{left.why} {left.instead}") for left in back.irreversible]
    return [
        Section(
            "The way back",
            (Sentences((can,)), Table(("step", "", "why, and what to do instead"), tuple(rows))),
            inner=True,
        )
    ]


def _step(step: StepView, base: datetime) -> tuple[Cell, ...]:
    tries = f" (attempt {step.attempt})" if step.attempt > 1 else ""
    began, lasted = clock(step.started_at, base) if step.started_at else "", took(step).removeprefix("took ")
    shown = ((name, value_of(value)) for name, value in step.evidence.items())
    told = [step.detail, *(f"{name.replace('_', ' ')}: {value}" for name, value in shown if value)]
    state = Word(step.state.replace("_", " ") + tries, _STEPS.get(step.state, Mood.UNKNOWN))
    return step.title, step.segment, step.region or "", state, began, lasted, "; ".join(one for one in told if one)


def value_of(value: JsonValue) -> str:
    """Evidence in words; as it was recorded, which is without secrets."""
    if isinstance(value, dict):
        return ", ".join(f"{name}={value_of(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(value_of(one) for one in value) or "none"
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{round(value, 3):.15g}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _findings(account: Account) -> Table:
    rows = tuple(
        (
            Word(one.severity, _SEVERITIES.get(one.severity, Mood.PLAIN)),
            one.code,
            f"{one.message} {one.evidence}".strip(),
            "overridden" if one.overridden else "",
        )
        for one in account.findings
    )
    return Table(("severity", "finding", "what was seen", ""), rows)


def reached(one: Reached) -> str:
    """What was reached, or that nobody knows: never 0 for unknown."""
    if one.seconds is None:
        return "unknown" if one.met is None else "in step" if one.met else "not in step"
    return duration(one.seconds) if one.seconds or one.name == "rto" else "none lost"


def met(one: Reached) -> Word:
    if one.met is None:
        return Word("unknown", Mood.UNKNOWN)
    return Word("met", Mood.GOOD) if one.met else Word("MISSED", Mood.BAD)


def utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
