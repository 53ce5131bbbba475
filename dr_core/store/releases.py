"""Releases in SQL: each has an owner by lease, and every change of one is fenced by its epoch and version."""

import json
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Row, bindparam, insert, or_, select, update

from dr_core.approvals.model import Actor
from dr_core.errors import LeaseLostError, NotFoundError
from dr_core.releases.model import Reading, Release, ReleaseState, Spot, Verb
from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot
from dr_core.store.tables_beside_runs import release

_UNFINISHED = tuple(state.value for state in ReleaseState if not state.finished)
_MOVED = tuple(state.value for state in ReleaseState if state.moved)
_SPOTS = TypeAdapter(tuple[Spot, ...])
_IN_BODY = ("parameter", "account", "came_from", "without", "overrides", "expected", "reason")

# Made once: building a statement costs more than sending it.
_ONE = select(release).where(release.c.id == bindparam("wanted"))
_ADD = insert(release)
_GOING_ON = select(release).where(release.c.state.in_(_UNFINISHED)).order_by(release.c.asked_at)
_OWNED = update(release).where(release.c.id == bindparam("wanted"), release.c.epoch == bindparam("mine"))
_SAVE = _OWNED.where(release.c.version == bindparam("old"))


def add(tx: Tx, new: Release) -> Release:
    tx.conn.execute(_ADD, {"id": new.id, "epoch": 0, "owner": None, "lease_until": None, "version": 1, **_columns(new)})
    return get(tx, new.id)


def get(tx: Tx, release_id: str) -> Release:
    """One release; NotFoundError when there is none."""
    row = tx.conn.execute(_ONE, {"wanted": release_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no release {release_id}.", hint="`release status` shows the last ones.")
    return _release(row)


def unfinished(tx: Tx, application: str | None = None) -> tuple[Release, ...]:
    """Those that go on, oldest first."""
    found = (_release(row) for row in tx.conn.execute(_GOING_ON))
    return tuple(one for one in found if application in (None, one.application))


def recent(tx: Tx, application: str, limit: int = 5) -> tuple[Release, ...]:
    """The newest of an application, newest first."""
    query = select(release).where(release.c.application == application).order_by(release.c.asked_at.desc())
    return tuple(_release(row) for row in tx.conn.execute(query.limit(limit)))


def last_moved(tx: Tx, application: str) -> Release | None:
    """The newest whose colour came to serve."""
    where = (release.c.application == application, release.c.state.in_(_MOVED))
    query = select(release).where(*where).order_by(release.c.asked_at.desc()).limit(1)
    row = tx.conn.execute(query).one_or_none()
    return None if row is None else _release(row)


def all_moved(tx: Tx, application: str) -> tuple[Release, ...]:
    """Every one whose colour came to serve, newest first."""
    where = (release.c.application == application, release.c.state.in_(_MOVED))
    query = select(release).where(*where).order_by(release.c.asked_at.desc())
    return tuple(_release(row) for row in tx.conn.execute(query))


def take(tx: Tx, release_id: str, owner: str, ttl: timedelta) -> Release | None:
    """Take a free lease: the epoch grows by one. None when another has it, or the release is over.

    Who has it and does not know, since the answer was lost, takes it once more.
    """
    now = tx.now()
    free = or_(release.c.lease_until.is_(None), release.c.lease_until < now, release.c.owner == owner)
    values = {"owner": owner, "lease_until": now + ttl, "epoch": release.c.epoch + 1}
    where = (release.c.id == release_id, release.c.state.in_(_UNFINISHED), free)
    done = tx.conn.execute(update(release).where(*where).values(**values))
    return get(tx, release_id) if done.rowcount == 1 else None


def beat(tx: Tx, release_id: str, epoch: int, ttl: timedelta) -> bool:
    """Renew a lease; False when it is no longer this epoch's."""
    values = {"wanted": release_id, "mine": epoch, "lease_until": tx.now() + ttl}
    return tx.conn.execute(_OWNED, values).rowcount == 1


def give_back(tx: Tx, release_id: str, epoch: int) -> None:
    tx.conn.execute(_OWNED, {"wanted": release_id, "mine": epoch, "lease_until": None, "owner": None})


def save(tx: Tx, changed: Release) -> Release | None:
    """Compare-and-set by epoch and version; None when it was changed meanwhile, or this very commit went through.

    LeaseLostError: it is another owner's.
    """
    whose = {"wanted": changed.id, "mine": changed.epoch, "old": changed.version}
    if tx.conn.execute(_SAVE, {**whose, **_columns(changed), "version": changed.version + 1}).rowcount == 1:
        return get(tx, changed.id)
    if get(tx, changed.id).epoch != changed.epoch:
        raise LeaseLostError(f"Release {changed.id} is another worker's now.")
    return None


def reading(tx: Tx, application: str) -> Reading | None:
    """What was last read of its regions; None where another version wrote it in another shape: it is read anew."""
    found = snapshots.get(tx, _name(application))
    try:
        return None if found is None else Reading.model_validate_json(found.body)
    except ValidationError:
        return None


def keep_reading(tx: Tx, seen: Reading) -> None:
    snapshots.put(tx, Snapshot(_name(seen.application), seen.at, seen.model_dump_json()))


def _name(application: str) -> str:
    return f"release/{application}"


def _columns(new: Release) -> dict[str, Any]:
    body = new.model_dump(mode="json", include=set(_IN_BODY))
    return {
        "application": new.application,
        "verb": new.verb.value,
        "colour": new.colour,
        "state": new.state.value,
        "by": new.by.model_dump_json(exclude_none=True),
        "asked_at": new.asked_at,
        "began_at": new.began_at,
        "moved_at": new.moved_at,
        "ended_at": new.ended_at,
        "body": json.dumps({**body, "spots": _SPOTS.dump_python(new.spots, mode="json")}),
    }


def _release(row: Row[Any]) -> Release:
    body = json.loads(row.body)
    return Release(
        id=row.id,
        application=row.application,
        verb=Verb(row.verb),
        colour=row.colour,
        state=ReleaseState(row.state),
        by=Actor.model_validate_json(row.by),
        asked_at=row.asked_at,
        began_at=row.began_at,
        moved_at=row.moved_at,
        ended_at=row.ended_at,
        spots=_SPOTS.validate_python(body["spots"]),
        owner=row.owner,
        epoch=row.epoch,
        lease_until=row.lease_until,
        version=row.version,
        # Another version may have kept more of it.
        **{key: body[key] for key in _IN_BODY if key in body},
    )
