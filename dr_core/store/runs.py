"""Runs and steps in SQL, and the one rule by which a run changes: fence first, then the event, then the step."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row

from dr_core.approvals.model import Request
from dr_core.audit.chain import Head
from dr_core.audit.events import EventKind
from dr_core.errors import LeaseLostError, NotFoundError
from dr_core.execution.model import Ending, Hold, Run, RunState, SegmentTime, StepRecord, StepState, StoreLoss
from dr_core.execution.states import RUNS, STEPS
from dr_core.plan.step import stored_plan
from dr_core.store import brake, events, scope
from dr_core.store import run_statements as sql
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import run


class HeldError(Exception):
    """The run is on hold, braked or to be aborted: no new intent may be written."""


@dataclass(frozen=True)
class StepChange:
    """New values of one step row."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One transition: events, new values of the run row, of at most one step, and the holds where they change.

    An `intent` respects holds, the brake, and a wish to abort.
    """

    entries: Sequence[events.Entry]
    values: Mapping[str, Any] = field(default_factory=dict)
    step: StepChange | None = None
    holds: Sequence[Hold] | None = None
    intent: bool = False


def get(tx: Tx, run_id: str) -> Run:
    row = tx.conn.execute(sql.ONE, {"wanted": run_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no run {run_id}.", hint="`/dr runs` lists them.")
    return _run(tx, row)


def claim(tx: Tx, run_id: str) -> Run:
    """The run as it is now, and as it stays until this transaction ends: for whatever is decided from it.

    A write that changes nothing, so that it holds on engines without row locks, too: there it is a conflict.
    """
    tx.conn.execute(sql.CLAIM, {"wanted": run_id})
    return get(tx, run_id)


def of_request(tx: Tx, request_id: str) -> Run | None:
    row = tx.conn.execute(sql.OF_REQUEST, {"wanted": request_id}).one_or_none()
    return None if row is None else _run(tx, row)


def unfinished(tx: Tx, application: str | None = None) -> tuple[Run, ...]:
    found = tx.conn.execute(sql.NOT_ENDED_OF, {"of": application}) if application else tx.conn.execute(sql.NOT_ENDED)
    return tuple(_run(tx, row) for row in found.all())


def recent(tx: Tx, limit: int = 20, application: str | None = None) -> tuple[Run, ...]:
    """The newest runs, newest first."""
    query = sql.ALL.order_by(run.c.created_at.desc()).limit(limit)
    if application is not None:
        query = query.where(run.c.application == application)
    return tuple(_run(tx, row) for row in tx.conn.execute(query).all())


def create(
    tx: Tx,
    run_id: str,
    of: Request,
    entries: Sequence[events.Entry],
    *,
    related: Sequence[str] = (),
    not_before: datetime | None = None,
) -> Run:
    """Make the run of an approved request, continue its chain, and take the application's lock (one run each).

    `related` applications exclude it, too. `not_before`: the owner of a run that it supersedes may act until then.
    """
    brake.touch(tx)
    quiet = _stop_followers(tx, of.application)
    starts = max((at for at in (not_before, quiet) if at is not None), default=None)
    head = tx.conn.execute(sql.HEAD, {"wanted": of.id}).one()
    built = events.build(of.id, Head(head.chain_seq, head.chain_hash), entries, tx.now())
    values = {
        "id": run_id,
        "request": of.id,
        "application": of.application,
        "plan": of.plan.model_dump_json(),
        "state": RunState.PENDING.value,
        "epoch": 0,
        "lease_until": starts,
        "created_at": tx.now(),
        "reason": "",
        "follow_up": False,
        "outcome": "{}",
        "chain_seq": built[-1].seq,
        "chain_hash": built[-1].hash,
    }
    tx.conn.execute(sql.INSERT, values)
    _make_steps(tx, run_id, of)
    scope.take(tx, run_id, scope.names(of.application, related))
    events.put(tx, built)
    return get(tx, run_id)


def _make_steps(tx: Tx, run_id: str, of: Request) -> None:
    blank = {"attempt": 0, "epoch": 0, "detail": "", "evidence": "{}", "state": StepState.WAITING.value}
    rows = [
        {"run": run_id, "name": item.name, "kind": item.kind, "position": position, **blank}
        for position, item in enumerate(of.plan.steps)
    ]
    if rows:
        tx.conn.execute(sql.INSERT_STEP, rows)


def _stop_followers(tx: Tx, application: str) -> datetime | None:
    """Finished runs that still try to reach a lost region lose their owner; until when that one may act."""
    tx.conn.execute(sql.STOP_FOLLOWERS, {"of": application})
    leases = tx.conn.execute(sql.FOLLOWERS_ACT, {"of": application, "now": tx.now()}).scalars().all()
    return max((at for at in leases if at is not None), default=None)


def transition(tx: Tx, run_id: str, epoch: int, change: Change) -> None:
    """The one rule of an owner. A `cmd_id` that the trail knows means that an earlier commit went through: nothing.

    Raises LeaseLostError when the epoch is another's, HeldError when an intent meets a hold or the brake, and
    TransitionError for a change that is in no table of docs/states.md.
    """
    row = _judged(tx, run_id, change, change.entries[0][3])
    if not row.known:
        _change(tx, row, epoch, change)


def command(tx: Tx, run_id: str, change: Change) -> None:
    """The same rule for what people decide: whoever owns the run sees it at its next transition."""
    _change(tx, _judged(tx, run_id, change, None), None, change)


def _judged(tx: Tx, run_id: str, change: Change, cmd_id: str | None) -> Row[Any]:
    called = None if change.step is None else change.step.name
    return tx.conn.execute(sql.JUDGED, {"wanted": run_id, "said": cmd_id, "called": called}).one()


def _change(tx: Tx, row: Row[Any], epoch: int | None, change: Change) -> None:
    run_id = row.id
    built = events.build(row.request, Head(row.chain_seq, row.chain_hash), change.entries, tx.now())
    freed = change.holds is not None and not change.holds
    fence = sql.FENCES[epoch is not None, change.intent, freed]
    values = {"chain_seq": built[-1].seq, "chain_hash": built[-1].hash, **dict(change.values)}
    if change.holds is not None:
        values |= _held(row, change.holds)
    seen = {"wanted": run_id, "old": row.chain_seq, **({} if epoch is None else {"mine": epoch})}
    if tx.conn.execute(fence, seen | values).rowcount != 1:
        if epoch is not None and row.epoch != epoch:
            raise LeaseLostError(f"Run {run_id} is owned by another worker now.")
        if change.intent and (not get(tx, run_id).free or brake.get(tx).engaged):
            raise HeldError(row.hold or brake.SENTENCE)
        raise StaleError(run_id)
    kinds = [kind for kind, *_ in change.entries]
    RUNS.check(RunState(row.state), kinds, RunState(values.get("state", row.state)))
    events.put(tx, built)
    if change.step is not None:
        _step(tx, row, change.step, kinds)


def _step(tx: Tx, row: Row[Any], change: StepChange, kinds: Sequence[EventKind]) -> None:
    before = row.before  # nothing changed it since: that would have changed the head of the chain, and the fence held
    STEPS.check(StepState(before), kinds, StepState(change.values.get("state", before)))
    tx.conn.execute(sql.STEP, {"wanted": row.id, "called": change.name, "epoch": row.epoch, **change.values})


def _held(row: Row[Any], holds: Sequence[Hold]) -> dict[str, Any]:
    """Columns of a run with these holds; without any, `hold` is the fence's matter."""
    stored = json.dumps([hold.model_dump(mode="json") for hold in holds])
    if holds:
        told = "; ".join(hold.reason for hold in holds)
        return {"holds": stored, "hold": told, "state": RunState.HELD.value}
    state = RunState.PENDING if row.started_at is None else RunState.RUNNING
    return {"holds": stored, "state": state.value}


