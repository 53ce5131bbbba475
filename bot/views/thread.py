"""Events of the trail as lines in a card's thread, and those that the whole channel should see."""

from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from bot.views.budget import alert
from bot.views.evacuation_events import evacuation
from bot.views.readiness import changed
from bot.views.release_events import release
from bot.views.text import accepting, beyond, counted, marked, one_line
from dr_core.audit.data import listed, text
from dr_core.audit.events import Event, EventKind

LONGEST_LINE = 600
_LONGEST_NOTE = 500
_GROUPS = {"requesters": "requesters", "break_glass": "those who may break the glass"}
LOUD = frozenset(
    {
        EventKind.REQUEST_APPROVED,
        EventKind.REQUEST_RENEWED,
        EventKind.REQUEST_EXPIRED,
        EventKind.REQUEST_BROKE_GLASS,
        EventKind.RUN_HELD,
        EventKind.RUN_ROUND_NEEDED,
        EventKind.RUN_PAUSED,
        EventKind.RUN_RESUMED,
        EventKind.RUN_ABORT_ASKED,
        EventKind.RUN_ABORTED,
        EventKind.RUN_SUPERSEDED,
        EventKind.RUN_FOLLOWED,
        EventKind.RUN_TAKEN_OVER,
        EventKind.RUN_SUCCEEDED,
        EventKind.RUN_FAILED,
        EventKind.REVIEW_OPENED,
        EventKind.RECONCILIATION_OPENED,
        EventKind.STORE_ROLLED_BACK,
        EventKind.CALL_UNEXPLAINED,
        EventKind.DRILL_UNCLEAN,
        EventKind.ANCHOR_CONFLICT,
        EventKind.DETECTION_HELD,
        EventKind.RELEASE_STUCK,
        EventKind.RELEASE_UNHEALTHY,
    }
)
PAGING = frozenset(
    {
        EventKind.REQUEST_RENEWED,
        EventKind.REQUEST_BROKE_GLASS,
        EventKind.RUN_HELD,
        EventKind.RUN_ROUND_NEEDED,
        EventKind.RUN_FOLLOWED,
        EventKind.STORE_ROLLED_BACK,
        EventKind.CALL_UNEXPLAINED,
        EventKind.ANCHOR_CONFLICT,
        EventKind.DETECTION_HELD,
        EventKind.RELEASE_STUCK,
        EventKind.RELEASE_UNHEALTHY,
    }
)
IN_CHANNEL = frozenset(
    {
        EventKind.BRAKE_ENGAGED,
        EventKind.BRAKE_OBJECTED,
        EventKind.BRAKE_RELEASED,
        EventKind.COOLDOWN_CLEARED,
        EventKind.REVIEW_OPENED,
        EventKind.REVIEW_CLOSED,
        EventKind.RECONCILIATION_OPENED,
        EventKind.RECONCILIATION_KEPT,
        EventKind.RECONCILIATION_SIGNED,
        EventKind.STORE_ROLLED_BACK,
        EventKind.CALL_UNEXPLAINED,
        EventKind.ANCHOR_CONFLICT,
        EventKind.BUDGET_ALERT,
        EventKind.DIGEST_MISSED,
        EventKind.DRILL_INTERRUPTED,
        EventKind.DRILL_UNCLEAN,
        EventKind.DRILL_ENDED,
        EventKind.READINESS_CHANGED,
        EventKind.DETECTION_HELD,
        EventKind.FREEZE_SET,
        EventKind.FREEZE_LIFTED,
        EventKind.RELEASE_ASKED,
        EventKind.RELEASE_REFUSED,
        EventKind.RELEASE_MOVED,
        EventKind.RELEASE_UNDOING,
        EventKind.RELEASE_STUCK,
        EventKind.RELEASE_UNDONE,
        EventKind.RELEASE_SUPERSEDED,
        EventKind.RELEASE_HEALTHY,
        EventKind.RELEASE_UNHEALTHY,
        EventKind.RELEASE_UNWATCHED,
    }
)
"""What belongs to no request's thread and is told in the incident channel itself."""


