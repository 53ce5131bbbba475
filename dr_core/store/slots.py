"""Report slots in SQL: the row is the lock, so that each slot is taken exactly once."""

from datetime import datetime

from sqlalchemy import func, insert, select, update

from dr_core.store.engine import Tx
from dr_core.store.tables import report_slot


def last(tx: Tx, name: str) -> datetime | None:
    """The newest slot of a report that was taken."""
    found: datetime | None = tx.conn.execute(
        select(func.max(report_slot.c.slot)).where(report_slot.c.name == name)
    ).scalar_one_or_none()
    return found


def take(tx: Tx, name: str, slot: datetime, owner: str) -> bool:
    """True for exactly one caller of each (name, slot)."""
    where = (report_slot.c.name == name, report_slot.c.slot == slot)
    if tx.conn.execute(select(report_slot.c.owner).where(*where)).one_or_none() is not None:
        return False
    tx.conn.execute(insert(report_slot).values(name=name, slot=slot, owner=owner, taken_at=tx.now()))
    return True


def posted(tx: Tx, name: str, slot: datetime) -> None:
    """Say that the slot's report stands in Slack."""
    where = (report_slot.c.name == name, report_slot.c.slot == slot)
    tx.conn.execute(update(report_slot).where(*where).values(posted_at=tx.now()))


def unposted(tx: Tx, since: datetime) -> tuple[tuple[str, datetime, str], ...]:
    """(name, slot, who took it) of the slots since then whose report did not reach Slack."""
    query = select(report_slot.c.name, report_slot.c.slot, report_slot.c.owner).where(
        report_slot.c.posted_at.is_(None), report_slot.c.slot >= since
    )
    return tuple((row.name, row.slot, row.owner) for row in tx.conn.execute(query))
