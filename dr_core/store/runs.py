"""Runs and steps in SQL, and the one rule by which a run changes: fence first, then the event, then the step."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, delete, insert, or_, select, update

from dr_core.approvals.model import Request
from dr_core.audit.chain import Head
from dr_core.errors import LeaseLostError, NotFoundError
from dr_core.execution.model import Run, RunState, SegmentTime, StepRecord, StepState
from dr_core.plan.step import Plan
from dr_core.store import events
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import request, run, scope_lock, step

UNFINISHED = (RunState.PENDING.value, RunState.RUNNING.value, RunState.HELD.value)


class HeldError(Exception):
    """The run is on hold: no new intent may be written."""


@dataclass(frozen=True)
class StepChange:
    """New values of one step row."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One transition: events, new values of the run row, and of at most one step. `intent` respects a hold."""

    entries: Sequence[events.Entry]
    values: Mapping[str, Any] = field(default_factory=dict)
    step: StepChange | None = None
    intent: bool = False


def get(tx: Tx, run_id: str) -> Run:
    row = tx.conn.execute(select(run).where(run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no run {run_id}.", hint="`/dr runs` lists them.")
    return _run(tx, row)


def of_request(tx: Tx, request_id: str) -> Run | None:
    row = tx.conn.execute(select(run).where(run.c.request == request_id)).one_or_none()
    return None if row is None else _run(tx, row)


def unfinished(tx: Tx, application: str | None = None) -> tuple[Run, ...]:
    query = select(run).where(run.c.state.in_(UNFINISHED)).order_by(run.c.created_at)
    if application is not None:
        query = query.where(run.c.application == application)
    return tuple(_run(tx, row) for row in tx.conn.execute(query).all())


def recent(tx: Tx, limit: int = 20, application: str | None = None) -> tuple[Run, ...]:
    """The newest runs, newest first."""
    query = select(run).order_by(run.c.created_at.desc()).limit(limit)
    if application is not None:
        query = query.where(run.c.application == application)
    return tuple(_run(tx, row) for row in tx.conn.execute(query).all())


def create(tx: Tx, run_id: str, of: Request, entries: Sequence[events.Entry]) -> Run:
    """Make the run of an approved request, continue its chain, and take the application's lock (one run each)."""
    head = tx.conn.execute(select(request.c.chain_seq, request.c.chain_hash).where(request.c.id == of.id)).one()
    built = events.build(of.id, Head(head.chain_seq, head.chain_hash), entries, tx.now())
    tx.conn.execute(
        insert(run).values(
            id=run_id,
            request=of.id,
            application=of.application,
            plan=of.plan.model_dump_json(),
            state=RunState.PENDING.value,
            epoch=0,
            created_at=tx.now(),
            reason="",
            follow_up=False,
            outcome="{}",
            chain_seq=built[-1].seq,
            chain_hash=built[-1].hash,
        )
    )
    for position, item in enumerate(of.plan.steps):
        tx.conn.execute(
            insert(step).values(
                run=run_id,
                name=item.name,
                kind=item.kind,
                position=position,
                state=StepState.WAITING.value,
                attempt=0,
                epoch=0,
                detail="",
                evidence="{}",
            )
        )
    tx.conn.execute(insert(scope_lock).values(application=of.application, run=run_id))
    events.put(tx, built)
    return get(tx, run_id)


def lock_holder(tx: Tx, application: str) -> str | None:
    """The unfinished run that has the application, if any."""
    query = select(scope_lock.c.run).where(scope_lock.c.application == application)
    return tx.conn.execute(query).scalar_one_or_none()


def takeable(tx: Tx) -> tuple[str, ...]:
    """Runs whose lease is free, and that have something left to do."""
    query = select(run.c.id).where(
        or_(run.c.state.in_(UNFINISHED), run.c.follow_up.is_(True)),
        or_(run.c.lease_until.is_(None), run.c.lease_until < tx.now()),
    )
    return tuple(tx.conn.execute(query.order_by(run.c.created_at)).scalars())


def take(tx: Tx, run_id: str, owner: str, ttl: timedelta, entries: Sequence[events.Entry]) -> int | None:
    """Take a free lease: the epoch grows by one. The new epoch, or None when another was quicker."""
    row = tx.conn.execute(select(run).where(run.c.id == run_id)).one()
    now = tx.now()
    if row.lease_until is not None and row.lease_until >= now:
        return None
    built = events.build(row.request, Head(row.chain_seq, row.chain_hash), entries, now)
    taken = tx.conn.execute(
        update(run)
        .where(
            run.c.id == run_id,
            run.c.epoch == row.epoch,
            run.c.chain_seq == row.chain_seq,
            or_(run.c.lease_until.is_(None), run.c.lease_until < now),
        )
        .values(
            epoch=row.epoch + 1,
            owner=owner,
            beat_at=now,
            lease_until=now + ttl,
            chain_seq=built[-1].seq,
            chain_hash=built[-1].hash,
        )
    )
    if taken.rowcount != 1:
        raise StaleError(run_id)
    events.put(tx, built)
    return int(row.epoch) + 1


def beat(tx: Tx, run_id: str, epoch: int, ttl: timedelta) -> bool:
    """Renew a lease; False when it is no longer this epoch's."""
    now = tx.now()
    renewed = tx.conn.execute(
        update(run).where(run.c.id == run_id, run.c.epoch == epoch).values(beat_at=now, lease_until=now + ttl)
    )
    return renewed.rowcount == 1


def release(tx: Tx, run_id: str, epoch: int) -> None:
    """Give a lease back, so that another worker takes the run at once."""
    tx.conn.execute(update(run).where(run.c.id == run_id, run.c.epoch == epoch).values(lease_until=None, owner=None))


def transition(tx: Tx, run_id: str, epoch: int, change: Change) -> None:
    """The one rule. A `cmd_id` that the trail knows already means that an earlier commit went through: nothing happens.

    Raises LeaseLostError when the epoch is another's, HeldError when an intent meets a hold.
    """
    cmd_id = change.entries[0][3]
    if cmd_id is not None and events.known(tx, cmd_id) is not None:
        return
    row = tx.conn.execute(select(run).where(run.c.id == run_id)).one()
    built = events.build(row.request, Head(row.chain_seq, row.chain_hash), change.entries, tx.now())
    fence = update(run).where(run.c.id == run_id, run.c.chain_seq == row.chain_seq, run.c.epoch == epoch)
    if change.intent:
        fence = fence.where(run.c.hold.is_(None))
    passed = tx.conn.execute(fence.values(chain_seq=built[-1].seq, chain_hash=built[-1].hash, **dict(change.values)))
    if passed.rowcount != 1:
        if row.epoch != epoch:
            raise LeaseLostError(f"Run {run_id} is owned by another worker now.")
        if change.intent and row.hold is not None:
            raise HeldError(row.hold)
        raise StaleError(run_id)
    events.put(tx, built)
    if change.step is not None:
        where = (step.c.run == run_id, step.c.name == change.step.name)
        tx.conn.execute(update(step).where(*where).values(epoch=epoch, **dict(change.step.values)))


def note(tx: Tx, run_id: str, epoch: int, name: str, detail: str) -> None:
    """Describe what a step under way is waiting for, while the lease is this epoch's."""
    mine = select(run.c.id).where(run.c.id == run_id, run.c.epoch == epoch).scalar_subquery()
    tx.conn.execute(update(step).where(step.c.run == mine, step.c.name == name).values(detail=detail))


def stop_following(tx: Tx, run_id: str, epoch: int) -> None:
    """Nothing of a finished run is left to be reached, or a newer run has taken over."""
    tx.conn.execute(update(run).where(run.c.id == run_id, run.c.epoch == epoch).values(follow_up=False))


def unlock(tx: Tx, run_id: str) -> None:
    """Free the application of a finished run."""
    tx.conn.execute(delete(scope_lock).where(scope_lock.c.run == run_id))


def overtaken(tx: Tx, earlier: Run) -> bool:
    """Whether a newer run of the application has passed its gates: what `earlier` left undone is that one's matter."""
    newer = select(run.c.id).where(
        run.c.application == earlier.application,
        run.c.id != earlier.id,
        run.c.created_at >= earlier.created_at,
        run.c.gated_at.is_not(None),
    )
    return tx.conn.execute(newer.limit(1)).one_or_none() is not None


def step_durations(tx: Tx, kind: str) -> tuple[float, ...]:
    """Seconds that steps of a kind took that were done in their run, newest first, at most 200."""
    query = (
        select(step.c.started_at, step.c.ended_at)
        .where(step.c.kind == kind, step.c.state == StepState.DONE.value, step.c.started_at.is_not(None))
        .order_by(step.c.ended_at.desc())
        .limit(200)
    )
    return tuple((row.ended_at - row.started_at).total_seconds() for row in tx.conn.execute(query))


def _record(row: Row[Any]) -> StepRecord:
    evidence: dict[str, JsonValue] = json.loads(row.evidence)
    return StepRecord(
        name=row.name,
        state=StepState(row.state),
        attempt=row.attempt,
        token=row.token,
        started_at=row.started_at,
        ended_at=row.ended_at,
        deadline_at=row.deadline_at,
        detail=row.detail,
        evidence=evidence,
    )


def _run(tx: Tx, row: Row[Any]) -> Run:
    outcome = json.loads(row.outcome)
    steps = tx.conn.execute(select(step).where(step.c.run == row.id).order_by(step.c.position)).all()
    return Run(
        id=row.id,
        request=row.request,
        application=row.application,
        plan=Plan.model_validate_json(row.plan),
        state=RunState(row.state),
        epoch=row.epoch,
        owner=row.owner,
        lease_until=row.lease_until,
        hold=row.hold,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason=row.reason,
        steps=tuple(_record(item) for item in steps),
        segments=tuple(SegmentTime.model_validate(item) for item in outcome.get("segments", ())),
        rto_s=outcome.get("rto_s"),
        rto_reason=outcome.get("rto_reason", ""),
        loss_s=outcome.get("loss_s"),
        loss_reason=outcome.get("loss_reason", ""),
    )