def line(event: Event) -> str | None:
    """One safe line for an event of a request or its run; None for what the thread does not need."""
    words = _words(event)
    return None if words is None else one_line(f"{event.at:%H:%M:%S} UTC {words}", LONGEST_LINE)


def channel(event: Event) -> str | None:
    """One safe line for the incident channel; None for what belongs in a thread or is not told."""
    return line(event) if event.kind in IN_CHANNEL else None


def at_large(events: Sequence[Event]) -> list[tuple[Event, str]]:
    """What the channel itself is told, in order; a change of the roster is mrkdwn, since it names people."""
    told = _verdicts(events) + [(event, line) for event in events if (line := channel(event)) is not None]
    changes = [event for event in events if event.kind == EventKind.ROSTER_CHANGED]
    told += [(event, line) for event in changes if (line := roster(event.data)) is not None]
    return sorted(told, key=lambda one: one[0].seq)


def _verdicts(events: Iterable[Event]) -> list[tuple[Event, str]]:
    """One line a region with its newest verdict: what changed twice meanwhile is told once."""
    newest: dict[tuple[str, str], Event] = {}
    for event in events:
        first_look = event.data.get("before") is None and event.data.get("verdict") == "healthy"
        if event.kind == EventKind.VERDICT_CHANGED and not first_look:
            newest[str(event.data.get("application", "")), str(event.data.get("region", ""))] = event
    return [(event, _verdict(event.data)) for event in newest.values()]


def roster(data: dict[str, JsonValue]) -> str | None:
    """Who came to a group or left it, as mentions in mrkdwn; None for the first reading, which is no news."""
    joined, left = _people(data.get("joined")), _people(data.get("left"))
    if data.get("first"):
        return None
    told = [f"joined: {', '.join(joined)}"] if joined else []
    told += [f"left: {', '.join(left)}"] if left else []
    group = _GROUPS.get(text(data, "group"), "approvers")
    return f"The group of {group} changed; {'; '.join(told)}" if told else None


