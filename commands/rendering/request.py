"""Requests as lines."""

from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.plan import plan
from commands.rendering.words import clock, count, limit, moment, move, plain, way
from dr_core.reports.listing import RequestItem, RequestList
from dr_core.reports.model import AckView, RequestView


def request(view: RequestView, now: datetime) -> list[str]:
    """What is asked, who agreed and what comes next; the plan only until somebody has decided by it."""
    head = f"Request {view.id}: {move(view)} of {view.application}, {way(view.source, view.target)}"
    lines = [*wrap(head, 0, 2), f"  {_state(view, now)}"]
    asked = f"asked by {plain(view.requester)} at {moment(view.opened_at, now)}"
    lines += wrap(f"{asked}: {plain(view.reason) or 'no reason given'}", 2, 2)
    acks = f"round {view.round}, {len(_present(view))} of {count(view.required, 'ack')}"
    lines += wrap(f"{acks}, loss limit {limit(view.loss_limit_seconds)}", 2, 2)
    for ack in _present(view):
        when = f"approved by {plain(ack.person)} at {moment(ack.at, now)}"
        lines += wrap(f"{when}, accepts {limit(ack.accepted_limit_seconds)}", 4, 2)
    earlier = [ack for ack in view.acks if ack.round != view.round]
    if earlier:
        people = ", ".join(f"{plain(ack.person)} (round {ack.round})" for ack in earlier)
        lines += wrap(f"of earlier rounds, not counted: {people}", 4, 2)
    if view.undoes:
        lines.append(f"  takes back run {view.undoes}")
    if view.evacuation:
        lines += wrap(f"part of evacuation {view.evacuation}: approve {view.evacuation} decides about all of it", 2, 2)
    if view.supersedes:
        lines += wrap(f"when approved, run {view.supersedes} ends and this one takes its place", 2, 2)
    for told in (view.cause_gone, *view.signals, *view.prepared):
        lines += wrap(plain(told), 2, 2) if told and view.state == "open" else []
    lines += wrap(_next(view), 2, 2)
    undecided = view.state == "open" and not _present(view)
    return [*lines, "", *plan(view.plan, now)] if undecided else lines


def _present(view: RequestView) -> list[AckView]:
    return [ack for ack in view.acks if ack.round == view.round]


def _state(view: RequestView, now: datetime) -> str:
    if view.state == "open":
        return f"OPEN, {count(view.missing, 'ack')} missing, expires {moment(view.expires_at, now)}"
    by = f" by {plain(view.decided_by)}" if view.decided_by else ""
    why = f": {plain(view.decision_reason)}" if view.decision_reason else ""
    return f"{view.state.upper()}{by}{why}"


def _next(view: RequestView) -> str:
    """What happens now, and where to see it."""
    if view.run:
        return f"run {view.run}: `run show {view.run}` tells how it goes"
    if view.state == "open":
        return f"next: an approver types: approve {view.id}; the run starts with the last acknowledgement"
    if view.state == "queued":
        return f"next: it starts by itself when its turn comes; `evacuation {view.evacuation}` tells why it waits"
    return {"approved": "next: the run starts as soon as a worker takes it", "expired": f"next: renew {view.id}"}.get(
        view.state, "nothing was changed in AWS"
    )


def requests(listed: RequestList, now: datetime) -> list[str]:
    if not listed.requests:
        return ["No request was ever opened."]
    return [f"Requests at {clock(listed.at)}", *table([_row(item, now) for item in listed.requests])]


def _row(item: RequestItem, now: datetime) -> tuple[str, ...]:
    waits = item.state == "open"
    when = f"expires {moment(item.expires_at, now)}" if waits else f"opened {moment(item.opened_at, now)}"
    what = f"{item.application} {move(item)} {way(item.source, item.target)}"
    return item.id, item.state.upper() if waits else item.state, what, f"{item.acks}/{item.required} acks", when
