"""Evacuations in SQL: their members by request, and their buttons."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, exists, insert, or_, select, update

from dr_core.approvals.model import Actor, RequestState
from dr_core.errors import NotFoundError
from dr_core.evacuation.model import Evacuation, Left, Member
from dr_core.plan.step import Mode
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import request
from dr_core.store.tables_beside_runs import evacuation, evacuation_button, evacuation_member

# Made once: building a statement costs more than sending it.
_ONE = select(evacuation).where(evacuation.c.id == bindparam("wanted"))
_MEMBERS = (
    select(evacuation_member)
    .where(evacuation_member.c.evacuation == bindparam("wanted"))
    .order_by(evacuation_member.c.wave, evacuation_member.c.application)
)
_OF_REQUEST = select(evacuation_member.c.evacuation).where(evacuation_member.c.request == bindparam("wanted"))
_RECENT = select(evacuation).order_by(evacuation.c.opened_at.desc()).limit(bindparam("most"))
_WAITS = exists().where(
    evacuation_member.c.evacuation == evacuation.c.id,
    evacuation_member.c.request == request.c.id,
    request.c.state.in_((RequestState.OPEN.value, RequestState.QUEUED.value)),
)
_UNFINISHED = select(evacuation).where(or_(evacuation.c.ended_at.is_(None), _WAITS)).order_by(evacuation.c.opened_at)
_TOKENS = select(evacuation_button).where(evacuation_button.c.evacuation == bindparam("wanted"))
_BY_TOKEN = select(evacuation_button).where(evacuation_button.c.token == bindparam("wanted"))
_LEFT = TypeAdapter(tuple[Left, ...])


def add(tx: Tx, new: Evacuation, tokens: Mapping[str, str]) -> None:
    """Insert it with its members, whose requests stand already, and its buttons (action -> token)."""
    tx.conn.execute(
        insert(evacuation).values(
            id=new.id,
            source=new.source,
            target=new.target,
            mode=new.mode.value,
            requester=new.requester.model_dump_json(exclude_none=True),
            reason=new.reason,
            asked_in=new.channel,
            opened_at=new.opened_at,
            left=_LEFT.dump_json(new.left).decode(),
            version=new.version,
            fingerprint="",
        )
    )
    members = [
        {**member.model_dump(exclude={"after"}), "evacuation": new.id, "after": json.dumps(member.after)}
        for member in new.members
    ]
    tx.conn.execute(insert(evacuation_member), members)
    buttons = [{"token": token, "evacuation": new.id, "action": action} for action, token in tokens.items()]
    tx.conn.execute(insert(evacuation_button), buttons)


def get(tx: Tx, evacuation_id: str) -> Evacuation:
    """One evacuation; NotFoundError when there is none."""
    row = tx.conn.execute(_ONE, {"wanted": evacuation_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no evacuation {evacuation_id}.", hint="`runs` and `requests` name them.")
    return _evacuation(tx, row)


def of_request(tx: Tx, request_id: str) -> str | None:
    """The evacuation that a request is a member of."""
    return tx.conn.execute(_OF_REQUEST, {"wanted": request_id}).scalar_one_or_none()


def unfinished(tx: Tx) -> tuple[Evacuation, ...]:
    """Those not ended, and those of which something waits again; oldest first."""
    return tuple(_evacuation(tx, row) for row in tx.conn.execute(_UNFINISHED).all())


def recent(tx: Tx, limit: int = 20) -> tuple[Evacuation, ...]:
    """The newest evacuations, newest first."""
    return tuple(_evacuation(tx, row) for row in tx.conn.execute(_RECENT, {"most": limit}).all())


def tell(tx: Tx, evacuation_id: str, member: Member, told: str) -> None:
    """Note what the trail says of a member now; StaleError when somebody else has told something meanwhile.

    `told` empty: it is no longer held. Else it is held since it was first told so.
    """
    mine = (
        evacuation_member.c.evacuation == evacuation_id,
        evacuation_member.c.application == member.application,
        evacuation_member.c.told == member.told,
    )
    since = (member.held_at or tx.now()) if told else None
    if tx.conn.execute(update(evacuation_member).where(*mine).values(told=told, held_at=since)).rowcount != 1:
        raise StaleError(evacuation_id)


def end(tx: Tx, old: Evacuation, at: datetime | None) -> None:
    """End it, or None: something of it waits again. StaleError when somebody was first."""
    mine = (evacuation.c.id == old.id, evacuation.c.version == old.version)
    done = tx.conn.execute(update(evacuation).where(*mine).values(ended_at=at, version=old.version + 1))
    if done.rowcount != 1:
        raise StaleError(old.id)


def tokens(tx: Tx, evacuation_id: str) -> dict[str, str]:
    """action -> token, for the card."""
    return {row.action: row.token for row in tx.conn.execute(_TOKENS, {"wanted": evacuation_id})}


def button_of(tx: Tx, token: str) -> tuple[str, str] | None:
    """(evacuation, action) of a token that was once given out."""
    row = tx.conn.execute(_BY_TOKEN, {"wanted": token}).one_or_none()
    return None if row is None else (row.evacuation, row.action)


def _evacuation(tx: Tx, row: Row[Any]) -> Evacuation:
    members = tx.conn.execute(_MEMBERS, {"wanted": row.id}).all()
    return Evacuation(
        id=row.id,
        source=row.source,
        target=row.target,
        mode=Mode(row.mode),
        requester=Actor.model_validate_json(row.requester),
        reason=row.reason,
        channel=row.asked_in,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        members=tuple(
            Member(
                application=one.application,
                request=one.request,
                wave=one.wave,
                after=tuple(json.loads(one.after)),
                told=one.told,
                held_at=one.held_at,
            )
            for one in members
        ),
        left=_LEFT.validate_json(row.left),
        version=row.version,
    )
