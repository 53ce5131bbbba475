"""Requests, acknowledgements and their buttons in SQL; every change is a compare-and-set with its events."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, insert, or_, select, update

from dr_core.approvals.model import Ack, Actor, Request, RequestState
from dr_core.approvals.states import REQUESTS
from dr_core.audit.chain import Head
from dr_core.errors import NotFoundError
from dr_core.plan.step import Finding, stored_plan
from dr_core.replication.exposure import StoreExposure
from dr_core.store import events, rows
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import ack, button, request, run

# Made once: building a statement costs more than sending it.
_ONE = select(request).where(request.c.id == bindparam("wanted"))
_ACKS = select(ack).where(ack.c.request == bindparam("wanted")).order_by(ack.c.round, ack.c.at)
_OPEN = select(request).where(request.c.state == RequestState.OPEN).order_by(request.c.opened_at)
_QUEUED = select(request).where(request.c.state == RequestState.QUEUED).order_by(request.c.opened_at)
_QUEUED_OF = _QUEUED.where(request.c.application == bindparam("of"))
_NEWEST_OF = (
    select(request).where(request.c.application == bindparam("of")).order_by(request.c.opened_at.desc()).limit(20)
)
_OPEN_OF = _OPEN.where(request.c.application == bindparam("of"))
_SINCE = select(request).where(request.c.opened_at >= bindparam("since")).order_by(request.c.opened_at)
_RUNNING = select(run.c.request).where(or_(run.c.ended_at.is_(None), run.c.ended_at >= bindparam("at")))
_SINCE_OR_RUNNING = (
    select(request)
    .where(or_(request.c.opened_at >= bindparam("since"), request.c.id.in_(_RUNNING)))
    .order_by(request.c.opened_at)
)
_INSERT = insert(request)
_RUN = select(run.c.id).where(run.c.request == bindparam("wanted"))
_HEADS = {
    request: select(request.c.chain_seq, request.c.chain_hash).where(request.c.id == bindparam("wanted")),
    run: select(run.c.chain_seq, run.c.chain_hash).where(run.c.request == bindparam("wanted")),
}
_FENCES = {
    request: update(request).where(request.c.id == bindparam("wanted"), request.c.chain_seq == bindparam("old")),
    run: update(run).where(run.c.request == bindparam("wanted"), run.c.chain_seq == bindparam("old")),
}
_CLAIM = update(request).where(
    request.c.id == bindparam("wanted"),
    request.c.version == bindparam("old"),
    request.c.state == bindparam("before"),
)
_INSERT_ACK = insert(ack)
_INSERT_BUTTON = insert(button)
_BUTTONS = select(button.c.action, button.c.token).where(
    button.c.request == bindparam("wanted"), button.c.round == bindparam("of")
)
_FINDINGS = TypeAdapter(tuple[Finding, ...])
_STORES = TypeAdapter(tuple[StoreExposure, ...])


def get(tx: Tx, request_id: str) -> Request:
    """One request with all its acknowledgements; NotFoundError when there is none."""
    row = tx.conn.execute(_ONE, {"wanted": request_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no request {request_id}.", hint="`/dr requests` lists what waits.")
    return _request(tx, row)


def open_requests(tx: Tx, application: str | None = None) -> tuple[Request, ...]:
    """Those that wait for acknowledgements, oldest first."""
    found = tx.conn.execute(_OPEN_OF, {"of": application}) if application else tx.conn.execute(_OPEN)
    return tuple(_request(tx, row) for row in found.all())


def queued(tx: Tx, application: str | None = None) -> tuple[Request, ...]:
    """Those whose quorum is complete, and that wait for their turn in an evacuation, oldest first."""
    found = tx.conn.execute(_QUEUED_OF, {"of": application}) if application else tx.conn.execute(_QUEUED)
    return tuple(_request(tx, row) for row in found.all())


def newest(tx: Tx, application: str, target: str) -> Request | None:
    """The last one that was asked for this application and leads there; of the latest few."""
    found = (_request(tx, row) for row in tx.conn.execute(_NEWEST_OF, {"of": application}).all())
    return next((one for one in found if one.plan.target == target), None)


def recent(tx: Tx, limit: int = 20) -> tuple[Request, ...]:
    """The newest requests, newest first."""
    query = select(request).order_by(request.c.opened_at.desc()).limit(limit)
    return tuple(_request(tx, row) for row in tx.conn.execute(query).all())


def since(tx: Tx, at: datetime) -> tuple[Request, ...]:
    """Those that were opened from then on, oldest first."""
    return tuple(_request(tx, row) for row in tx.conn.execute(_SINCE, {"since": at}).all())


def since_or_running(tx: Tx, opened: datetime, at: datetime) -> tuple[Request, ...]:
    """Those that were opened from then on, and those whose run was not over `at` this time; oldest first."""
    return tuple(_request(tx, row) for row in tx.conn.execute(_SINCE_OR_RUNNING, {"since": opened, "at": at}).all())


def create(tx: Tx, new: Request, entries: Sequence[events.Entry]) -> Request:
    """Insert a request with its first events, and its chain's first event into the root chain."""
    built = events.build(new.id, Head(), entries, tx.now())
    values = {
        "id": new.id,
        "application": new.application,
        "plan": new.plan.model_dump_json(),
        "digest": new.digest,
        "loss_limit_s": new.loss_limit_s,
        "state": new.state.value,
        "round": new.round,
        "version": new.version,
        "requester": new.requester.model_dump_json(),
        "reason": new.reason,
        "channel": new.channel,
        "opened_at": new.opened_at,
        "expires_at": new.expires_at,
        "approvers_at_open": json.dumps(sorted(new.approvers_at_open)),
        "seen": seen_of(new),
        "chain_seq": built[-1].seq,
        "chain_hash": built[-1].hash,
        "supersedes": new.supersedes,
    }
    tx.conn.execute(_INSERT, values)
    events.put(tx, built)
    events.register(tx, new.id, built[0].hash)
    return get(tx, new.id)


