"""Who owns a run, in SQL: its lease, and the epoch that grows with each owner."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from dr_core.audit.chain import Head
from dr_core.errors import LeaseLostError
from dr_core.store import events, runs
from dr_core.store import run_statements as sql
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import run


def takeable(tx: Tx) -> tuple[str, ...]:
    """Runs whose lease is free, and that have something left to do."""
    return tuple(tx.conn.execute(sql.TAKEABLE, {"now": tx.now()}).scalars())


def take(tx: Tx, run_id: str, owner: str, ttl: timedelta, entries: Sequence[events.Entry]) -> int | None:
    """Take a free lease: the epoch grows by one. The new epoch, or None when another was quicker.

    The first entry's `cmd_id` names the attempt, and its data the new epoch: an owner whose commit was not answered
    knows its own take again.
    """
    row = tx.conn.execute(sql.ROW, {"wanted": run_id}).one()
    now, cmd_id = tx.now(), entries[0][3]
    if cmd_id is not None and (before := events.known(tx, cmd_id)) is not None:
        return int(row.epoch) if row.owner == owner and before.data.get("epoch") == row.epoch else None
    if row.lease_until is not None and row.lease_until >= now:
        return None
    built = events.build(row.request, Head(row.chain_seq, row.chain_hash), entries, now)
    values = {
        "epoch": row.epoch + 1,
        "owner": owner,
        "beat_at": now,
        "lease_until": now + ttl,
        "chain_seq": built[-1].seq,
        "chain_hash": built[-1].hash,
    }
    seen = {"wanted": run_id, "mine": row.epoch, "old": row.chain_seq, "now": now}
    taken = tx.conn.execute(sql.TAKE, seen | values)
    if taken.rowcount != 1:
        raise StaleError(run_id)
    events.put(tx, built)
    return int(row.epoch) + 1


def beat(tx: Tx, run_id: str, epoch: int, ttl: timedelta) -> bool:
    """Renew a lease; False when it is no longer this epoch's."""
    now = tx.now()
    values = {"wanted": run_id, "mine": epoch, "beat_at": now, "lease_until": now + ttl}
    return tx.conn.execute(sql.OWNED, values).rowcount == 1


def release(tx: Tx, run_id: str, epoch: int) -> None:
    """Give a lease back, so that another worker takes the run at once."""
    tx.conn.execute(sql.OWNED, {"wanted": run_id, "mine": epoch, "lease_until": None, "owner": None})


def owned(tx: Tx, run_id: str, epoch: int) -> None:
    """LeaseLostError when the run is another epoch's; for a decision of the owner that is written like a person's."""
    if runs.get(tx, run_id).epoch != epoch:
        raise LeaseLostError(f"Run {run_id} is owned by another worker now.")


def owners(tx: Tx) -> dict[str, str]:
    """Each run that a worker has the lease of now, and which worker."""
    rows = tx.conn.execute(select(run.c.id, run.c.owner).where(run.c.owner.is_not(None), run.c.lease_until >= tx.now()))
    return {row.id: row.owner for row in rows}
