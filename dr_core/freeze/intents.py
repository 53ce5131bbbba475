"""What the trail says of a freeze, and which marker it intends by that, for whoever holds CloudTrail's record to it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from dr_core.audit.events import Event, EventKind
from dr_core.audit.reconcile import EARLY, AwsCall, Intent
from dr_core.freeze.model import Freeze
from dr_core.freeze.port import parameter
from dr_core.store import events
from dr_core.store.engine import Tx

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# (what asks for such a call, what ends that, the kind of intent)
_ASKS = {
    "PutParameter": (EventKind.FREEZE_SET, EventKind.FREEZE_LIFTED, "mark-freeze"),
    "DeleteParameter": (EventKind.FREEZE_LIFTED, EventKind.FREEZE_SET, "unmark-freeze"),
}


def about(known: Freeze, regions: Iterable[str]) -> dict[str, JsonValue]:
    """What every event of a freeze says; `regions` are those that its marker stands in."""
    return {
        "application": known.application,
        "active": known.active,
        "primary": known.primary,
        "parameter": parameter(known.application),
        "regions": list(regions),
    }


def intent_of(tx: Tx, call: AwsCall) -> Intent | None:
    """What was intended for the marker that a call names, at its time."""
    kinds = (EventKind.FREEZE_SET, EventKind.FREEZE_LIFTED)
    told = [event for kind in kinds for event in events.of_kind(tx, kind, _EVER)]
    mine = [event for event in told if call.subject and event.data.get("parameter") == call.subject]
    return asked(call, sorted(mine, key=lambda event: event.seq))


def asked(call: AwsCall, turns: Sequence[Event]) -> Intent | None:
    """By the last turn before the call that asks for it, else by the first one there is. Pure."""
    begins, ends, kind = _ASKS.get(call.operation, (None, None, ""))
    found = None
    for place, turn in enumerate(turns):
        if turn.kind != begins or (found is not None and turn.at - EARLY > call.at):
            continue
        until = next((later.at for later in turns[place:] if later.kind == ends), None)
        regions = turn.data.get("regions")
        where = frozenset(str(region) for region in regions) if isinstance(regions, list) else frozenset[str]()
        found = Intent(kind, where, turn.at, until, call.subject)
    return found
