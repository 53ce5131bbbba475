"""One order for what happened: the trail of requests and runs, verdicts, the brake, and notes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dr_core.audit.chain import OPS
from dr_core.audit.events import Event, EventKind
from dr_core.incidents.telling import words
from dr_core.value import Value

_EVERYBODYS = frozenset(
    {EventKind.BRAKE_ENGAGED, EventKind.BRAKE_OBJECTED, EventKind.BRAKE_RELEASED, EventKind.STORE_ROLLED_BACK}
)
"""What stops or changes every application, and so belongs to whatever happens meanwhile."""


class Entry(Value):
    """One thing that happened. `who` is a person or a part of the product, `about` the request where there is one.

    `chain` and `seq` name the event in the trail.
    """

    at: datetime
    who: str
    what: str
    kind: str
    about: str
    chain: str
    seq: int


@dataclass(frozen=True)
class Extent:
    """What a timeline is about. `applications` None: all; `until` None: up to now.

    `named` are ids (incidents, requests, runs, drills): what names one of them belongs to it whenever it happened.
    """

    since: datetime
    until: datetime | None
    applications: frozenset[str] | None
    named: frozenset[str]


def timeline(events: Iterable[Event], extent: Extent) -> tuple[Entry, ...]:
    """Every event of the extent that has words, in order; within one chain always in the chain's own.

    A clock that was set back must not put an effect before its cause: an event counts as no earlier than the one
    before it in its chain, but shows the time that the trail holds.
    """
    latest: dict[str, datetime] = {}
    kept: list[tuple[datetime, str, int, Entry]] = []
    for event in sorted(events, key=lambda one: (one.chain, one.seq)):
        counted = latest[event.chain] = max(event.at, latest.get(event.chain, event.at))
        told = words(event) if _belongs(event, extent) else None
        if told is not None and not _no_news(event):
            kept.append((counted, event.chain, event.seq, _entry(event, told)))
    return tuple(entry for *_, entry in sorted(kept, key=lambda one: one[:3]))


def _belongs(event: Event, extent: Extent) -> bool:
    if event.chain != OPS:
        return event.chain in extent.named
    if not extent.named.isdisjoint(str(event.data.get(key)) for key in ("incident", "request", "run", "drill")):
        return True
    if event.at < extent.since or (extent.until is not None and event.at > extent.until):
        return False
    if event.kind in _EVERYBODYS:
        return True
    application = event.data.get("application")
    return application is not None and (extent.applications is None or str(application) in extent.applications)


def _no_news(event: Event) -> bool:
    """The first worker of a run and the first attempt of a step are how each goes; so is a first look that is good."""
    if event.kind == EventKind.RUN_TAKEN:
        return event.data.get("epoch") == 1
    if event.kind == EventKind.VERDICT_CHANGED:
        return event.data.get("before") is None and event.data.get("verdict") == "healthy"
    return event.kind == EventKind.STEP_INTENT and event.data.get("attempt") == 1


def _entry(event: Event, told: str) -> Entry:
    who = str(event.actor.get("display") or event.actor.get("person") or "somebody")
    about = "" if event.chain == OPS else event.chain
    return Entry(at=event.at, who=who, what=told, kind=event.kind, about=about, chain=event.chain, seq=event.seq)
