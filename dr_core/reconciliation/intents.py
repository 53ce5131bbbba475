"""What the trail says that the search for lost writes intended to copy, for whoever holds CloudTrail's record to it."""

from datetime import UTC, datetime

from dr_core.audit.events import Event, EventKind
from dr_core.audit.reconcile import Intent
from dr_core.store import events
from dr_core.store.engine import Tx

BEFORE = "copy"
"""The step that the first copy names where a worker of the version before asks for it."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def intents_of(tx: Tx, item_id: str) -> dict[str, Intent]:
    """name of a copy of an item's snapshot -> from when it was asked for until one was kept; empty where none ever was.

    Such a call names the copy as its step: one that failed is made once more, under another name.
    """
    ended = next(iter(_told(tx, item_id, EventKind.RECONCILIATION_KEPT)), None)
    found: dict[str, Intent] = {}
    for begun in _told(tx, item_id, EventKind.RECONCILIATION_COPYING):
        region, copy = str(begun.data.get("region", "")), str(begun.data.get("copy", ""))
        until = ended.at if ended else None
        intent = Intent("keep-lost-writes", frozenset({region}), begun.at, until, copy)
        found.setdefault(copy, intent)
        found.setdefault(BEFORE, intent)
    return found


def _told(tx: Tx, item_id: str, kind: EventKind) -> list[Event]:
    return [event for event in events.of_kind(tx, kind, _EVER) if event.data.get("item") == item_id]
