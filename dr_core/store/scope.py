"""Which run has which application: one row for the application itself, and one for each pair that depends on another.

A pair's row makes two runs exclude each other whose applications depend on one another, and no others.
"""

import hashlib
from collections.abc import Iterable

from sqlalchemy import bindparam, delete, insert, select

from dr_core.store.engine import Tx
from dr_core.store.tables import scope_lock

# Made once: building a statement costs more than sending it.
_TAKE = insert(scope_lock)
_FREE = delete(scope_lock).where(scope_lock.c.run == bindparam("wanted"))
_HOLDER = (
    select(scope_lock.c.run)
    .where(
        scope_lock.c.application.in_(bindparam("scope", expanding=True)),
        scope_lock.c.run.not_in(bindparam("besides", expanding=True)),
    )
    .order_by(scope_lock.c.application)
    .limit(1)
)


def names(application: str, related: Iterable[str] = ()) -> tuple[str, ...]:
    """The rows that a run of `application` takes; `related` depend on it or are depended on by it."""
    return (application, *(_pair(application, other) for other in sorted(related)))


def take(tx: Tx, run_id: str, scope: Iterable[str]) -> None:
    """Insert the rows; a key that is taken already ends the transaction, which is then tried and refused anew."""
    for name in scope:
        tx.conn.execute(_TAKE, {"application": name, "run": run_id})


def holder(tx: Tx, scope: Iterable[str], *, besides: Iterable[str] = ()) -> str | None:
    """The unfinished run, none of `besides`, that has any of these rows."""
    which = {"scope": tuple(scope), "besides": tuple(besides)}
    return tx.conn.execute(_HOLDER, which).scalar_one_or_none()


def free(tx: Tx, run_id: str) -> None:
    """Give back everything of a finished run."""
    tx.conn.execute(_FREE, {"wanted": run_id})


def _pair(one: str, other: str) -> str:
    both = "&".join(sorted((one, other)))
    return "&" + hashlib.sha256(both.encode()).hexdigest()[:40]
