"""Events of the trail as lines in a card's thread, and those that the whole channel should see."""

from collections.abc import Iterable

from pydantic import JsonValue

from bot.views.text import accepting, beyond, counted, marked, one_line
from dr_core.audit.events import Event, EventKind

LOUD = frozenset(
    {
        EventKind.REQUEST_APPROVED,
        EventKind.REQUEST_RENEWED,
        EventKind.REQUEST_EXPIRED,
        EventKind.RUN_HELD,
        EventKind.RUN_SUCCEEDED,
        EventKind.RUN_FAILED,
        EventKind.STEP_UNCERTAIN,
    }
)
PAGING = frozenset({EventKind.REQUEST_RENEWED, EventKind.RUN_HELD, EventKind.STEP_UNCERTAIN})


def line(event: Event) -> str | None:
    """One safe line for an event of a request or its run; None for what the thread does not need."""
    words = _words(event)
    return None if words is None else one_line(f"{event.at:%H:%M:%S} UTC {words}", 600)


def verdicts(events: Iterable[Event]) -> list[str]:
    """One line a region with its newest verdict: what changed twice meanwhile is told once."""
    newest: dict[tuple[str, str], Event] = {}
    for event in events:
        first_look = event.data.get("before") is None and event.data.get("verdict") == "healthy"
        if event.kind == EventKind.VERDICT_CHANGED and not first_look:
            newest[str(event.data.get("application", "")), str(event.data.get("region", ""))] = event
    return [_verdict(event.data) for event in newest.values()]


def roster(data: dict[str, JsonValue]) -> str | None:
    """Who came to the approvers or left them, as mentions in mrkdwn; None for the first reading, which is no news."""
    joined, left = _people(data.get("joined")), _people(data.get("left"))
    if data.get("members") == len(joined):
        return None
    told = [f"joined: {', '.join(joined)}"] if joined else []
    told += [f"left: {', '.join(left)}"] if left else []
    return f"The group of approvers changed; {'; '.join(told)}" if told else None


def _words(event: Event) -> str | None:
    data, by = event.data, str(event.actor.get("display", "somebody"))
    request = {
        EventKind.REQUEST_OPENED: f"{marked('open')}: asked by {by}",
        EventKind.REQUEST_ACKED: _acked(data, by),
        EventKind.REQUEST_APPROVED: f"{marked('approved')}: the quorum is complete",
        EventKind.REQUEST_DENIED: f"{marked('denied')} by {by}: {_text(data, 'reason')}",
        EventKind.REQUEST_OBJECTED: f"{marked('warning')}: {by} objects: {_text(data, 'reason')}",
        EventKind.REQUEST_CANCELLED: f"{marked('cancelled')} by {by}",
        EventKind.REQUEST_EXPIRED: f"{marked('expired')}: the quorum was not complete in time",
        EventKind.REQUEST_RENEWED: f"{marked('open')}: {by} opened round {_text(data, 'round')}",
        EventKind.REQUEST_VOID: f"{marked('void')}: {_text(data, 'reason') or 'its plan no longer fits'}",
    }
    run = {
        EventKind.RUN_STARTED: f"{marked('running')}: run {_text(data, 'run')} started",
        EventKind.RUN_GATES_PASSED: f"{marked('ok')}: all gates passed",
        EventKind.RUN_GATES_REFUSED: f"{marked('failed')}: a gate refused: {_reasons(data)}",
        EventKind.RUN_HELD: f"{marked('held')}: a person must decide: {_reasons(data)}",
        EventKind.RUN_SUCCEEDED: f"{marked('succeeded')}: the run is done",
        EventKind.RUN_FAILED: f"{marked('failed')}: the run ended: {_reasons(data)}",
        EventKind.STEP_DONE: f"{marked('done')}: {_step(data)}",
        EventKind.STEP_NOT_REACHED: f"{marked('not_reached')}: {_step(data)}",
        EventKind.STEP_FAILED: f"{marked('failed')}: {_step(data)}",
        EventKind.STEP_UNCERTAIN: f"{marked('uncertain')}: {_step(data)}",
        EventKind.STEP_REACHED_LATE: f"{marked('done')} late: {_step(data)}",
    }
    kinds: dict[str, str] = {kind.value: words for kind, words in (request | run).items()}
    return kinds.get(event.kind)


def _acked(data: dict[str, JsonValue], by: str) -> str:
    missing, accepted = data.get("missing"), data.get("accepted_limit_s")
    loss = accepting(accepted if isinstance(accepted, int) else None)
    rest = f", {counted(missing, 'more approval')} needed" if isinstance(missing, int) and missing else ""
    return f"{marked('approved')} by {by}, {loss}{rest}"


def _step(data: dict[str, JsonValue]) -> str:
    name = _text(data, "title") or _text(data, "step")
    detail = _text(data, "detail") or _text(data, "reason")
    return f"{name}: {detail}" if detail else name


def _reasons(data: dict[str, JsonValue]) -> str:
    given = data.get("reasons")
    several = "; ".join(str(reason) for reason in given) if isinstance(given, list) else ""
    return several or _text(data, "reason") or "no reason was recorded"


def _verdict(data: dict[str, JsonValue]) -> str:
    before = _text(data, "before")
    change = f" (was {before})" if before else ""
    where, verdict = f"{_text(data, 'application')} {_text(data, 'region')}", _text(data, "verdict")
    return one_line(f"{where} {marked(verdict)}{change}: {beyond(verdict, _headline(data))}", 600)


def _headline(data: dict[str, JsonValue]) -> str:
    """The first reason, which sums up the others; `/dr status` shows them all."""
    given = data.get("reasons")
    return str(given[0]) if isinstance(given, list) and given else _reasons(data)


def _text(data: dict[str, JsonValue], key: str) -> str:
    value = data.get(key)
    return "" if value is None else str(value)


def _people(value: JsonValue) -> list[str]:
    return [f"<@{user}>" for user in value] if isinstance(value, list) else []
