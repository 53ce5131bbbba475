"""Runs as lines."""

from datetime import datetime

from commands.rendering.evacuation import lines_of
from commands.rendering.lines import table, wrap
from commands.rendering.status import braked
from commands.rendering.words import (
    age,
    beside_gates,
    clock,
    count,
    limit,
    moment,
    move,
    plain,
    rollback_of,
    took,
    way,
    way_back,
)
from dr_core.execution.model import HoldKind
from dr_core.reports.listing import RunItem, RunList
from dr_core.reports.model import HoldView, LossView, RunView, SegmentView, StepView
from dr_core.span import duration


def run(view: RunView, now: datetime) -> list[str]:
    head = f"Run {view.id}: {move(view)} of {view.application}, {way(view.source, view.target)}"
    lines = wrap(head, 0, 2)
    lines += wrap(f"{view.state.upper()}{f': {plain(view.reason)}' if view.reason else ''}", 2, 2)
    for why in standstill(view, now):
        lines += wrap(why, 2, 2)
    if view.undoes:
        lines.append(f"  takes back run {view.undoes}")
    turned_away = f"; {count(view.blocked, 'other request')} turned away meanwhile" if view.blocked else ""
    lines.append(f"  request {view.request}{turned_away}")
    lines += wrap(f"started {moment(view.started_at, now)}; ended {_end(view.ended_at, now)}", 2, 2)
    lines += wrap(rto(view), 2, 2)
    lines += wrap(loss(view), 2, 2)
    lines += table([_lost(lost) for lost in view.losses], 4)
    lines += ["", "Time by segment", *table([_segment(segment, now) for segment in view.segments], 2)]
    lines += ["", "Steps", *table([_step(step, now) for step in view.steps], 2)]
    return [*lines, *_way_back(view)]


def _way_back(view: RunView) -> list[str]:
    """What would take it back, by what it has recorded; nothing where it has changed nothing."""
    if view.rollback is None:
        return []
    lines = ["", f"Way back: {way_back(view.rollback)}"]
    if view.rollback.blocked:
        lines += wrap(f"not now: {plain(view.rollback.blocked)}", 2, 2)
    elif view.rollback.steps:
        lines.append(f"  rollback {view.id} asks for it")
    lines += [line for title in view.rollback.steps for line in wrap(f"- {plain(title)}", 2, 2)]
    for left in view.rollback.irreversible:
        told = f"stays: {plain(left.title)}. {plain(left.why)} {plain(left.instead)}"
        lines += wrap(told, 2, 2)
    return lines


def _end(at: datetime | None, now: datetime) -> str:
    return "not yet" if at is None else moment(at, now)


def standstill(view: RunView, now: datetime) -> list[str]:
    """Why nothing new starts, one sentence each with the way out; and that nobody was heard of who carries it out."""
    told = []
    if view.ending is not None:
        asked = f"by {plain(view.ending.by)}, {moment(view.ending.at, now)}: {plain(view.ending.reason)}"
        told.append(f"ABORT ASKED {asked}. Steps under way are watched to their end.")
    if view.brake is not None:
        told.append(braked(view.brake, now))
    told += [f"{_hold(hold, now)} Way out: {_WAY_OUT[HoldKind(hold.kind)].format(run=view.id)}" for hold in view.holds]
    if view.silent_seconds is not None:
        silent = f"SILENT: its worker was not heard of for {age(view.silent_seconds)}"
        told.append(f"{silent}; another takes it by itself. Way out: run takeover {view.id}")
    return told


def _hold(hold: HoldView, now: datetime) -> str:
    by = f" by {plain(hold.by)}" if hold.by else ""
    return f"HELD ({_HELD[HoldKind(hold.kind)]}){by} since {moment(hold.since, now)}: {plain(hold.reason)}."


