"""The roster snapshot in SQL; a change of membership is an event."""

from pydantic import JsonValue
from sqlalchemy import insert, select, update

from dr_core.approvals.model import Actor, Roster
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.store.engine import Tx
from dr_core.store.tables import roster

_NAME = "slack"


def load(tx: Tx) -> Roster | None:
    """Membership as last read from Slack, with its time; None before the first reading."""
    body = tx.conn.execute(select(roster.c.body).where(roster.c.name == _NAME)).scalar_one_or_none()
    return None if body is None else Roster.model_validate_json(body)


def save(tx: Tx, new: Roster, actor: Actor) -> None:
    """Keep the newest reading; who came and who went stands in the trail."""
    old = load(tx)
    if old is not None and old.at >= new.at:
        return
    values = {"at": new.at, "body": new.model_dump_json()}
    if tx.conn.execute(update(roster).where(roster.c.name == _NAME).values(**values)).rowcount == 0:
        tx.conn.execute(insert(roster).values(name=_NAME, **values))
    if old is None or old.approvers != new.approvers:
        before = frozenset() if old is None else old.approvers
        joined: list[JsonValue] = list(sorted(new.approvers - before))  # noqa: C413 - a list of str is no list of JSON
        left: list[JsonValue] = list(sorted(before - new.approvers))  # noqa: C413
        data: dict[str, JsonValue] = {
            "group": "approvers",
            "joined": joined,
            "left": left,
            "members": len(new.approvers),
        }
        append_ops(tx, EventKind.ROSTER_CHANGED, actor, data)
