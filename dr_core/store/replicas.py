"""Which bots and workers there are, by their last beat."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import insert, select, update

from dr_core.store.engine import Tx
from dr_core.store.tables import replica


@dataclass(frozen=True)
class Replica:
    """A process as it last described itself."""

    name: str
    kind: str
    version: str
    beat_at: datetime
    state: Mapping[str, JsonValue]


def beat(tx: Tx, name: str, kind: str, version: str, state: Mapping[str, JsonValue]) -> None:
    values = {"kind": kind, "version": version, "beat_at": tx.now(), "state": json.dumps(dict(state))}
    if tx.conn.execute(update(replica).where(replica.c.name == name).values(**values)).rowcount == 0:
        tx.conn.execute(insert(replica).values(name=name, **values))


def all(tx: Tx) -> tuple[Replica, ...]:  # noqa: A001 - read as replicas.all(tx)
    """Every replica ever seen, newest beat first; the reader decides by age which of them live."""
    rows = tx.conn.execute(select(replica).order_by(replica.c.beat_at.desc()))
    return tuple(Replica(row.name, row.kind, row.version, row.beat_at, json.loads(row.state)) for row in rows)
