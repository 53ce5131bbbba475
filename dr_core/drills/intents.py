"""What the trail says that a drill intended to change, for whoever holds CloudTrail's record against it."""

from dr_core.audit.events import Event, EventKind
from dr_core.audit.reconcile import Intent
from dr_core.drills.agenda import CHANGING
from dr_core.drills.model import Exercise
from dr_core.errors import NotFoundError
from dr_core.store import drills, events
from dr_core.store.engine import Tx


def intents_of(tx: Tx, drill_id: str) -> dict[str, Intent]:
    """exercise -> its intent, until it was seen to be cleaned up; empty for a drill that there is none of.

    One that only looks ends with its result; cut short it has none, and is cleaned up like any other.
    """
    try:
        drill = drills.get(tx, drill_id)
    except NotFoundError:
        return {}
    found = {}
    for number, one in enumerate(drill.exercises):
        begun = _event(tx, drill_id, number, EventKind.DRILL_INTENT)
        if begun is None:
            continue
        end = _event(tx, drill_id, number, EventKind.DRILL_CLEANED)
        if end is None and one.kind not in CHANGING:
            end = _event(tx, drill_id, number, EventKind.DRILL_RESULT)
        found[one.name] = Intent(f"drill-{one.kind}", _regions(one), begun.at, end.at if end else None)
    return found


def _regions(exercise: Exercise) -> frozenset[str]:
    """A bucket's copies are cleaned up in their own regions."""
    buckets = exercise.params.get("buckets")
    copies = buckets if isinstance(buckets, dict) else {}
    return frozenset(filter(None, (exercise.region, *copies)))


def _event(tx: Tx, drill_id: str, number: int, kind: EventKind) -> Event | None:
    return events.known(tx, f"{drill_id}:{number}:{kind.value.partition('.')[2]}")
