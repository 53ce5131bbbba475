"""What the trail says that a release intended to write, for whoever holds CloudTrail's record against it."""

from dr_core.audit.events import Event
from dr_core.audit.reconcile import Intent
from dr_core.store import events
from dr_core.store.engine import Tx


def intents_of(tx: Tx, release_id: str) -> dict[str, Intent]:
    """region -> the intent to write its pointer, until it was seen to be settled everywhere; empty for no release."""
    begun = _event(tx, release_id, "intent")
    if begun is None:
        return {}
    end = _event(tx, release_id, "undone") or (
        None if _event(tx, release_id, "undoing") else _event(tx, release_id, "moved")
    )
    regions, subject = begun.data.get("regions"), str(begun.data.get("parameter"))
    named = regions if isinstance(regions, dict) else {}
    until = end.at if end is not None else None
    return {region: Intent("move-pointer", frozenset({region}), begun.at, until, subject) for region in map(str, named)}


def _event(tx: Tx, release_id: str, name: str) -> Event | None:
    found = events.known(tx, f"{release_id}:{name}")
    return found if found is not None and found.kind == f"release.{name}" else None
