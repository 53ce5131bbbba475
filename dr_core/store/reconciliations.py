"""Reconciliation items in SQL: what a forced failover lost, until somebody else has signed it off."""

from typing import Any

from sqlalchemy import Row, insert, select, update

from dr_core.errors import NotFoundError
from dr_core.reconciliation.model import Item, ItemKind, Lost
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables_beside_runs import reconciliation

_TABLE = reconciliation


def add(tx: Tx, item: Item) -> None:
    """Open an item; its kind and subject are there once."""
    tx.conn.execute(
        insert(_TABLE).values(
            id=item.id,
            kind=item.kind.value,
            application=item.application,
            subject=item.subject,
            opened_at=item.opened_at,
            run=item.run,
            body=item.lost.model_dump_json(),
            note=item.note,
            version=item.version,
        )
    )


def known(tx: Tx, kind: ItemKind, subject: str) -> Item | None:
    """The item of that kind about that subject."""
    where = (_TABLE.c.kind == kind.value, _TABLE.c.subject == subject)
    row = tx.conn.execute(select(_TABLE).where(*where)).one_or_none()
    return None if row is None else _item(row)


def get(tx: Tx, item_id: str) -> Item:
    """One item; NotFoundError when there is none."""
    row = tx.conn.execute(select(_TABLE).where(_TABLE.c.id == item_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no reconciliation item {item_id}.", hint="`reconcile list` shows them.")
    return _item(row)


def of(tx: Tx, application: str) -> tuple[Item, ...]:
    """Every item of an application, oldest first."""
    query = select(_TABLE).where(_TABLE.c.application == application).order_by(_TABLE.c.opened_at)
    return tuple(_item(row) for row in tx.conn.execute(query))


def waiting(tx: Tx, application: str | None = None) -> tuple[Item, ...]:
    """Those that nobody has signed, oldest first."""
    query = select(_TABLE).where(_TABLE.c.signed_at.is_(None)).order_by(_TABLE.c.opened_at)
    if application is not None:
        query = query.where(_TABLE.c.application == application)
    return tuple(_item(row) for row in tx.conn.execute(query))


def signed(tx: Tx, limit: int = 20) -> tuple[Item, ...]:
    """Those that were signed last, the last one first."""
    query = select(_TABLE).where(_TABLE.c.signed_at.is_not(None)).order_by(_TABLE.c.signed_at.desc()).limit(limit)
    return tuple(_item(row) for row in tx.conn.execute(query))


def keep(tx: Tx, old: Item, lost: Lost) -> Item:
    """What is known of it by now; StaleError when somebody was first."""
    return _change(tx, old, body=lost.model_dump_json())


def sign(tx: Tx, old: Item, by: str, note: str) -> Item:
    """Sign it off, once; StaleError when somebody was first."""
    return _change(tx, old, signed_at=tx.now(), signed_by=by, note=note)


def _change(tx: Tx, old: Item, **values: Any) -> Item:
    where = (_TABLE.c.id == old.id, _TABLE.c.version == old.version)
    done = tx.conn.execute(update(_TABLE).where(*where).values(version=old.version + 1, **values))
    if done.rowcount != 1:
        raise StaleError(old.id)
    return get(tx, old.id)


def _item(row: Row[Any]) -> Item:
    return Item(
        id=row.id,
        kind=ItemKind(row.kind),
        application=row.application,
        subject=row.subject,
        opened_at=row.opened_at,
        run=row.run,
        lost=Lost.model_validate_json(row.body),
        signed_at=row.signed_at,
        signed_by=row.signed_by,
        note=row.note,
        version=row.version,
    )