def _words(event: Event) -> str | None:
    data, by = event.data, str(event.actor.get("display", "somebody"))
    request = {
        EventKind.REQUEST_OPENED: f"{marked('open')}: asked by {by}",
        EventKind.REQUEST_ACKED: _acked(data, by),
        EventKind.REQUEST_QUEUED: f"{marked('approved')}: the quorum is complete; it waits for its turn",
        EventKind.REQUEST_APPROVED: f"{marked('approved')}: the quorum is complete",
        EventKind.REQUEST_DENIED: f"{marked('denied')} by {by}: {text(data, 'reason')}",
        EventKind.REQUEST_OBJECTED: f"{marked('warning')}: {by} objects: {text(data, 'reason')}",
        EventKind.REQUEST_CANCELLED: f"{marked('cancelled')} by {by}",
        EventKind.REQUEST_EXPIRED: f"{marked('expired')}: the quorum was not complete in time",
        EventKind.REQUEST_RENEWED: f"{marked('open')}: {by} opened round {text(data, 'round')}",
        EventKind.REQUEST_VOID: f"{marked('void')}: {text(data, 'reason') or 'its plan no longer fits'}",
        EventKind.REQUEST_BLOCKED: f"{marked('info')}: {by} asked for another failover meanwhile: {_said(data)}",
        EventKind.REQUEST_BROKE_GLASS: _broke_glass(data, by),
        EventKind.DETECTION_CALMED: f"{marked('info')}: what it was proposed for is gone: {_reasons(data)}",
        EventKind.DETECTION_EASED: f"{marked('info')}: what it was proposed for has eased: {_reasons(data)}",
        EventKind.DETECTION_AGAIN: f"{marked('warning')}: what it was proposed for is back: {_reasons(data)}",
        EventKind.PREPARE_INTENT: f"{marked('running')}: prepared meanwhile: {_step(data)}",
        EventKind.PREPARE_DONE: f"{marked('done')}: prepared: {_step(data)}",
        EventKind.PREPARE_FAILED: f"{marked('warning')}: not prepared: {_step(data)}",
        EventKind.PREPARE_UNDOING: f"{marked('running')}: taken back: {_step(data)}",
        EventKind.PREPARE_UNDONE: f"{marked('done')}: taken back: {_step(data)}",
        EventKind.PREPARE_KEPT: f"{marked('info')}: what was prepared stays: {_step(data)}",
    }
    run = {
        EventKind.RUN_STARTED: f"{marked('running')}: run {text(data, 'run')} started",
        EventKind.RUN_GATES_PASSED: f"{marked('ok')}: all gates passed",
        EventKind.RUN_GATES_REFUSED: f"{marked('failed')}: a gate refused: {_reasons(data)}",
        EventKind.RUN_HELD: f"{marked('held')}: a person must decide: {_reasons(data)}",
        EventKind.RUN_ROUND_NEEDED: f"{marked('held')}: approvals are needed again: {_said(data)}",
        EventKind.RUN_PAUSED: f"{marked('paused')} by {by}: {_said(data)}",
        EventKind.RUN_RESUMED: _resumed(data, by),
        EventKind.RUN_ABORT_ASKED: f"{marked('aborting')}: {by} ends the run: {_said(data)}",
        EventKind.RUN_ABORTED: _aborted(data),
        EventKind.RUN_SUPERSEDED: f"{marked('aborted')}: the run ended for another one: {_said(data)}",
        EventKind.RUN_TAKEN_OVER: f"{marked('warning')}: {by} took the run away from its worker; another takes it up",
        EventKind.RUN_FOLLOWED: _let_be(data, by),
        EventKind.RUN_TAKEN: _taken(data),
        EventKind.RUN_SUCCEEDED: f"{marked('succeeded')}: the run is done",
        EventKind.RUN_FAILED: f"{marked('failed')}: the run ended: {_reasons(data)}",
        EventKind.STEP_DONE: f"{marked('done')}: {_step(data)}",
        EventKind.STEP_NOT_REACHED: f"{marked('not_reached')}: {_step(data)}",
        EventKind.STEP_SKIPPED: f"{marked('skipped')}: {_step(data)}",
        EventKind.STEP_FAILED: f"{marked('failed')}: {_step(data)}",
        EventKind.STEP_UNCERTAIN: f"{marked('uncertain')}: {_step(data)}",
        EventKind.STEP_REACHED_LATE: f"{marked('done')} late: {_step(data)}",
    }
    every = request | run | evacuation(data, by) | _at_large(event, by)
    return {kind.value: words for kind, words in every.items()}.get(event.kind) or None