_HELD = {
    HoldKind.PAUSED: "paused",
    HoldKind.UNCERTAIN: "a person must look",
    HoldKind.ROUND: "needs its approvals again",
}
_WAY_OUT = {
    HoldKind.PAUSED: "run resume {run}, or run abort {run}",
    HoldKind.UNCERTAIN: "look at the uncertain step in AWS; then run resume {run} (it looks again first), or run abort",
    HoldKind.ROUND: "approve or deny its request again",
}


def rto(view: RunView) -> str:
    """The time it took against the objective, or why that is not known."""
    target = duration(view.rto_target_seconds)
    if view.rto_seconds is None:
        return f"RTO: not measured{f' ({plain(view.rto_reason)})' if view.rto_reason else ''}; objective {target}"
    met = "met" if view.rto_seconds <= view.rto_target_seconds else "MISSED"
    why = f" ({plain(view.rto_reason)})" if view.rto_reason else ""
    return f"RTO: {duration(view.rto_seconds)}{why}, objective {target} {met}"


def loss(view: RunView) -> str:
    """What was lost, or why that is not known; with the accepted limit."""
    why = f" ({plain(view.loss_reason)})" if view.loss_reason else ""
    lost = "not measured" if view.loss_seconds is None else duration(view.loss_seconds) if view.loss_seconds else "none"
    beside = plain(beside_gates(view.losses, view.loss_seconds))
    return f"loss: {lost}{beside}{why}; accepted limit {limit(view.loss_limit_seconds)}"


def _lost(lost: LossView) -> tuple[str, ...]:
    """One store: what it lost against its limit, and where that comes from."""
    measured = lost.verdict.upper() if lost.seconds is None else duration(lost.seconds) if lost.seconds else "none"
    limited = f"limit {duration(lost.threshold_seconds)}{' (gate)' if lost.gate else ''}"
    return f"{lost.kind} {lost.name}", measured, limited, plain(lost.reason or lost.source)


def _segment(segment: SegmentView, now: datetime) -> tuple[str, ...]:
    measured = duration(segment.seconds) if segment.seconds is not None else "not measured"
    started = f"from {clock(segment.started_at, now)}" if segment.started_at else ""
    ended = f"to {clock(segment.ended_at, now)}" if segment.ended_at else ""
    return segment.name, measured, started, ended, plain(segment.reason)


def _step(step: StepView, now: datetime) -> tuple[str, ...]:
    lasted = took(step).removeprefix("took ")
    if step.started_at and not step.ended_at:
        lasted = f"for {duration(max(0.0, (now - step.started_at).total_seconds()))}"
    state = step.state if step.state in ("done", "waiting", "skipped") else step.state.replace("_", " ").upper()
    attempts = f"attempt {step.attempt}" if step.attempt > 1 else ""
    return state, step.segment, plain(step.title), lasted, attempts, plain(step.detail)


def runs(listed: RunList, now: datetime) -> list[str]:
    evacuations = [line for one in listed.evacuations for line in lines_of(one, now)]
    if not listed.runs:
        return [*evacuations, "There was no run yet."]
    notes = [[f"nothing new starts: {plain(why)}" for why in item.stopped] for item in listed.runs]
    rows = table([_row(item, now) for item in listed.runs], 0, notes)
    return [f"Runs at {clock(listed.at)}", *evacuations, *rows]


def _row(item: RunItem, now: datetime) -> tuple[str, ...]:
    what = f"{item.application} {move(item)} {way(item.source, item.target)}"
    if item.ended_at is None:
        when = f"{item.done}/{item.total} steps, since {moment(item.started_at or item.created_at, now)}"
    else:
        when = f"ended {moment(item.ended_at, now)}"
    took = f"RTO {duration(item.rto_seconds)}" if item.rto_seconds is not None else "RTO not measured"
    state = item.state if item.state == "succeeded" else item.state.upper()
    back = rollback_of(item.rollback_steps or 0, item.rollback_irreversible or 0)
    return item.id, state, what, when, took if item.ended_at else "", back
