"""Events in SQL. Appending happens only through a compare-and-set on the head of the chain."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, and_, bindparam, func, insert, select, union_all, update
from ulid import ULID

from dr_core.audit.chain import OPS, ROOT, Head, link
from dr_core.audit.events import Event, EventKind
from dr_core.store import rows
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import chain as chains
from dr_core.store.tables import event, outbox_cursor, request, run

Entry = tuple[EventKind, Mapping[str, JsonValue], Mapping[str, JsonValue], str | None]
"""(kind, actor, data, cmd_id); without a cmd_id the event gets one of its own."""


# Made once: building a statement costs more than sending it.
_COLUMNS = ("chain", "seq", "cmd_id", "at", "kind", "body", "prev", "hash")
_INSERT = insert(event)
_KNOWN = select(event).where(event.c.cmd_id == bindparam("wanted"))
_OF_KIND = select(event).where(event.c.kind == bindparam("of"), event.c.at >= bindparam("since")).order_by(event.c.at)
_OF_CHAIN = (
    select(event).where(event.c.chain == bindparam("of"), event.c.seq > bindparam("after")).order_by(event.c.seq)
)
_SINCE = select(event).where(event.c.chain == bindparam("of"), event.c.at >= bindparam("since")).order_by(event.c.seq)
_OF_REQUESTS = select(
    request.c.id,
    func.coalesce(run.c.chain_seq, request.c.chain_seq),
    func.coalesce(run.c.chain_hash, request.c.chain_hash),
).join(run, run.c.request == request.c.id, isouter=True)
HEADS = union_all(select(chains.c.name, chains.c.seq, chains.c.hash), _OF_REQUESTS).subquery("heads")
"""Where each chain ends (name, seq, hash), by the rows that guard it: a run's own row once there is one."""

_IS_FOR = and_(outbox_cursor.c.chain == HEADS.c.name, outbox_cursor.c.consumer == bindparam("consumer"))
_UP_TO = func.coalesce(outbox_cursor.c.seq, 0)
_WAITS_SINCE = select(event.c.at).where(event.c.chain == HEADS.c.name, event.c.seq == _UP_TO + 1).scalar_subquery()
_BEHIND = (
    select(HEADS.c.name, _UP_TO.label("told"))
    .join(outbox_cursor, _IS_FOR, isouter=True)
    .where(HEADS.c.name != ROOT, HEADS.c.seq > _UP_TO)
    .order_by(_WAITS_SINCE, HEADS.c.name)
    .limit(bindparam("most"))
)
_ENDS = select(HEADS)
_TOLD = select(outbox_cursor.c.seq).where(
    outbox_cursor.c.consumer == bindparam("consumer"), outbox_cursor.c.chain == bindparam("about")
)
_HEAD = select(chains).where(chains.c.name == bindparam("wanted"))
_BEGIN = insert(chains)
_CLAIM = update(chains).where(chains.c.name == bindparam("wanted"), chains.c.seq == bindparam("old"))


def known(tx: Tx, cmd_id: str) -> Event | None:
    """The event that a command already left, if its commit went through before."""
    row = tx.conn.execute(_KNOWN, {"wanted": cmd_id}).one_or_none()
    return None if row is None else _event(row)


def done(tx: Tx, cmd_id: str | None, kind: EventKind, chain: str | None = None) -> Event | None:
    """The event that this very command already left. Another command's event with the same id says nothing."""
    found = known(tx, cmd_id) if cmd_id is not None else None
    return found if found is not None and found.kind == kind and chain in (None, found.chain) else None


def of_kind(tx: Tx, kind: EventKind, since: datetime) -> tuple[Event, ...]:
    """Every event of a kind since then, oldest first."""
    return tuple(_event(row) for row in tx.conn.execute(_OF_KIND, {"of": kind.value, "since": since}))


def own_id(tx: Tx, cmd_id: str | None) -> str | None:
    """`cmd_id`, unless another event took it: then the new event gets one of its own, since ids are unique."""
    return None if cmd_id is None or known(tx, cmd_id) is not None else cmd_id


def build(chain: str, head: Head, entries: Iterable[Entry], at: datetime) -> list[Event]:
    """The events that follow `head`, linked but not yet written."""
    built: list[Event] = []
    for kind, actor, data, cmd_id in entries:
        built.append(link(chain, head, kind, actor, data, at=at, cmd_id=cmd_id or f"auto:{ULID()}"))
        head = Head(built[-1].seq, built[-1].hash)
    return built


def put(tx: Tx, events: Iterable[Event]) -> None:
    """Write built events. The caller has claimed the head with a compare-and-set before."""
    for new in events:
        tx.conn.execute(_INSERT, {name: getattr(new, name) for name in _COLUMNS})


