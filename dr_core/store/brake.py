"""The global brake in SQL: one row, and a mark on each unfinished run, so that an intent and the brake cannot pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Select, case, exists, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from dr_core.audit.chain import OPS
from dr_core.audit.events import EventKind
from dr_core.store import events
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import brake, run

UNFINISHED = ("pending", "running", "held")
ACTING = or_(run.c.state.in_(UNFINISHED), run.c.follow_up.is_(True))
"""Runs for which something may still be done: one that is finished may go on trying to reach a lost region."""
SENTENCE = "the brake is on"

# Made once: building a statement costs more than sending it.
_ROW = select(brake).where(brake.c.id == 1)
_TOUCH = update(brake).where(brake.c.id == 1).values(version=brake.c.version)


@dataclass(frozen=True)
class Brake:
    """`by` is the display name of who put it on; the rest is empty while it is off."""

    engaged: bool
    since: datetime | None
    by: str
    reason: str
    version: int


def get(tx: Tx) -> Brake:
    row = tx.conn.execute(_ROW).one()
    return Brake(row.engaged, row.since, row.by if row.engaged else "", row.reason, row.version)


def engaged() -> ColumnElement[bool]:
    """A condition for statements that must not pass the brake."""
    return exists().where(brake.c.id == 1, brake.c.engaged.is_(True))


def since() -> Select[tuple[datetime | None]]:
    """Since when it is on, for a row that is made meanwhile; NULL while it is off."""
    return select(brake.c.since).where(brake.c.id == 1, brake.c.engaged.is_(True))


def touch(tx: Tx) -> None:
    """A run is made: it comes wholly before the brake or wholly after it."""
    tx.conn.execute(_TOUCH)


def engage(tx: Tx, old: Brake, by: str, reason: str, entry: events.Entry) -> Brake:
    """Put it on and mark every unfinished run, in one transaction with its event. StaleError: somebody was quicker."""
    now = tx.now()
    _set(tx, old, engaged=True, since=now, by=by, reason=reason)
    # In front of `hold` as well: replicas of the version before know only that column.
    told = case((run.c.hold.is_(None), SENTENCE), else_=run.c.hold)
    tx.conn.execute(update(run).where(ACTING).values(braked_since=now, hold=told))
    events.append(tx, OPS, entry)
    return get(tx)


def release(tx: Tx, old: Brake, entry: events.Entry) -> Brake:
    """Take it off; runs go on where they were, unless they are held for another reason."""
    _set(tx, old, engaged=False, since=None, by="", reason="")
    own = case((run.c.holds == "[]", None), else_=run.c.hold)
    tx.conn.execute(update(run).where(run.c.braked_since.is_not(None)).values(braked_since=None, hold=own))
    events.append(tx, OPS, entry)
    return get(tx)


def engage_by_system(tx: Tx, actor: Mapping[str, JsonValue], reason: str) -> Brake:
    """The product itself stops everything, such as after a rollback of its store; nothing where it is on already."""
    now = get(tx)
    if now.engaged:
        return now
    data: dict[str, JsonValue] = {"reason": reason}
    return engage(tx, now, str(actor.get("display", "DR bot")), reason, (EventKind.BRAKE_ENGAGED, actor, data, None))


def _set(tx: Tx, old: Brake, **values: object) -> None:
    done = tx.conn.execute(
        update(brake).where(brake.c.id == 1, brake.c.version == old.version).values(version=old.version + 1, **values)
    )
    if done.rowcount != 1:
        raise StaleError("brake")
