"""What a background duty found last, by name, in SQL: readiness of an application, cost, drift. Replaced as a whole."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dr_core.store import rows
from dr_core.store.engine import Tx
from dr_core.store.tables import snapshot


@dataclass(frozen=True)
class Snapshot:
    """`body` is JSON that belongs to the duty; `at` is when it was found."""

    name: str
    at: datetime
    body: str


def get(tx: Tx, name: str) -> Snapshot | None:
    row = tx.conn.execute(select(snapshot).where(snapshot.c.name == name)).one_or_none()
    return None if row is None else Snapshot(row.name, row.at, row.body)


def put(tx: Tx, found: Snapshot) -> None:
    rows.put(tx, snapshot, {"name": found.name}, {"at": found.at, "body": found.body})
