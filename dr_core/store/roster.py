"""The roster snapshot in SQL; a change of membership is an event."""

from functools import lru_cache

from pydantic import JsonValue
from sqlalchemy import insert, select, update

from dr_core.approvals.model import Actor, Roster, RosterUser
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import roster

_NAME = "slack"
_GROUPS = ("approvers", "requesters", "break_glass")
"""Whose members decide or ask: Slack's admins may change each."""

_BODY = select(roster.c.body).where(roster.c.name == _NAME)  # made once: building it costs more than sending it


def load(tx: Tx) -> Roster | None:
    """Membership as last read from Slack, with its time; None before the first reading."""
    body = _body(tx)
    return None if body is None else _stored(body)


def add(tx: Tx, user: str, about: RosterUser) -> None:
    """Keep what Slack told of one account between two readings; who belongs to what stays as it was read."""
    body = _body(tx)
    if body is not None:
        known = _stored(body)
        _replace(tx, body, known.model_copy(update={"users": {**known.users, user: about}}))


def save(tx: Tx, new: Roster, actor: Actor) -> None:
    """Keep the newest reading; who came and who went stands in the trail, one event a group.

    `new.at` is the database's time at the beginning of the reading. A stored time that is yet to come holds nothing up.
    """
    body = _body(tx)
    old = None if body is None else _stored(body)
    if old is not None and new.at <= old.at <= tx.now():
        return
    if body is None or old is None:
        tx.conn.execute(insert(roster).values(name=_NAME, at=new.at, body=new.model_dump_json()))
    else:
        _replace(tx, body, _with_met(old, new))
    for group in _GROUPS:
        _tell(tx, group, None if old is None else getattr(old, group), getattr(new, group), actor, first=old is None)


def _tell(
    tx: Tx, group: str, old: frozenset[str] | None, new: frozenset[str] | None, actor: Actor, *, first: bool
) -> None:
    """A group that dr.yaml began or ceased to name is a change of the configuration, not of its members."""
    before = old or frozenset()
    if new is None or (not first and (old is None or before == new)):
        return
    joined: list[JsonValue] = list(sorted(new - before))  # noqa: C413 - a list of str is no list of JSON
    left: list[JsonValue] = list(sorted(before - new))  # noqa: C413
    data: dict[str, JsonValue] = {"group": group, "joined": joined, "left": left, "members": len(new), "first": first}
    append_ops(tx, EventKind.ROSTER_CHANGED, actor, data)


@lru_cache(maxsize=8)
def _stored(body: str) -> Roster:
    """A reading as stored: there is a new one in a while, and every acknowledgement looks it up."""
    return Roster.model_validate_json(body)


def _body(tx: Tx) -> str | None:
    body: str | None = tx.conn.execute(_BODY).scalar_one_or_none()
    return body


def _with_met(old: Roster, new: Roster) -> Roster:
    """`new` with those of its people who were looked up by themselves while it was being read."""
    everybody = new.incident_members | new.approvers | (new.requesters or frozenset()) | new.break_glass
    met = {user: about for user, about in old.users.items() if user in everybody and user not in new.users}
    return new.model_copy(update={"users": {**met, **new.users}})


def _replace(tx: Tx, body: str, new: Roster) -> None:
    """Compare-and-set by the whole body: a reading and a single look-up must not undo each other."""
    where = (roster.c.name == _NAME, roster.c.body == body)
    if tx.conn.execute(update(roster).where(*where).values(at=new.at, body=new.model_dump_json())).rowcount != 1:
        raise StaleError(_NAME)
