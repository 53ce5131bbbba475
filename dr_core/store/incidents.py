"""Incidents in SQL."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, or_, select, update

from dr_core.approvals.model import Actor
from dr_core.audit.chain import OPS
from dr_core.errors import NotFoundError
from dr_core.incidents.model import Incident
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import chain
from dr_core.store.tables_beside_runs import incident

SETTLED = "closed"
"""What the fingerprint says of a card that told the end and is pinned no more: nothing about it changes again."""

# Made once: building a statement costs more than sending it.
_ONE = select(incident).where(incident.c.id == bindparam("wanted"))
_OPEN = select(incident).where(incident.c.closed_at.is_(None)).order_by(incident.c.opened_at)
_RECENT = select(incident).order_by(incident.c.opened_at.desc()).limit(bindparam("most"))
_UNTOLD = (
    select(incident.c.id)
    .where(or_(incident.c.closed_at.is_(None), incident.c.fingerprint != SETTLED))
    .order_by(incident.c.opened_at)
)
_TOUCH = update(chain).where(chain.c.name == OPS).values(seq=chain.c.seq)


def serialize(tx: Tx) -> None:
    """Whoever opens an incident comes wholly before or wholly after the next one: each writes to the chain `ops`.

    A write that changes nothing, so that it holds on engines without row locks, too: there it is a conflict.
    """
    tx.conn.execute(_TOUCH)


def add(tx: Tx, new: Incident) -> None:
    tx.conn.execute(
        insert(incident).values(
            id=new.id,
            application=new.application,
            title=new.title,
            opened_at=new.opened_at,
            by=new.by.model_dump_json(exclude_none=True),
            signals=json.dumps(new.signals),
            request=new.request,
            fingerprint="",
            version=new.version,
        )
    )


def get(tx: Tx, incident_id: str) -> Incident:
    """One incident; NotFoundError when there is none."""
    row = tx.conn.execute(_ONE, {"wanted": incident_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no incident {incident_id}.", hint="`incidents` lists them.")
    return _incident(row)


def open_ones(tx: Tx) -> tuple[Incident, ...]:
    """Those that nobody closed, oldest first."""
    return tuple(_incident(row) for row in tx.conn.execute(_OPEN))


def open_of(tx: Tx, application: str | None) -> Incident | None:
    """The open incident of an application; None names the one that is about all of them."""
    return next((one for one in open_ones(tx) if one.application == application), None)


def recent(tx: Tx, limit: int = 20) -> tuple[Incident, ...]:
    """The newest incidents, newest first."""
    return tuple(_incident(row) for row in tx.conn.execute(_RECENT, {"most": limit}))


def join(tx: Tx, old: Incident, signals: Sequence[str], request: str | None) -> Incident:
    """What is known of an open incident now; StaleError when somebody was first."""
    return _change(tx, old, signals=json.dumps(list(signals)), request=request)


def close(tx: Tx, old: Incident, by: str, at: datetime) -> Incident:
    """End it, once; StaleError when somebody was first."""
    return _change(tx, old, closed_at=at, closed_by=by)


def untold(tx: Tx) -> tuple[str, ...]:
    """Open incidents, and closed ones whose card does not say so yet."""
    return tuple(tx.conn.execute(_UNTOLD).scalars())


def _change(tx: Tx, old: Incident, **values: Any) -> Incident:
    mine = (incident.c.id == old.id, incident.c.version == old.version, incident.c.closed_at.is_(None))
    done = tx.conn.execute(update(incident).where(*mine).values(version=old.version + 1, **values))
    if done.rowcount != 1:
        raise StaleError(old.id)
    return get(tx, old.id)


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        id=row.id,
        application=row.application,
        title=row.title,
        opened_at=row.opened_at,
        by=Actor.model_validate_json(row.by),
        signals=tuple(json.loads(row.signals)),
        request=row.request,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        version=row.version,
    )
