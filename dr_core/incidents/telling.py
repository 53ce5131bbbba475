"""Events of the trail in plain words, for the timeline of an incident and for reports; faces make them safe to show."""

from collections.abc import Callable

from pydantic import JsonValue

from dr_core.audit.data import Data, listed, text
from dr_core.audit.events import Event, EventKind

UNTOLD = frozenset(
    {
        EventKind.CHAIN_OPENED,
        EventKind.CONFIG_LOADED,
        EventKind.ROSTER_CHANGED,
        EventKind.DIGEST_POSTED,
        EventKind.DIGEST_MISSED,
        EventKind.RUN_CREATED,
        EventKind.STEP_FOUND,
        EventKind.FREEZE_MARKED,
        EventKind.RELEASE_INTENT,
        EventKind.RELEASE_POINTER,
        EventKind.RUNBOOK_EXPORTED,
        EventKind.REPORT_ASKED,
        EventKind.REPORT_POSTED,
    }
)
"""Bookkeeping of the trail and of processes: nothing happened to an application by it."""


def words(event: Event) -> str | None:
    """What happened, without who and when; None for bookkeeping. A kind that has no words here tells its data."""
    if event.kind in UNTOLD:
        return None
    tell = _WORDS.get(event.kind)
    return tell(event.data) if tell is not None else _plainly(event)


def _plainly(event: Event) -> str:
    """`prepare.done`: `prepare done: region eu-west-1, count 4`."""
    said = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in event.data.items() if _says(name, value)]
    what = event.kind.replace(".", " ").replace("_", " ")
    return f"{what}: {', '.join(said)}" if said else what


def _says(name: str, value: JsonValue) -> bool:
    return name not in ("proof", "digest", "evidence", "incident") and value not in (None, "", [], {})


def _value(value: JsonValue) -> str:
    if isinstance(value, list):
        return " ".join(_value(one) for one in value)
    if isinstance(value, dict):
        return " ".join(f"{name}={_value(one)}" for name, one in value.items())
    return str(value)


def _why(data: Data) -> str:
    """`: reason`, or nothing where none was given."""
    said = "; ".join(listed(data, "reasons")) or text(data, "reason")
    return f": {said}" if said else ""


def _said(what: str) -> Callable[[Data], str]:
    return lambda data: what + _why(data)


def _step(state: str) -> Callable[[Data], str]:
    def tell(data: Data) -> str:
        detail = text(data, "detail") or text(data, "reason")
        name = text(data, "title") or text(data, "step")
        return f"step {state}: {name}{f' ({detail})' if detail else ''}"

    return tell


def _release(data: Data) -> str:
    return f"{text(data, 'verb')} {text(data, 'release')} of {text(data, 'application')} to {text(data, 'colour')}"


def _where(data: Data) -> str:
    """Every region, or all but those that were left, each with its reason."""
    left = data.get("left")
    named = [f"{region} ({why})" for region, why in left.items()] if isinstance(left, dict) else []
    return f"every region but {' and '.join(named)}" if named else "every region"


def _opened(data: Data) -> str:
    way = f"{text(data, 'application')} from {text(data, 'source')} to {text(data, 'target')}"
    overrides = listed(data, "overrides")
    spite = f", in spite of {', '.join(overrides)}" if overrides else ""
    return f"asked for a {text(data, 'mode')} move of {way}{spite}{_why(data)}"


def _accepting(data: Data) -> str:
    accepted = data.get("accepted_limit_s")
    if accepted is None:
        return "accepting an unknown loss"
    return "accepting no loss" if accepted == 0 else f"accepting a loss of up to {accepted} s"


def _acked(data: Data) -> str:
    missing = data.get("missing")
    rest = f"; {missing} more needed" if isinstance(missing, int) and missing else ""
    return f"acknowledged round {text(data, 'round')}, {_accepting(data)}{rest}"


def _people(data: Data) -> str:
    """`person:Ada` and `slack:U1` by what comes after the colon."""
    return ", ".join(key.partition(":")[2] or key for key in listed(data, "people"))


def _broke_glass(data: Data) -> str:
    skipped = ", ".join(listed(data, "skipped"))
    return f"BROKE THE GLASS without waiting for {skipped or 'the quorum'}, {_accepting(data)}{_why(data)}"


