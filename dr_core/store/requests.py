"""Requests, acknowledgements and their buttons in SQL; every change is a compare-and-set with its events."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, insert, select, update

from dr_core.approvals.model import Ack, Actor, Request, RequestState
from dr_core.approvals.states import check_request
from dr_core.audit.chain import Head
from dr_core.errors import NotFoundError
from dr_core.plan.step import Finding, stored_plan
from dr_core.reports.model import StoreExposure
from dr_core.store import events
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import ack, button, request, run

# Made once: building a statement costs more than sending it.
_ONE = select(request).where(request.c.id == bindparam("wanted"))
_ACKS = select(ack).where(ack.c.request == bindparam("wanted")).order_by(ack.c.round, ack.c.at)
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
    query = select(request).where(request.c.state == RequestState.OPEN).order_by(request.c.opened_at)
    if application is not None:
        query = query.where(request.c.application == application)
    return tuple(_request(tx, row) for row in tx.conn.execute(query).all())


def recent(tx: Tx, limit: int = 20) -> tuple[Request, ...]:
    """The newest requests, newest first."""
    query = select(request).order_by(request.c.opened_at.desc()).limit(limit)
    return tuple(_request(tx, row) for row in tx.conn.execute(query).all())


def create(tx: Tx, new: Request, entries: Sequence[events.Entry]) -> Request:
    """Insert a request with its first events, and its chain's first event into the root chain."""
    built = events.build(new.id, Head(), entries, tx.now())
    tx.conn.execute(
        insert(request).values(
            id=new.id,
            application=new.application,
            plan=new.plan.model_dump_json(),
            digest=new.digest,
            loss_limit_s=new.loss_limit_s,
            state=new.state.value,
            round=new.round,
            version=new.version,
            requester=new.requester.model_dump_json(),
            reason=new.reason,
            channel=new.channel,
            opened_at=new.opened_at,
            expires_at=new.expires_at,
            approvers_at_open=json.dumps(sorted(new.approvers_at_open)),
            seen=seen_of(new),
            chain_seq=built[-1].seq,
            chain_hash=built[-1].hash,
            supersedes=new.supersedes,
        )
    )
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
    }
    return json.dumps(seen)


def transition(tx: Tx, old: Request, entries: Sequence[events.Entry], **changes: Any) -> Request:
    """Compare-and-set the request row by its version, and write the events; StaleError when somebody was first.

    Once there is a run, it continues the chain: its head is then claimed as well. TransitionError for a change that
    is in no table of docs/states.md.
    """
    fence = run if tx.conn.execute(select(run.c.id).where(run.c.request == old.id)).one_or_none() else request
    mine = run.c.request == old.id if fence is run else request.c.id == old.id
    head = tx.conn.execute(select(fence.c.chain_seq, fence.c.chain_hash).where(mine)).one()
    built = events.build(old.id, Head(head.chain_seq, head.chain_hash), entries, tx.now())
    claims = (
        update(request)
        .where(request.c.id == old.id, request.c.version == old.version, request.c.state == old.state.value)
        .values(version=old.version + 1, **changes),
        update(fence)
        .where(mine, fence.c.chain_seq == head.chain_seq)
        .values(chain_seq=built[-1].seq, chain_hash=built[-1].hash),
    )
    for claim in claims:
        if tx.conn.execute(claim).rowcount != 1:
            raise StaleError(old.id)
    check_request(old.state, [kind for kind, *_ in entries], RequestState(changes.get("state", old.state)))
    events.put(tx, built)
    return get(tx, old.id)


def add_ack(tx: Tx, request_id: str, new: Ack) -> None:
    """Insert an acknowledgement; its key makes a second one of the same person and round impossible."""
    tx.conn.execute(insert(ack).values(request=request_id, **new.model_dump()))


def replace_ack(tx: Tx, request_id: str, new: Ack) -> None:
    """In the place of this person's acknowledgement of the round, where there is one."""
    where = (ack.c.request == request_id, ack.c.round == new.round, ack.c.person == new.person)
    if tx.conn.execute(update(ack).where(*where).values(**new.model_dump())).rowcount == 0:
        add_ack(tx, request_id, new)


def add_buttons(tx: Tx, request_id: str, round_: int, tokens: dict[str, str]) -> None:
    for action, token in tokens.items():
        tx.conn.execute(insert(button).values(token=token, request=request_id, action=action, round=round_))


def buttons(tx: Tx, request_id: str, round_: int) -> dict[str, str]:
    """action -> token of one round."""
    query = select(button.c.action, button.c.token).where(button.c.request == request_id, button.c.round == round_)
    return {row.action: row.token for row in tx.conn.execute(query)}


def button_of(tx: Tx, token: str) -> tuple[str, str, int] | None:
    """(request, action, round) of a token that was once given out."""
    row = tx.conn.execute(select(button).where(button.c.token == token)).one_or_none()
    return None if row is None else (row.request, row.action, row.round)


def _iso(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _request(tx: Tx, row: Row[Any]) -> Request:
    seen = json.loads(row.seen)
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
        requester=Actor.model_validate_json(row.requester),
        reason=row.reason,
        channel=row.channel,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        approvers_at_open=frozenset(json.loads(row.approvers_at_open)),
        supersedes=row.supersedes,
        findings=_FINDINGS.validate_python(seen["findings"]),
        stores=_STORES.validate_python(seen["stores"]),
        incident_since=seen["incident_since"],
        detected_at=seen["detected_at"],
        acks=tuple(Ack.model_validate({k: v for k, v in a._mapping.items() if k != "request"}) for a in acks),
    )
