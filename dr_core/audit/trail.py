"""The trail as the other rooms use it: append to `ops`, list, follow, verify, export."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, JsonValue

from dr_core.approvals.model import Actor
from dr_core.audit.chain import OPS, ROOT, Head, fault_of
from dr_core.audit.events import Event, EventKind
from dr_core.store import events
from dr_core.store.engine import Tx


class TrailVerdict(BaseModel):
    """`first_bad` names the first event that does not fit, or the chain whose end is missing."""

    model_config = ConfigDict(frozen=True)

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


def verify(tx: Tx) -> TrailVerdict:
    """Check every link, every head, and that the root chain knows every chain."""
    heads = events.heads(tx)
    names = events.chain_names(tx)
    registered: dict[str, str] = {}
    firsts: dict[str, str] = {}
    count = 0
    for name in (ROOT, *(n for n in names if n != ROOT)):
        head = Head()
        for stored in events.of_chain(tx, name):
            count += 1
            fault = fault_of(stored, head)
            if fault is not None:
                return TrailVerdict(ok=False, events=count, chains=len(names), first_bad=fault)
            head = Head(stored.seq, stored.hash)
            firsts.setdefault(name, stored.hash)
            if name == ROOT:
                registered[str(stored.data.get("chain"))] = str(stored.data.get("hash"))
        if heads.get(name, Head()) != head:
            first_bad = f"{name}/{head.seq}: the chain's end is not where its head row says"
            return TrailVerdict(ok=False, events=count, chains=len(names), first_bad=first_bad)
    lost = [name for name, first in registered.items() if firsts.get(name) != first]
    unknown = [name for name in firsts if name != ROOT and name not in registered]
    orphaned = [name for name in heads if name not in names]
    for sentence, found in (
        ("the root chain knows another first event of chain", lost),
        ("the root chain does not know chain", unknown),
        ("a head row without events: chain", orphaned),
    ):
        if found:
            return TrailVerdict(ok=False, events=count, chains=len(names), first_bad=f"{sentence} {min(found)}")
    return TrailVerdict(ok=True, events=count, chains=len(names), first_bad=None)


def export(tx: Tx) -> Iterator[dict[str, JsonValue]]:
    """Every event as `{"chain", "seq", "cmd_id", "body", "prev", "hash"}`, chain by chain."""
    for name in events.chain_names(tx):
        for stored in events.of_chain(tx, name):
            yield stored.model_dump(mode="json", include={"chain", "seq", "cmd_id", "body", "prev", "hash"})
