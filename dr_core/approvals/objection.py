"""A second denial by the same person within the hour is an objection, which two carry: one alone cannot block."""

from datetime import timedelta
from enum import StrEnum

from dr_core.approvals.model import Actor, Request
from dr_core.audit.events import Event, EventKind
from dr_core.store import events, requests
from dr_core.store.engine import Tx

WINDOW = timedelta(hours=1)


class Weight(StrEnum):
    """What a denial does now."""

    ENDS = "ends"
    OBJECTS = "objects"
    OBJECTED = "objected"


def weigh(*, denied_lately: bool, objectors: frozenset[str], person: str) -> Weight:
    """Pure. The first denial ends a request; a later one only together with somebody else's."""
    if not denied_lately or objectors - {person}:
        return Weight.ENDS
    return Weight.OBJECTED if person in objectors else Weight.OBJECTS


def weight_of(tx: Tx, request: Request, actor: Actor) -> Weight:
    """What a denial of `request` by `actor` does, by what the trail holds of the last hour and of this round."""
    denials = events.of_kind(tx, EventKind.REQUEST_DENIED, tx.now() - WINDOW)
    lately = any(
        who(event) == actor.person and requests.get(tx, event.chain).application == request.application
        for event in denials
    )
    objections = [e for e in events.of_chain(tx, request.id) if e.kind == EventKind.REQUEST_OBJECTED]
    objectors = frozenset(who(event) for event in objections if event.data.get("round") == request.round)
    return weigh(denied_lately=lately, objectors=objectors, person=actor.person)


def who(event: Event) -> str:
    """The person behind an event."""
    return str(event.actor.get("person"))
