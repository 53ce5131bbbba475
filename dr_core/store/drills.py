"""Drills in SQL: each has an owner by lease, and every change of one is fenced by the owner's epoch."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, insert, or_, select, update

from dr_core.approvals.model import Actor
from dr_core.drills.model import Drill, DrillKind, DrillState, Exercise
from dr_core.errors import LeaseLostError, NotFoundError
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables_beside_runs import drill

_UNFINISHED = tuple(state.value for state in DrillState if not state.finished)
_LEASE = frozenset({"owner", "lease_until", "epoch"})
_FINISHED = tuple(state.value for state in DrillState if state.finished)
_EXERCISES = TypeAdapter(tuple[Exercise, ...])

# Made once: building a statement costs more than sending it.
_ONE = select(drill).where(drill.c.id == bindparam("wanted"))
_ADD = insert(drill)
_GOING_ON = select(drill).where(drill.c.state.in_(_UNFINISHED)).order_by(drill.c.asked_at)
_OWNED = update(drill).where(drill.c.id == bindparam("wanted"), drill.c.epoch == bindparam("mine"))
_SAVE = _OWNED.where(drill.c.version == bindparam("old"))


def add(tx: Tx, new: Drill) -> Drill:
    tx.conn.execute(_ADD, {"id": new.id, **_columns(new)})
    return get(tx, new.id)


def get(tx: Tx, drill_id: str) -> Drill:
    """One drill; NotFoundError when there is none."""
    row = tx.conn.execute(_ONE, {"wanted": drill_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no drill {drill_id}.", hint="`drill history` lists them.")
    return _drill(row)


def unfinished(tx: Tx, application: str | None = None) -> tuple[Drill, ...]:
    """Those that wait, go on or are being cleaned up, oldest first."""
    found = (_drill(row) for row in tx.conn.execute(_GOING_ON))
    return tuple(one for one in found if application in (None, one.application))


def recent(
    tx: Tx, application: str | None = None, *, kinds: Iterable[DrillKind] = tuple(DrillKind), limit: int = 20
) -> tuple[Drill, ...]:
    """The newest drills, newest first."""
    query = select(drill).where(drill.c.kind.in_([kind.value for kind in kinds]))
    query = query.where(drill.c.application == application) if application else query
    return tuple(_drill(row) for row in tx.conn.execute(query.order_by(drill.c.asked_at.desc()).limit(limit)))


def last_carried_out(tx: Tx, application: str, kinds: Iterable[DrillKind], *, proving: bool = False) -> Drill | None:
    """The newest drill of these kinds that came to its end; with `proving`, that proves something."""
    ended = [state for state in _FINISHED if DrillState(state).carried_out]
    query = (
        select(drill)
        .where(drill.c.application == application, drill.c.kind.in_([kind.value for kind in kinds]))
        .where(drill.c.state.in_(ended))
        .order_by(drill.c.ended_at.desc())
    )
    found = (_drill(row) for row in tx.conn.execute(query if proving else query.limit(1)))
    return next((one for one in found if one.proves or not proving), None)


def take(tx: Tx, drill_id: str, owner: str, ttl: timedelta) -> Drill | None:
    """Take a free lease: the epoch grows by one. None when another has it, or the drill is over.

    Who has it and does not know, since the answer was lost, takes it once more.
    """
    now = tx.now()
    free = or_(drill.c.lease_until.is_(None), drill.c.lease_until < now, drill.c.owner == owner)
    values = {"owner": owner, "lease_until": now + ttl, "epoch": drill.c.epoch + 1}
    where = (drill.c.id == drill_id, drill.c.state.in_(_UNFINISHED), free)
    done = tx.conn.execute(update(drill).where(*where).values(**values))
    return get(tx, drill_id) if done.rowcount == 1 else None


def beat(tx: Tx, drill_id: str, epoch: int, ttl: timedelta) -> bool:
    """Renew a lease; False when it is no longer this epoch's."""
    values = {"wanted": drill_id, "mine": epoch, "lease_until": tx.now() + ttl}
    return tx.conn.execute(_OWNED, values).rowcount == 1


def release(tx: Tx, drill_id: str, epoch: int) -> None:
    """Give a lease back, so that another worker takes the drill at once."""
    tx.conn.execute(_OWNED, {"wanted": drill_id, "mine": epoch, "lease_until": None, "owner": None})


def save(tx: Tx, changed: Drill) -> Drill:
    """Compare-and-set by epoch and version. LeaseLostError: it is another owner's; StaleError: changed meanwhile."""
    whose = {"wanted": changed.id, "mine": changed.epoch, "old": changed.version}
    values = {name: value for name, value in _columns(changed).items() if name not in _LEASE}
    if tx.conn.execute(_SAVE, {**whose, **values, "version": changed.version + 1}).rowcount == 1:
        return get(tx, changed.id)
    stored = get(tx, changed.id)
    if stored.epoch != changed.epoch:
        raise LeaseLostError(f"Drill {changed.id} is another worker's now.")
    if stored.version == changed.version + 1 and _said(stored) == _said(changed):
        return stored  # this very commit, whose answer was lost
    raise StaleError(changed.id)


def _said(one: Drill) -> dict[str, Any]:
    """Everything but who owns it, and when it began and ended: those are the times of the first try."""
    return one.model_dump(exclude={"owner", "lease_until", "version", "started_at", "ended_at"})


def _columns(new: Drill) -> dict[str, Any]:
    body = {"exercises": _EXERCISES.dump_python(new.exercises, mode="json"), "reason": new.reason, "source": new.source}
    return {
        "application": new.application,
        "kind": new.kind.value,
        "state": new.state.value,
        "by": new.by.model_dump_json(exclude_none=True),
        "asked_at": new.asked_at,
        "started_at": new.started_at,
        "ended_at": new.ended_at,
        "owner": new.owner,
        "epoch": new.epoch,
        "lease_until": new.lease_until,
        "request": new.request,
        "body": json.dumps(body),
        "version": new.version,
    }


def _drill(row: Row[Any]) -> Drill:
    body = json.loads(row.body)
    return Drill(
        id=row.id,
        application=row.application,
        kind=DrillKind(row.kind),
        state=DrillState(row.state),
        by=Actor.model_validate_json(row.by),
        source=body["source"],
        asked_at=row.asked_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        exercises=_EXERCISES.validate_python(body["exercises"]),
        reason=body["reason"],
        request=row.request,
        owner=row.owner,
        epoch=row.epoch,
        lease_until=row.lease_until,
        version=row.version,
    )
