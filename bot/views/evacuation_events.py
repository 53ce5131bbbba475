"""What happened in an evacuation, in words for its thread."""

from pydantic import JsonValue

from bot.views.text import counted, limit, marked, one_line
from dr_core.audit.data import Data, listed, text
from dr_core.audit.events import EventKind


def evacuation(data: Data, by: str) -> dict[EventKind, str]:
    """Kind -> words, for one event's data and whoever it is by."""
    name, why = text(data, "application"), one_line(text(data, "reason") or "no reason was recorded")
    ended = f"the evacuation {data.get('evacuation')} is over: {_stages(data)}"
    return {
        EventKind.EVACUATION_OPENED: f"{marked('open')}: asked by {by}",
        EventKind.EVACUATION_ACKED: f"{marked('approved')} by {by}: {_acked(data)}",
        EventKind.EVACUATION_DENIED: f"{marked('denied')} by {by} for {_names(data)}{_aborted(data)}: {why}",
        EventKind.EVACUATION_CANCELLED: f"{marked('cancelled')} by {by} for {_names(data)}{_aborted(data)}",
        EventKind.EVACUATION_RENEWED: f"{marked('open')}: {by} opened a new round for {_names(data)}{_kept(data)}",
        EventKind.EVACUATION_STARTED: f"{marked('running')}: wave {data.get('wave')}: {name} begins, {data.get('run')}",
        EventKind.EVACUATION_HELD: f"{marked('held')}: {name} is held: {why}. It follows by itself when that has "
        f"arrived; /dr cancel {data.get('request')} takes it out",
        EventKind.EVACUATION_FREED: f"{marked('approved')}: {name} is no longer held: {why}",
        EventKind.EVACUATION_LAPSED: f"{marked('void')}: {name} does not go: {why}{_alone(data)}",
        EventKind.EVACUATION_ENDED: f"{marked('done' if _all_arrived(data) else 'failed')}: {ended}",
    }


def _alone(data: Data) -> str:
    given = text(data, "alone")
    return f". To ask for it alone: /dr {given}" if given else ""


def _acked(data: Data) -> str:
    missing, losses = data.get("missing"), data.get("accepted_limits_s")
    most = max((one for one in missing.values() if isinstance(one, int)), default=0) if isinstance(missing, dict) else 0
    rest = f"; {counted(most, 'more approval')} needed" if most else ""
    told = losses.items() if isinstance(losses, dict) else ()
    each = ", ".join(f"{name} {_loss(loss)}" for name, loss in told)
    gone = listed(data, "void")
    void = f"; void, because its plan no longer fits: {', '.join(gone)}" if gone else ""
    return f"accepting a loss of {each}{rest}{void}"


def _loss(given: JsonValue) -> str:
    return "nothing" if given == 0 else limit(given if isinstance(given, int) else None)


def _names(data: Data) -> str:
    return ", ".join(listed(data, "applications"))


def _aborted(data: Data) -> str:
    gone = listed(data, "aborted")
    return f", whose runs had asked again and end: {', '.join(gone)}" if gone else ""


def _kept(data: Data) -> str:
    kept = data.get("kept")
    told = (
        "; ".join(f"{name}: {one_line(str(why), 120)}" for name, why in kept.items()) if isinstance(kept, dict) else ""
    )
    return f"; not for {told}" if told else ""


def _all_arrived(data: Data) -> bool:
    stages = data.get("stages")
    return isinstance(stages, dict) and set(stages.values()) == {"arrived"}


def _stages(data: Data) -> str:
    stages = data.get("stages")
    return ", ".join(f"{name} {stage}" for name, stage in stages.items()) if isinstance(stages, dict) else ""
