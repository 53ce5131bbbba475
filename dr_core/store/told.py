"""What the queue told last of each alarm and issue, and how the queue itself fares, in SQL: rows of the snapshots."""

import hashlib
from datetime import datetime

from pydantic import Field, TypeAdapter
from sqlalchemy import bindparam, delete, select

from dr_core.detection.message import Told, ToldAlarm
from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot
from dr_core.store.tables import snapshot
from dr_core.value import Value

_PREFIX = "told:"
_END = "told;"
"""The first name behind all that begin so."""
_LEDGER = "queue"
_TOLD: TypeAdapter[Told] = TypeAdapter(Told)
_ALL = select(snapshot.c.body).where(snapshot.c.name >= _PREFIX, snapshot.c.name < _END).order_by(snapshot.c.name)
_OLD = delete(snapshot).where(snapshot.c.name >= _PREFIX, snapshot.c.name < _END, snapshot.c.at < bindparam("before"))


class Ledger(Value):
    """How the queue was read. `polled_at`: when it last answered; `problem`: why it did not since, and `since` when.

    `tests`: when each of the last tests of the doctor came through, by nonce.
    """

    polled_at: datetime | None = None
    problem: str = ""
    received: int = 0
    stored: int = 0
    repeated: int = 0
    unnamed: int = 0
    malformed: int = 0
    foreign: int = 0
    last_at: datetime | None = None
    last_dropped: str = ""
    last_dropped_at: datetime | None = None
    tests: dict[str, datetime] = Field({})


def told(tx: Tx) -> tuple[Told, ...]:
    """The newest state of everything that was told."""
    return tuple(_TOLD.validate_json(body) for body in tx.conn.execute(_ALL).scalars())


def keep(tx: Tx, new: Told) -> bool:
    """Keep it, unless the same or a newer state is known: queues repeat, and keep no order."""
    name = _name(new)
    before = snapshots.get(tx, name)
    if before is not None and before.at >= new.at:
        return False
    snapshots.put(tx, Snapshot(name, new.at, new.model_dump_json()))
    return True


def forget(tx: Tx, before: datetime) -> None:
    """What was told before then, and counts no more."""
    tx.conn.execute(_OLD, {"before": before})


def ledger(tx: Tx) -> Ledger:
    found = snapshots.get(tx, _LEDGER)
    return Ledger() if found is None else Ledger.model_validate_json(found.body)


def put_ledger(tx: Tx, new: Ledger) -> None:
    snapshots.put(tx, Snapshot(_LEDGER, tx.now(), new.model_dump_json()))


def _name(one: Told) -> str:
    """An ARN may be longer than a name here."""
    kind = "alarm" if isinstance(one, ToldAlarm) else "issue"
    return f"{_PREFIX}{kind}:{hashlib.sha256(one.arn.encode()).hexdigest()}"
