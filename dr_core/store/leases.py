"""Named leases in SQL, such as the announcer's and the schedule's; a run's own is in `run_leases.py`."""

from datetime import timedelta

from sqlalchemy import insert, or_, select, update

from dr_core.store.engine import Tx
from dr_core.store.tables import lease


def take_or_renew(tx: Tx, name: str, owner: str, ttl: timedelta) -> bool:
    """True when `owner` has the lease after this call."""
    now = tx.now()
    row = tx.conn.execute(select(lease).where(lease.c.name == name)).one_or_none()
    if row is None:
        tx.conn.execute(insert(lease).values(name=name, owner=owner, epoch=1, lease_until=now + ttl))
        return True
    grown = row.epoch if row.owner == owner else row.epoch + 1
    taken = tx.conn.execute(
        update(lease)
        .where(
            lease.c.name == name,
            lease.c.epoch == row.epoch,
            or_(lease.c.owner == owner, lease.c.lease_until < now),
        )
        .values(owner=owner, epoch=grown, lease_until=now + ttl)
    )
    return taken.rowcount == 1


def release(tx: Tx, name: str, owner: str) -> None:
    """Let another take it at once."""
    long_ago = tx.now() - timedelta(days=1)
    tx.conn.execute(update(lease).where(lease.c.name == name, lease.c.owner == owner).values(lease_until=long_ago))


def holders(tx: Tx) -> dict[str, str]:
    """Each named lease that somebody holds now, and who."""
    rows = tx.conn.execute(select(lease.c.name, lease.c.owner).where(lease.c.lease_until >= tx.now()))
    return {row.name: row.owner for row in rows}


def names(tx: Tx) -> tuple[str, ...]:
    """Every named lease that was ever taken."""
    return tuple(tx.conn.execute(select(lease.c.name).order_by(lease.c.name)).scalars())
