"""Anchors in SQL: what the next one has to cover, the sealed ones in order, and in which buckets each was put."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from dr_core.approvals.model import RequestState
from dr_core.audit.anchor import Sealed
from dr_core.audit.chain import OPS, ROOT, Head
from dr_core.store import events, watermarks
from dr_core.store.brake import ACTING
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import anchor, outbox_cursor, request, run
from dr_core.store.watermarks import Watermark

CONSUMER = "anchor"
_PAGE = 500


def newest(tx: Tx) -> Sealed | None:
    row = tx.conn.execute(select(anchor).order_by(anchor.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _sealed(row)


def of_number(tx: Tx, number: int) -> Sealed | None:
    row = tx.conn.execute(select(anchor).where(anchor.c.number == number)).one_or_none()
    return None if row is None else _sealed(row)


def after(tx: Tx, number: int, limit: int) -> tuple[Sealed, ...]:
    """The sealed ones that follow a number, in order."""
    query = select(anchor).where(anchor.c.number > number).order_by(anchor.c.number).limit(limit)
    return tuple(_sealed(row) for row in tx.conn.execute(query))


def all(tx: Tx) -> Iterator[Sealed]:  # noqa: A001 - read as anchors.all(tx)
    """Every anchor in order, a page at a time."""
    number = 0
    while page := after(tx, number, _PAGE):
        yield from page
        number = page[-1].number


def add(tx: Tx, sealed: Sealed, before: Sealed | None, heads: Mapping[str, Head]) -> bool:
    """Keep a sealed anchor as the one after `before`, and remember what it covers; False: another was quicker.

    The same anchor again, because the answer of its commit was lost, is kept once.
    """
    last = newest(tx)
    if last == sealed:
        return True
    if last != before:
        return False
    tx.conn.execute(insert(anchor).values(places="{}", **asdict(sealed)))
    for name, head in heads.items():
        events.advance(tx, CONSUMER, name, head.seq)
    return True


def to_cover(tx: Tx) -> dict[str, Head]:
    """The heads of the next anchor: root, ops, every chain under way, and every chain that grew since the last one."""
    known, heads = _covered(tx), events.heads(tx)
    under_way = {ROOT, OPS, *_under_way(tx)}
    return {
        name: head
        for name, head in sorted(heads.items())
        if head.seq and (name in under_way or head.seq > known.get(name, 0))
    }


def epochs(tx: Tx) -> dict[str, int]:
    """The epoch of each run that something may still be done for."""
    return {row.id: row.epoch for row in tx.conn.execute(select(run.c.id, run.c.epoch).where(ACTING))}


def lift_epochs(tx: Tx, anchored: Mapping[str, int], by: int) -> dict[str, tuple[int, int]]:
    """Move the epoch of each unfinished run past the anchored one: run -> (before, now). Its owner has lost it."""
    lifted = {}
    for run_id, epoch in epochs(tx).items():
        new = max(epoch, anchored.get(run_id, 0)) + by
        moved = tx.conn.execute(update(run).where(run.c.id == run_id, run.c.epoch == epoch).values(epoch=new))
        if moved.rowcount != 1:
            raise StaleError(run_id)
        lifted[run_id] = (epoch, new)
    return lifted


def unanchored(tx: Tx) -> int:
    """How many events no anchor covers yet."""
    covered = select(func.coalesce(func.sum(outbox_cursor.c.seq), 0)).where(outbox_cursor.c.consumer == CONSUMER)
    total = tx.conn.execute(select(func.coalesce(func.sum(events.HEADS.c.seq), 0))).scalar_one()
    return max(0, int(total) - int(tx.conn.execute(covered).scalar_one()))


def note_place(tx: Tx, number: int, bucket: str, how: str) -> None:
    """Remember that an anchor is in a bucket, and how it came there."""
    text = tx.conn.execute(select(anchor.c.places).where(anchor.c.number == number)).scalar_one()
    places = json.dumps({**json.loads(text), bucket: how}, sort_keys=True)
    tx.conn.execute(update(anchor).where(anchor.c.number == number).values(places=places))


def placed(tx: Tx, bucket: str) -> int | None:
    """The number that a bucket has come to; None for one that no anchor was put into yet."""
    found = watermarks.get(tx, f"anchor:{bucket}")
    number = found.seen.get("number") if found else None
    return number if isinstance(number, int) else None


def set_placed(tx: Tx, bucket: str, number: int) -> None:
    watermarks.put(tx, f"anchor:{bucket}", Watermark(tx.now(), {"number": number}))


def _under_way(tx: Tx) -> Iterable[str]:
    standing = (RequestState.OPEN.value, RequestState.QUEUED.value)
    waiting = tx.conn.execute(select(request.c.id).where(request.c.state.in_(standing))).scalars()
    return (*waiting, *tx.conn.execute(select(run.c.request).where(ACTING)).scalars())


def _covered(tx: Tx) -> dict[str, int]:
    query = select(outbox_cursor.c.chain, outbox_cursor.c.seq).where(outbox_cursor.c.consumer == CONSUMER)
    return {row.chain: row.seq for row in tx.conn.execute(query)}


def _sealed(row: Row[Any]) -> Sealed:
    return Sealed(row.number, row.at, row.body, row.prev, row.hash, row.signature)
