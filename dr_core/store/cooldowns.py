"""What the cooldown of proposals is counted from: the last run that passed its gates, and who cleared it since."""

from datetime import datetime

from sqlalchemy import func, select

from dr_core.store import rows
from dr_core.store.engine import Tx
from dr_core.store.tables import cooldown_clearance, run


def last_end(tx: Tx, application: str) -> datetime | None:
    """When the application's last run ended that had passed its gates."""
    query = select(func.max(run.c.ended_at)).where(run.c.application == application, run.c.gated_at.is_not(None))
    found: datetime | None = tx.conn.execute(query).scalar_one_or_none()
    return found


def cleared_at(tx: Tx, application: str) -> datetime | None:
    query = select(cooldown_clearance.c.at).where(cooldown_clearance.c.application == application)
    return tx.conn.execute(query).scalar_one_or_none()


def clear(tx: Tx, application: str, by: str) -> None:
    rows.put(tx, cooldown_clearance, {"application": application}, {"at": tx.now(), "by": by})