def renew_deadlines(tx: Tx, run_id: str) -> None:
    """The run goes on: the time in which nobody could act is no step's time, so it gets its own in full."""
    present, now = get(tx, run_id), tx.now()
    for record in present.steps:
        if record.state is StepState.RUNNING and record.deadline_at is not None:
            latest = max(record.deadline_at, now + timedelta(seconds=present.plan.step(record.name).deadline_s))
            tx.conn.execute(sql.STEP, {"wanted": run_id, "called": record.name, "deadline_at": latest})


def note(tx: Tx, run_id: str, epoch: int, name: str, detail: str) -> None:
    """Describe what a step under way is waiting for, while the lease is this epoch's."""
    tx.conn.execute(sql.NOTE, {"wanted": run_id, "mine": epoch, "called": name, "detail": detail})


def overtaken(tx: Tx, earlier: Run) -> bool:
    """Whether a newer run of the application has passed its gates: what `earlier` left undone is that one's matter."""
    which = {"of": earlier.application, "besides": earlier.id, "since": earlier.created_at}
    return tx.conn.execute(sql.OVERTAKEN, which).one_or_none() is not None


def step_durations(tx: Tx, kind: str) -> tuple[float, ...]:
    """Seconds that steps of a kind took that were done in their run, newest first, at most 200."""
    return tuple(
        (row.ended_at - row.started_at).total_seconds() for row in tx.conn.execute(sql.DURATIONS, {"of": kind})
    )


@lru_cache(maxsize=2048)
def _record(row: Row[Any]) -> StepRecord:
    """A step as stored. A run is read at every tick, and few of its steps have changed since the tick before."""
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


@lru_cache(maxsize=256)
def _holds(stored: str) -> tuple[Hold, ...]:
    return tuple(Hold.model_validate(item) for item in json.loads(stored))


@lru_cache(maxsize=256)
def _outcome(stored: str) -> dict[str, Any]:
    """What was measured when the run ended, as fields of it; nothing before."""
    outcome = json.loads(stored)
    return {
        "segments": tuple(SegmentTime.model_validate(item) for item in outcome.get("segments", ())),
        "rto_s": outcome.get("rto_s"),
        "rto_reason": outcome.get("rto_reason", ""),
        "loss_s": outcome.get("loss_s"),
        "loss_reason": outcome.get("loss_reason", ""),
        "losses": tuple(StoreLoss.model_validate(item) for item in outcome.get("losses", ())),
    }


def _run(tx: Tx, row: Row[Any]) -> Run:
    steps = tx.conn.execute(sql.STEPS, {"wanted": row.id}).all()
    return Run(
        id=row.id,
        request=row.request,
        application=row.application,
        plan=stored_plan(row.plan),
        state=RunState(row.state),
        epoch=row.epoch,
        owner=row.owner,
        lease_until=row.lease_until,
        hold=row.hold,
        holds=_holds(row.holds),
        braked_since=row.braked_since,
        ending=Ending.model_validate_json(row.ending) if row.ending else None,
        beat_at=row.beat_at,
        follow_up=row.follow_up,
        round=row.round,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason=row.reason,
        steps=tuple(_record(item) for item in steps),
        **_outcome(row.outcome),
    )
