"""What happened to members of an evacuation before their runs: they have no card yet, so its thread tells it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import JsonValue

from bot.views import thread
from dr_core.audit.events import Event, EventKind
from dr_core.store import events
from dr_core.store.engine import Tx

_TOLD = (
    thread.LOUD
    | thread.PAGING
    | {
        EventKind.REQUEST_DENIED,
        EventKind.REQUEST_OBJECTED,
        EventKind.REQUEST_CANCELLED,
        EventKind.REQUEST_VOID,
    }
)
_OF_ALL: Mapping[str, tuple[EventKind, ...]] = {
    EventKind.REQUEST_DENIED: (EventKind.EVACUATION_DENIED,),
    EventKind.REQUEST_CANCELLED: (EventKind.EVACUATION_CANCELLED,),
    EventKind.REQUEST_RENEWED: (EventKind.EVACUATION_RENEWED,),
    EventKind.REQUEST_VOID: (EventKind.EVACUATION_LAPSED, EventKind.EVACUATION_ACKED),
}
"""What one commit wrote for the evacuation and for each of its members is told once, for all of it."""

_ONE_COMMIT = timedelta(minutes=1)


@dataclass(frozen=True)
class MemberEvents:
    """What is to be told of one member, in order."""

    evacuation: str
    application: str
    events: Sequence[Event]

    @property
    def chain(self) -> str:
        return self.events[0].chain


def news(tx: Tx, found: Iterable[MemberEvents]) -> tuple[tuple[str, Event], ...]:
    """Application and event, of those that people have to hear of and that nothing else tells."""
    return tuple(
        (one.application, event)
        for one in found
        for event in one.events
        if event.kind in _TOLD and not _told_for_all(tx, one, event)
    )


def _told_for_all(tx: Tx, member: MemberEvents, event: Event) -> bool:
    """An evacuation's event names whom it is about, and is the last of its commit.

    No member comes to the same again within so short a time: what was ended stays so, a new round lasts for minutes.
    """
    return any(
        whole.at - event.at <= _ONE_COMMIT
        and whole.data.get("evacuation") == member.evacuation
        and member.application in _named(whole.data)
        for kind in _OF_ALL.get(event.kind, ())
        for whole in events.of_kind(tx, kind, event.at)
    )


def _named(data: Mapping[str, JsonValue]) -> Iterator[JsonValue]:
    for key in ("applications", "void"):
        given = data.get(key)
        yield from given if isinstance(given, list) else ()
    yield data.get("application")
