"""What the trail says that the search for lost writes intended to copy, for whoever holds CloudTrail's record to it."""

from datetime import UTC, datetime

from dr_core.audit.events import Event, EventKind
from dr_core.audit.reconcile import Intent
from dr_core.store import events
from dr_core.store.engine import Tx

COPY = "copy"
"""The step that such a call names, of its item."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def intents_of(tx: Tx, item_id: str) -> dict[str, Intent]:
    """The copy of an item's snapshot, from when it was asked for until it was seen; empty where it never was."""
    begun, ended = (
        _first(tx, item_id, kind) for kind in (EventKind.RECONCILIATION_COPYING, EventKind.RECONCILIATION_KEPT)
    )
    if begun is None:
        return {}
    region, copy = str(begun.data.get("region", "")), str(begun.data.get("copy", ""))
    return {COPY: Intent("keep-lost-writes", frozenset({region}), begun.at, ended.at if ended else None, copy)}


def _first(tx: Tx, item_id: str, kind: EventKind) -> Event | None:
    return next((event for event in events.of_kind(tx, kind, _EVER) if event.data.get("item") == item_id), None)
