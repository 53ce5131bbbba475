"""Which bots and workers there are, by their last beat."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue
from sqlalchemy import delete, select

from dr_core.store import rows
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


FORGOTTEN_AFTER = timedelta(hours=1)
"""A process that ended without a word is shown as silent for so long; one that ended in order leaves at once."""


def beat(tx: Tx, name: str, kind: str, version: str, state: Mapping[str, JsonValue]) -> None:
    """This process lives; those that have been silent for very long are forgotten on the way."""
    now = tx.now()
    values = {"kind": kind, "version": version, "beat_at": now, "state": json.dumps(dict(state))}
    rows.put(tx, replica, {"name": name}, values)
    tx.conn.execute(delete(replica).where(replica.c.beat_at < now - FORGOTTEN_AFTER))


def leave(tx: Tx, name: str) -> None:
    """This process ends in order and is missed by nobody."""
    tx.conn.execute(delete(replica).where(replica.c.name == name))


def all(tx: Tx) -> tuple[Replica, ...]:  # noqa: A001 - read as replicas.all(tx)
    """Every replica that is remembered, newest beat first; the reader decides by age which of them live."""
    found = tx.conn.execute(select(replica).order_by(replica.c.beat_at.desc()))
    return tuple(Replica(row.name, row.kind, row.version, row.beat_at, json.loads(row.state)) for row in found)
