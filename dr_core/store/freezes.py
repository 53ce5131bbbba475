"""Frozen applications in SQL: one row an application, replaced as a whole, by version."""

from sqlalchemy import insert, select, update

from dr_core.freeze.model import Freeze
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables_beside_runs import freeze


def get(tx: Tx, application: str) -> Freeze | None:
    """What is known of it, lifted or not; None for one that was never frozen."""
    body = tx.conn.execute(select(freeze.c.body).where(freeze.c.application == application)).scalar_one_or_none()
    return None if body is None else Freeze.model_validate_json(body)


def standing(tx: Tx) -> tuple[Freeze, ...]:
    """Those that nobody lifted, by application."""
    query = select(freeze.c.body).where(freeze.c.lifted_at.is_(None)).order_by(freeze.c.application)
    return tuple(Freeze.model_validate_json(body) for body in tx.conn.execute(query).scalars())


def put(tx: Tx, old: Freeze | None, new: Freeze) -> Freeze:
    """Write `new` in the place of `old`, as the next version; StaleError when somebody was quicker."""
    made = new.model_copy(update={"version": 1 if old is None else old.version + 1})
    values = {
        "since": made.since,
        "by": "run" if made.run else "observation",
        "run": made.run,
        "body": made.model_dump_json(),
        "lifted_at": made.lifted_at,
        "lifted_by": made.lifted_by,
        "reason": made.reason,
        "version": made.version,
    }
    if old is None:
        tx.conn.execute(insert(freeze).values(application=made.application, **values))
        return made
    where = (freeze.c.application == made.application, freeze.c.version == old.version)
    if tx.conn.execute(update(freeze).where(*where).values(**values)).rowcount != 1:
        raise StaleError(made.application)
    return made
