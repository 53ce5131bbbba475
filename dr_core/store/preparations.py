"""What was prepared for requests, in SQL: rows of the snapshots, by the request's id."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from dr_core.preparation.model import Preparation
from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot
from dr_core.store.tables import snapshot

_WAITING, _OVER = "prepare:", "prepared:"
"""Names of those that may still change, and of those that do not: the first are read again and again."""
_ALL = select(snapshot.c.body).where(snapshot.c.name >= _WAITING, snapshot.c.name < "prepare;")
_OLD = delete(snapshot).where(
    snapshot.c.name >= _OVER, snapshot.c.name < "prepared;", snapshot.c.at < bindparam("before")
)
_ONE = delete(snapshot).where(snapshot.c.name == bindparam("wanted"))


def get(tx: Tx, request: str) -> Preparation:
    """Nothing was prepared for a request that is not known."""
    found = snapshots.get(tx, _WAITING + request) or snapshots.get(tx, _OVER + request)
    return Preparation(request=request) if found is None else Preparation.model_validate_json(found.body)


def unfinished(tx: Tx) -> tuple[Preparation, ...]:
    """Those of which something may still be done or taken back."""
    return tuple(Preparation.model_validate_json(body) for body in tx.conn.execute(_ALL).scalars())


def put(tx: Tx, new: Preparation) -> None:
    name, other = (_OVER, _WAITING) if new.final else (_WAITING, _OVER)
    tx.conn.execute(_ONE, {"wanted": other + new.request})
    snapshots.put(tx, Snapshot(name + new.request, tx.now(), new.model_dump_json(by_alias=True, exclude_none=True)))


def forget(tx: Tx, before: datetime) -> None:
    """Those that were over before then."""
    tx.conn.execute(_OLD, {"before": before})