def append(tx: Tx, chain: str, entry: Entry) -> Event:
    """Append to `ops` or `root`, whose heads stand in the table `chain`."""
    row = tx.conn.execute(_HEAD, {"wanted": chain}).one_or_none()
    old = Head() if row is None else Head(row.seq, row.hash)
    if row is None:
        tx.conn.execute(_BEGIN, {"name": chain, "seq": 0, "hash": old.hash})
    [new] = build(chain, old, [entry], tx.now())
    claimed = tx.conn.execute(_CLAIM, {"wanted": chain, "old": old.seq, "seq": new.seq, "hash": new.hash})
    if claimed.rowcount != 1:
        raise StaleError(chain)
    put(tx, [new])
    if chain != ROOT and new.seq == 1:
        register(tx, chain, new.hash)
    return new


def register(tx: Tx, chain: str, first_hash: str) -> None:
    """Write a chain's first event into the root chain, in the same transaction, so that no chain can vanish."""
    append(tx, ROOT, (EventKind.CHAIN_OPENED, {}, {"chain": chain, "hash": first_hash}, f"chain:{chain}"))


def heads(tx: Tx) -> dict[str, Head]:
    """Where each chain ends."""
    return {row.name: Head(row.seq, row.hash) for row in tx.conn.execute(_ENDS)}


def of_chain(tx: Tx, chain: str, after: int = 0, limit: int | None = None) -> Iterator[Event]:
    """A chain's events in order, after number `after`."""
    query = _OF_CHAIN.limit(limit) if limit else _OF_CHAIN
    for row in tx.conn.execute(query, {"of": chain, "after": after}):
        yield _event(row)


def since(tx: Tx, chain: str, at: datetime) -> tuple[Event, ...]:
    """A chain's events from then on, in order."""
    return tuple(_event(row) for row in tx.conn.execute(_SINCE, {"of": chain, "since": at}))


def chain_names(tx: Tx) -> tuple[str, ...]:
    return tuple(tx.conn.execute(select(event.c.chain).distinct().order_by(event.c.chain)).scalars())


def ends(tx: Tx) -> dict[str, int]:
    """The highest number in each chain."""
    query = select(event.c.chain, func.max(event.c.seq).label("seq")).group_by(event.c.chain).order_by(event.c.chain)
    return {row.chain: row.seq for row in tx.conn.execute(query)}


def newest(tx: Tx, *, limit: int, chain: str | None = None) -> tuple[Event, ...]:
    """The newest events of one chain, or of all but the root chain, oldest of them first."""
    query = select(event).order_by(event.c.at.desc(), event.c.chain, event.c.seq.desc()).limit(limit)
    query = query.where(event.c.chain == chain) if chain else query.where(event.c.chain != ROOT)
    return tuple(_event(row) for row in reversed(tx.conn.execute(query).all()))


def pending(tx: Tx, consumer: str, limit: int) -> tuple[Event, ...]:
    """What a consumer has not been told yet: each chain in its order, the one that waits longest first.

    Times only order the chains: a clock that was set back must not put a chain's second event before its first.
    """
    found: list[Event] = []
    for row in tx.conn.execute(_BEHIND, {"consumer": consumer, "most": limit}).all():
        found += of_chain(tx, row.name, after=row.told, limit=limit - len(found))
        if len(found) == limit:
            break
    return tuple(found)


def advance(tx: Tx, consumer: str, chain: str, seq: int) -> None:
    """Move a consumer's cursor forward, never back."""
    rows.put_higher(tx, outbox_cursor, {"consumer": consumer, "chain": chain}, "seq", seq)


def told(tx: Tx, consumer: str, about: str) -> int:
    """How far a consumer's cursor is; 0 where it never moved."""
    return tx.conn.execute(_TOLD, {"consumer": consumer, "about": about}).scalar_one_or_none() or 0


def pass_over(tx: Tx, consumer: str, about: str, passed: Sequence[Event]) -> None:
    """Remember that the cursor of `ops` moves over these without their being told.

    Two more cursors, which only move forward either: what `about` was told, and how far it is owed.
    """
    advance(tx, consumer, about, passed[0].seq - 1)
    advance(tx, f"{consumer}-owed", about, passed[-1].seq)


def passed_over(tx: Tx, consumer: str, kinds: Iterable[EventKind], key: str) -> tuple[Event, ...]:
    """What was passed over and not told since, in order; `key` is where an event of these kinds names its subject."""
    told, owed = outbox_cursor.alias("told"), outbox_cursor.alias("owed")
    query = (
        select(event, told.c.chain.label("about"))
        .join(owed, and_(owed.c.consumer == f"{consumer}-owed", event.c.seq <= owed.c.seq))
        .join(told, and_(told.c.consumer == consumer, told.c.chain == owed.c.chain, event.c.seq > told.c.seq))
        .where(event.c.chain == OPS, event.c.kind.in_([kind.value for kind in kinds]))
        .order_by(event.c.seq)
    )
    found = [(row.about, _event(row)) for row in tx.conn.execute(query)]
    return tuple(one for about, one in found if one.data.get(key) == about)


def _event(row: Row[Any]) -> Event:
    body = json.loads(row.body)
    return Event(
        chain=row.chain,
        seq=row.seq,
        cmd_id=row.cmd_id,
        at=row.at,
        kind=row.kind,
        actor=body.get("actor", {}),
        data=body.get("data", {}),
        body=row.body,
        prev=row.prev,
        hash=row.hash,
    )
