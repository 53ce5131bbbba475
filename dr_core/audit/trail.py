"""The trail as the other rooms use it: append to `ops`, list, follow, verify, export."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.approvals.model import Actor
from dr_core.audit.chain import OPS, ROOT, Head, fault_of
from dr_core.audit.events import Event, EventKind
from dr_core.store import events
from dr_core.store.engine import Tx
from dr_core.value import Value

_PAGE = 1000


@dataclass(frozen=True)
class Said:
    """What an anchor says of one event."""

    hash: str
    anchor: int


Anchored = Mapping[str, Mapping[int, Said]]
"""chain -> number of an event -> what the first anchor that covers it says of it."""
NOTHING: Anchored = {}


class TrailVerdict(Value):
    """`first_bad` names the first event that does not fit, or the chain whose end is missing."""

    ok: bool
    events: int
    chains: int
    first_bad: str | None


def append_ops(
    tx: Tx, kind: EventKind, actor: Actor, data: Mapping[str, JsonValue], *, cmd_id: str | None = None
) -> None:
    """Record something that belongs to no request. With a `cmd_id` seen before, nothing happens."""
    if cmd_id is not None and events.known(tx, cmd_id) is not None:
        return
    events.append(tx, OPS, (kind, actor_data(actor), data, cmd_id))


def actor_data(actor: Actor) -> dict[str, JsonValue]:
    """An actor as it stands in an event."""
    return dict(actor.model_dump(mode="json", exclude_none=True))


def listing(tx: Tx, *, limit: int = 50, chain: str | None = None) -> tuple[Event, ...]:
    """The newest events, oldest of them first; a request's chain is its id."""
    return events.newest(tx, limit=limit, chain=chain)


def pending(tx: Tx, consumer: str, limit: int = 200) -> tuple[Event, ...]:
    """What `consumer` has not been told yet, in order within each chain."""
    return events.pending(tx, consumer, limit)


def advance(tx: Tx, consumer: str, chain: str, seq: int) -> None:
    """Say that `consumer` was told everything of `chain` up to `seq`."""
    events.advance(tx, consumer, chain, seq)


def verify(tx: Tx, anchored: Anchored = NOTHING) -> TrailVerdict:
    """Check every link, every head, that the root chain knows every chain, and what anchors say of single events."""
    heads, names = events.heads(tx), events.chain_names(tx)
    registered: dict[str, str] = {}
    firsts: dict[str, str] = {}
    count = 0

    def verdict(first_bad: str | None) -> TrailVerdict:
        return TrailVerdict(ok=first_bad is None, events=count, chains=len(names), first_bad=first_bad)

    for name in (ROOT, *(n for n in names if n != ROOT)):
        head = Head()
        for stored in _in_order(tx, name):
            count += 1
            fault = fault_of(stored, head) or _another(stored, anchored)
            if fault is not None:
                return verdict(fault)
            head = Head(stored.seq, stored.hash)
            firsts.setdefault(name, stored.hash)
            if name == ROOT:
                registered[str(stored.data.get("chain"))] = str(stored.data.get("hash"))
        if heads.get(name, Head()) != head:
            return verdict(f"{name}/{head.seq}: the chain's end is not where its head row says")
        if (cut := _cut(name, head, anchored)) is not None:
            return verdict(cut)
    gone = [name for name in anchored if name not in names]
    if gone:
        return verdict(_cut(min(gone), Head(), anchored))
    return verdict(_unregistered(registered, firsts, set(heads) - set(names)))


def _unregistered(registered: Mapping[str, str], firsts: Mapping[str, str], orphaned: Iterable[str]) -> str | None:
    """What is wrong between the root chain, the chains and the head rows."""
    lost = [name for name, first in registered.items() if firsts.get(name) != first]
    unknown = [name for name in firsts if name != ROOT and name not in registered]
    for sentence, found in (
        ("the root chain knows another first event of chain", lost),
        ("the root chain does not know chain", unknown),
        ("a head row without events: chain", list(orphaned)),
    ):
        if found:
            return f"{sentence} {min(found)}"
    return None


def _another(stored: Event, anchored: Anchored) -> str | None:
    said = anchored.get(stored.chain, {}).get(stored.seq)
    if said is None or said.hash == stored.hash:
        return None
    return f"{stored.chain}/{stored.seq}: anchor {said.anchor} says that another event stood here"


def _cut(name: str, head: Head, anchored: Anchored) -> str | None:
    beyond = {seq: said for seq, said in anchored.get(name, {}).items() if seq > head.seq}
    if not beyond:
        return None
    seq = min(beyond)
    return f"{name}/{head.seq + 1}: anchor {beyond[seq].anchor} says that the chain goes on to {seq}; it ends before"


def _in_order(tx: Tx, name: str) -> Iterator[Event]:
    """A chain's events, a page at a time."""
    seq = 0
    while page := tuple(events.of_chain(tx, name, seq, _PAGE)):
        yield from page
        seq = page[-1].seq


def page(tx: Tx, chain: str, after: int, until: int) -> tuple[Event, ...]:
    """The next events of a chain, up to number `until`; none beyond it."""
    left = until - after
    return tuple(events.of_chain(tx, chain, after, min(_PAGE, left))) if left > 0 else ()