def _at_large(event: Event, by: str) -> dict[EventKind, str]:
    """Events of the installation, and of what is looked at afterwards."""
    data = event.data
    return {
        EventKind.BRAKE_ENGAGED: f"{marked('braked')}: {by} put the brake on: {_said(data)}. Nothing new starts in "
        "any run until an approver types /dr brake off",
        EventKind.BRAKE_OBJECTED: f"{marked('warning')}: {by} objects to the brake: {_said(data)}",
        EventKind.BRAKE_RELEASED: f"{marked('running')}: {by} released the brake: runs go on where they were",
        EventKind.COOLDOWN_CLEARED: f"{marked('info')}: {by} ended the cooldown of {text(data, 'application')}",
        EventKind.REVIEW_OPENED: f"{marked('warning')}: a review is open until somebody else signs it: {_about(data)}",
        EventKind.REVIEW_CLOSED: f"{marked('done')}: {by} closed the review {_about(data)}",
        EventKind.INCIDENT_JOINED: f"{marked('warning')}: {by} has further signals: {_signals(data)}",
        EventKind.INCIDENT_CLOSED: _closed(data, by),
        EventKind.NOTE_ADDED: f"{by} noted: {one_line(text(data, 'text'), _LONGEST_NOTE)}",
        EventKind.RECONCILIATION_OPENED: f"{marked('warning')}: lost writes, {text(data, 'item')}: {_reasons(data)}. "
        "A failback waits until another person has looked and typed "
        f"/dr reconcile sign {text(data, 'item')} --note TEXT",
        EventKind.RECONCILIATION_KEPT: f"{marked('info')}: lost writes, {text(data, 'item')}: {_reasons(data)}",
        EventKind.RECONCILIATION_SIGNED: f"{marked('done')}: {by} signed the lost writes {text(data, 'item')} of "
        f"{text(data, 'application')}: {one_line(text(data, 'note'))}",
        EventKind.ANCHOR_CONFLICT: f"{marked('bad')}: the audit trail and an anchor of it disagree: {_anchor(data)}",
        EventKind.STORE_ROLLED_BACK: _rolled_back(data),
        EventKind.BUDGET_ALERT: alert(data),
        EventKind.DIGEST_MISSED: f"{marked('warning')}: {text(data, 'report')} of {text(data, 'slot')} could not be "
        f"posted in {text(data, 'channel')}, and is not tried again. /dr doctor looks at the channel",
        EventKind.READINESS_CHANGED: changed(data),
        EventKind.DETECTION_HELD: f"{marked('bad')}: {text(data, 'region')} of {text(data, 'application')} is down, "
        f"and nothing is proposed (to ask all the same: {text(data, 'command')}): {_reasons(data)}",
        EventKind.DRILL_ASKED: f"{marked('info')}: {by} asked for {_drill(data)}",
        EventKind.DRILL_INTERRUPTED: f"{marked('aborted')}: {_drill(data)} stands back and cleans up: {_reasons(data)}",
        EventKind.DRILL_UNCLEAN: f"{marked('bad')}: {_drill(data)} could not clean up after itself in "
        f"{text(data, 'region')}: {text(data, 'title')}: {one_line(text(data, 'trouble'))}. It is tried again",
        EventKind.DRILL_ENDED: f"{marked(text(data, 'state'))}: {_drill(data)} ended: {text(data, 'passed')} checks "
        f"passed, {text(data, 'failed')} failed, {text(data, 'unknown')} unknown. "
        f"/dr drill show {text(data, 'drill')}",
        EventKind.FREEZE_SET: f"{marked('warning')}: {text(data, 'application')} is frozen: it "
        f"{text(data, 'where')}, and an apply of code that has its primary in {text(data, 'primary')} may undo "
        "that. Lifted by the way back, or by /dr unfreeze",
        EventKind.FREEZE_LIFTED: f"{marked('done')}: {text(data, 'application')} is no longer frozen ({by}): "
        f"{_said(data)}",
        **release(event, by),
        EventKind.CALL_UNEXPLAINED: f"{marked('bad')}: a call to AWS that no run explains: {_call(data)}",
    }


def _broke_glass(data: dict[str, JsonValue], by: str) -> str:
    names = ", ".join(listed(data, "skipped"))
    without = f" without waiting for {names}" if names else " without the quorum"
    return f"{marked('bad')}: {by} broke the glass{without}: {_said(data)}"


def _resumed(data: dict[str, JsonValue], by: str) -> str:
    why = one_line(text(data, "reason"))
    return f"{marked('running')}: {by} let the run go on{f' ({why})' if why else ''}"


def _let_be(data: dict[str, JsonValue], by: str) -> str:
    """What a finished run is not to reach any more; nothing where it has come to its end by itself."""
    titles = "; ".join(listed(data, "left"))
    return f"{marked('warning')}: {by} tries no more to: {one_line(titles, 200)} ({_said(data)})" if titles else ""


