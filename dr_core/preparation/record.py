"""Keeps what was prepared, with its event in the request's chain, in one transaction."""

from datetime import datetime

from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.preparation.decide import Fate, fate
from dr_core.preparation.model import Item, ItemState
from dr_core.preparation.situation import situation
from dr_core.store import preparations, requests
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

_ACTOR = Actor(person="worker", display="DR worker", face=Face.WORKER)
_KINDS = {
    ItemState.INTENDED: EventKind.PREPARE_INTENT,
    ItemState.DONE: EventKind.PREPARE_DONE,
    ItemState.FAILED: EventKind.PREPARE_FAILED,
    ItemState.REFUSED: EventKind.PREPARE_FAILED,
    ItemState.UNDOING: EventKind.PREPARE_UNDOING,
    ItemState.UNDONE: EventKind.PREPARE_UNDONE,
    ItemState.KEPT: EventKind.PREPARE_KEPT,
}
_NEEDS = {ItemState.INTENDED: Fate.PREPARE, ItemState.UNDOING: Fate.UNDO}
"""Intents: what is about to be done must still be what should be done, by the same transaction."""


def put(tx: Tx, topology: Topology, request_id: str, new: Item, old: datetime) -> bool:
    """Keep an item in its new state; False, and nothing is written, where an intent came too late. The same twice is
    written once, and an intent is looked at anew each time. What was over before `old` is forgotten."""
    before, request = preparations.get(tx, request_id), requests.get(tx, request_id)
    needed = _NEEDS.get(new.state)
    if needed is not None and fate(request, new.step, situation(tx, topology, request))[0] is not needed:
        return False
    if before.item(new.step) == new:
        return True
    data: dict[str, JsonValue] = {
        "step": new.step,
        "title": new.title,
        "name": new.name,
        "region": new.region,
        "count": new.count,
        "size": new.size,
        "detail": new.detail,
    }
    requests.transition(tx, request, [(_KINDS[new.state], actor_data(_ACTOR), data, None)])
    preparations.put(tx, before.having(new))
    preparations.forget(tx, old)
    return True
