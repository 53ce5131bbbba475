"""A row in the place of the one with its key, or only where there is none, as both databases say it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from dr_core.store.engine import Tx


def put(tx: Tx, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Make the row of this key, or give it these values."""
    new = _insert(tx, table).values(**key, **values)
    tx.conn.execute(new.on_conflict_do_update(index_elements=list(key), set_=values))


def put_higher(tx: Tx, table: Table, key: Mapping[str, Any], column: str, value: int) -> None:
    """Make the row of this key, or raise its column to this value; never back."""
    new = _insert(tx, table).values(**key, **{column: value})
    lower = table.c[column] < new.excluded[column]
    tx.conn.execute(new.on_conflict_do_update(index_elements=list(key), set_={column: value}, where=lower))


def put_missing(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those whose keys are not there yet."""
    if rows:
        tx.conn.execute(_insert(tx, table).on_conflict_do_nothing(), rows)


def _insert(tx: Tx, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if tx.conn.dialect.name == "sqlite" else postgresql.insert(table)