def _aborted(data: dict[str, JsonValue]) -> str:
    down = " ".join(listed(data, "facts"))
    return f"{marked('aborted')}: the run ended: {_reasons(data)}{f'. {down}' if down else ''}"


def _taken(data: dict[str, JsonValue]) -> str:
    """Only where a run changed hands: its first worker is no news."""
    epoch = data.get("epoch")
    return f"{marked('running')}: another worker goes on" if isinstance(epoch, int) and epoch > 1 else ""


def _closed(data: dict[str, JsonValue], by: str) -> str:
    why = one_line(text(data, "reason"))
    return f"{marked('done')}: {by} closed the incident {text(data, 'incident')}{f': {why}' if why else ''}"


def _drill(data: dict[str, JsonValue]) -> str:
    return f"{text(data, 'kind')} drill {text(data, 'drill')} of {text(data, 'application')}"


def _signals(data: dict[str, JsonValue]) -> str:
    told = "; ".join(listed(data, "signals"))
    return told or text(data, "title")


def _about(data: dict[str, JsonValue]) -> str:
    told = [text(data, key) for key in ("review", "id", "request", "reason", "note")]
    return ": ".join(dict.fromkeys(one for one in told if one))


def _call(data: dict[str, JsonValue]) -> str:
    told = " ".join(text(data, key) for key in ("service", "operation", "region") if data.get(key))
    by = f" by {text(data, 'principal')}" if data.get("principal") else ""
    return f"{told}{by}: {_reasons(data)}. If nobody of you made it, a worker's credentials may be in other hands"


def _anchor(data: dict[str, JsonValue]) -> str:
    which = f"number {text(data, 'number')} in {text(data, 'place')}: " if data.get("place") else ""
    return f"{which}{_reasons(data)}. /dr audit verify tells more"


def _rolled_back(data: dict[str, JsonValue]) -> str:
    """The store forgot what anchors outside of it still say: what was done since may have been acknowledged or not."""
    last = f" of {text(data, 'last_at')[:19]}Z" if data.get("last_at") else ""
    names = ", ".join(listed(data, "asked_again"))
    again = f"; approvals are asked again for {names}" if names else ""
    return (
        f"{marked('bad')}: the store was set back: it has forgotten what anchor {text(data, 'last')}{last} says."
        f" The brake is on{again}. Look at /dr audit verify before anybody types /dr brake off"
    )


def _acked(data: dict[str, JsonValue], by: str) -> str:
    missing, accepted = data.get("missing"), data.get("accepted_limit_s")
    loss = accepting(accepted if isinstance(accepted, int) else None)
    rest = f", {counted(missing, 'more approval')} needed" if isinstance(missing, int) and missing else ""
    return f"{marked('approved')} by {by}, {loss}{rest}"


def _step(data: dict[str, JsonValue]) -> str:
    name = text(data, "title") or text(data, "step")
    detail = text(data, "detail") or text(data, "reason")
    return f"{name}: {detail}" if detail else name


def _said(data: dict[str, JsonValue]) -> str:
    """What a person gave as a reason, which may be long."""
    return one_line(_reasons(data))


def _reasons(data: dict[str, JsonValue]) -> str:
    return "; ".join(listed(data, "reasons")) or text(data, "reason") or "no reason was recorded"


def _verdict(data: dict[str, JsonValue]) -> str:
    before = text(data, "before")
    change = f" (was {before})" if before else ""
    where, verdict = f"{text(data, 'application')} {text(data, 'region')}", text(data, "verdict")
    return one_line(f"{where} {marked(verdict)}{change}: {beyond(verdict, _headline(data))}", LONGEST_LINE)


def _headline(data: dict[str, JsonValue]) -> str:
    """The first reason, which sums up the others; `/dr status` shows them all."""
    return next(iter(listed(data, "reasons")), None) or _reasons(data)


def _people(value: JsonValue) -> list[str]:
    return [f"<@{user}>" for user in value] if isinstance(value, list) else []