def seen_of(request_: Request) -> str:
    """The column that holds what was seen when the request's round was opened."""
    seen = {
        "findings": [finding.model_dump(mode="json") for finding in request_.findings],
        "stores": [store.model_dump(mode="json") for store in request_.stores],
        "incident_since": _iso(request_.incident_since),
        "detected_at": _iso(request_.detected_at),
        "signals": list(request_.signals),
    }
    return json.dumps(seen)


def transition(tx: Tx, old: Request, entries: Sequence[events.Entry], **changes: Any) -> Request:
    """Compare-and-set the request row by its version, and write the events; StaleError when somebody was first.

    Once there is a run, it continues the chain: its head is then claimed as well. TransitionError for a change that
    is in no table of docs/states.md.
    """
    fence = run if tx.conn.execute(_RUN, {"wanted": old.id}).one_or_none() else request
    head = tx.conn.execute(_HEADS[fence], {"wanted": old.id}).one()
    built = events.build(old.id, Head(head.chain_seq, head.chain_hash), entries, tx.now())
    mine = {"wanted": old.id, "old": old.version, "before": old.state.value}
    links = {"wanted": old.id, "old": head.chain_seq, "chain_seq": built[-1].seq, "chain_hash": built[-1].hash}
    claims = ((_CLAIM, {**mine, "version": old.version + 1, **changes}), (_FENCES[fence], links))
    for claim, values in claims:
        if tx.conn.execute(claim, values).rowcount != 1:
            raise StaleError(old.id)
    REQUESTS.check(old.state, [kind for kind, *_ in entries], RequestState(changes.get("state", old.state)))
    events.put(tx, built)
    return get(tx, old.id)


def add_ack(tx: Tx, request_id: str, new: Ack) -> None:
    """Insert an acknowledgement; its key makes a second one of the same person and round impossible."""
    tx.conn.execute(_INSERT_ACK, {"request": request_id, **new.model_dump()})


def replace_ack(tx: Tx, request_id: str, new: Ack) -> None:
    """In the place of this person's acknowledgement of the round, where there is one."""
    key = {"request": request_id, "round": new.round, "person": new.person}
    rows.put(tx, ack, key, new.model_dump(exclude={"round", "person"}))


def add_buttons(tx: Tx, request_id: str, round_: int, tokens: dict[str, str]) -> None:
    for action, token in tokens.items():
        values = {"token": token, "request": request_id, "action": action, "round": round_}
        tx.conn.execute(_INSERT_BUTTON, values)


def buttons(tx: Tx, request_id: str, round_: int) -> dict[str, str]:
    """action -> token of one round."""
    return {row.action: row.token for row in tx.conn.execute(_BUTTONS, {"wanted": request_id, "of": round_})}


def button_of(tx: Tx, token: str) -> tuple[str, str, int] | None:
    """(request, action, round) of a token that was once given out."""
    row = tx.conn.execute(select(button).where(button.c.token == token)).one_or_none()
    return None if row is None else (row.request, row.action, row.round)


@lru_cache(maxsize=256)
def _seen(stored: str) -> dict[str, Any]:
    """What `seen_of` wrote, as fields of a request; it changes with the round only."""
    seen = json.loads(stored)
    return {
        "incident_since": seen["incident_since"],
        "detected_at": seen["detected_at"],
        "signals": tuple(seen.get("signals", ())),
        "findings": _FINDINGS.validate_python(seen["findings"]),
        "stores": _STORES.validate_python(seen["stores"]),
    }


@lru_cache(maxsize=256)
def _approvers(stored: str) -> frozenset[str]:
    return frozenset(json.loads(stored))


@lru_cache(maxsize=256)
def _requester(stored: str) -> Actor:
    return Actor.model_validate_json(stored)


@lru_cache(maxsize=1024)
def _ack(row: Row[Any]) -> Ack:
    """An acknowledgement as stored, which never changes but in being replaced."""
    return Ack(
        person=row.person,
        display=row.display,
        round=row.round,
        digest=row.digest,
        accepted_limit_s=row.accepted_limit_s,
        at=row.at,
        kind=row.kind,
        proof=row.proof,
    )


def _iso(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _request(tx: Tx, row: Row[Any]) -> Request:
    acks = tx.conn.execute(_ACKS, {"wanted": row.id}).all()
    return Request(
        id=row.id,
        application=row.application,
        plan=stored_plan(row.plan),
        digest=row.digest,
        loss_limit_s=row.loss_limit_s,
        state=RequestState(row.state),
        round=row.round,
        version=row.version,
        requester=_requester(row.requester),
        reason=row.reason,
        channel=row.channel,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        approvers_at_open=_approvers(row.approvers_at_open),
        supersedes=row.supersedes,
        acks=tuple(_ack(item) for item in acks),
        **_seen(row.seen),
    )