def _intent(data: Data) -> str:
    late = "tried on after the end of the run" if data.get("late") else f"attempt {text(data, 'attempt')}"
    return f"step begun ({late}): {text(data, 'title') or text(data, 'step')}"


def _grew(data: Data) -> str:
    now = data.get("loss_s")
    return f"more is lost than when the step was begun: {'unknown' if now is None else f'{now} s'}"


def _verdict(data: Data) -> str:
    before = f" (was {text(data, 'before')})" if data.get("before") else ""
    first = next(iter(listed(data, "reasons")), "")
    where, verdict = f"{text(data, 'application')} in {text(data, 'region')}", text(data, "verdict")
    said = first.removeprefix(f"{verdict}: ")
    return f"{where} is {verdict}{before}{f': {said}' if said else ''}"


def _incident(what: str) -> Callable[[Data], str]:
    def tell(data: Data) -> str:
        signals = len(listed(data, "signals"))
        seen = f" ({signals} signal{'' if signals == 1 else 's'})" if signals else ""
        return f"{what}: {text(data, 'title')}{seen}"

    return tell


_WORDS: dict[str, Callable[[Data], str]] = {
    EventKind.VERDICT_CHANGED: _verdict,
    EventKind.INCIDENT_OPENED: _incident("opened the incident"),
    EventKind.INCIDENT_JOINED: _incident("joined the incident"),
    EventKind.INCIDENT_CLOSED: _said("closed the incident"),
    EventKind.NOTE_ADDED: lambda data: f"noted: {text(data, 'text')}",
    EventKind.REQUEST_OPENED: _opened,
    EventKind.REQUEST_REFUSED: _said("was refused a request"),
    EventKind.REQUEST_BLOCKED: _said("was turned away with another request"),
    EventKind.REQUEST_ACKED: _acked,
    EventKind.REQUEST_QUEUED: lambda data: f"the quorum is complete: {_people(data)}; it waits for its turn",
    EventKind.EVACUATION_STARTED: lambda data: f"wave {text(data, 'wave')} of {text(data, 'evacuation')} begins",
    EventKind.EVACUATION_HELD: _said("held back in its evacuation"),
    EventKind.EVACUATION_FREED: _said("no longer held back in its evacuation"),
    EventKind.EVACUATION_LAPSED: _said("left out of its evacuation"),
    EventKind.REQUEST_APPROVED: lambda data: f"the quorum is complete: {_people(data)}",
    EventKind.REQUEST_DENIED: _said("denied the request"),
    EventKind.REQUEST_OBJECTED: _said("objected to the request"),
    EventKind.REQUEST_CANCELLED: _said("took the request back"),
    EventKind.REQUEST_EXPIRED: lambda data: f"round {text(data, 'round')} expired without its quorum",
    EventKind.REQUEST_RENEWED: lambda data: f"opened round {text(data, 'round')}{_why(data)}",
    EventKind.REQUEST_VOID: _said("the request is void"),
    EventKind.REQUEST_BROKE_GLASS: _broke_glass,
    EventKind.RUN_TAKEN: lambda data: f"took the run up (epoch {text(data, 'epoch')})",
    EventKind.RUN_STARTED: lambda data: f"run {text(data, 'run')} started",
    EventKind.RUN_GATES_PASSED: lambda _: "every gate is open",
    EventKind.RUN_GATES_REFUSED: _said("a gate refused"),
    EventKind.RUN_ROUND_NEEDED: _said("held until it is acknowledged again"),
    EventKind.RUN_HELD: _said("held for a person to decide"),
    EventKind.RUN_PAUSED: _said("paused the run"),
    EventKind.RUN_RESUMED: _said("let the run go on"),
    EventKind.RUN_ABORT_ASKED: _said("asked for the end of the run"),
    EventKind.RUN_ABORTED: _said("the run was aborted"),
    EventKind.RUN_SUPERSEDED: _said("the run ended for another one"),
    EventKind.RUN_TAKEN_OVER: _said("took the run away from its worker"),
    EventKind.RUN_FOLLOWED: _said("nothing is tried on any more"),
    EventKind.RUN_LOSS_GREW: _grew,
    EventKind.RUN_SUCCEEDED: lambda _: "the run succeeded",
    EventKind.RUN_FAILED: _said("the run failed"),
    EventKind.STEP_INTENT: _intent,
    EventKind.STEP_DONE: _step("done"),
    EventKind.STEP_NOT_REACHED: _step("not reached"),
    EventKind.STEP_FAILED: _step("failed"),
    EventKind.STEP_UNCERTAIN: _step("uncertain"),
    EventKind.STEP_SKIPPED: _step("skipped"),
    EventKind.STEP_REACHED_LATE: _step("done late"),
    EventKind.BRAKE_ENGAGED: _said("put the brake on"),
    EventKind.BRAKE_OBJECTED: _said("objected to the brake"),
    EventKind.BRAKE_RELEASED: lambda _: "released the brake",
    EventKind.COOLDOWN_CLEARED: lambda data: f"ended the cooldown of {text(data, 'application')}",
    EventKind.REVIEW_OPENED: lambda data: f"review {text(data, 'review')} is open until somebody else closes it",
    EventKind.REVIEW_CLOSED: lambda data: f"closed review {text(data, 'review')}: {text(data, 'note')}",
    EventKind.COMMAND_REFUSED: lambda data: (
        f"was refused `{text(data, 'command')}`: {text(data, 'reason') or text(data, 'message')}"
    ),
    EventKind.DETECTION_HELD: lambda data: f"{text(data, 'region')} is down, and nothing could be proposed{_why(data)}",
    EventKind.DETECTION_CALMED: _said("what the request was proposed for is gone"),
    EventKind.DETECTION_EASED: _said("what the request was proposed for has eased"),
    EventKind.DETECTION_AGAIN: _said("what the request was proposed for is back"),
    EventKind.PREPARE_INTENT: _step("prepared meanwhile"),
    EventKind.PREPARE_DONE: _step("prepared"),
    EventKind.PREPARE_FAILED: _step("not prepared"),
    EventKind.PREPARE_UNDOING: _step("being taken back"),
    EventKind.PREPARE_UNDONE: _step("taken back"),
    EventKind.PREPARE_KEPT: _step("kept as prepared"),
    EventKind.RECONCILIATION_OPENED: lambda data: f"lost writes, {text(data, 'item')}{_why(data)}",
    EventKind.RECONCILIATION_KEPT: lambda data: f"lost writes are kept, {text(data, 'item')}{_why(data)}",
    EventKind.RECONCILIATION_SIGNED: lambda data: f"signed lost writes {text(data, 'item')}: {text(data, 'note')}",
    EventKind.FREEZE_SET: lambda data: (
        f"{text(data, 'application')} is frozen: it runs in {text(data, 'active')}, not in {text(data, 'primary')}"
    ),
    EventKind.FREEZE_LIFTED: lambda data: f"{text(data, 'application')} is no longer frozen{_why(data)}",
    EventKind.RELEASE_ASKED: lambda data: f"confirmed {_release(data)}",
    EventKind.RELEASE_REFUSED: lambda data: f"refused, nothing changed: {_release(data)}{_why(data)}",
    EventKind.RELEASE_MOVED: lambda data: f"serves in {' and '.join(listed(data, 'regions'))}: {_release(data)}",
    EventKind.RELEASE_UNDOING: lambda data: f"goes back: {_release(data)}{_why(data)}",
    EventKind.RELEASE_STUCK: lambda data: f"{text(data, 'region')} could not be put back: {_release(data)}{_why(data)}",
    EventKind.RELEASE_UNDONE: lambda data: f"taken back in {_where(data)}: {_release(data)}{_why(data)}",
    EventKind.RELEASE_SUPERSEDED: lambda data: f"is watched no longer: {_release(data)}{_why(data)}",
    EventKind.RELEASE_HEALTHY: lambda data: f"stayed healthy: {_release(data)}",
    EventKind.RELEASE_UNHEALTHY: lambda data: f"NOT HEALTHY: {_release(data)}{_why(data)}",
    EventKind.RELEASE_UNWATCHED: lambda data: f"watched no further: {_release(data)}{_why(data)}",
    EventKind.STORE_ROLLED_BACK: _said("the store was set back"),
    EventKind.CALL_UNEXPLAINED: lambda data: (
        f"a call to AWS that no run explains: {text(data, 'service')} {text(data, 'operation')}"
    ),
}
