"""Observations and samples in SQL, and what finished runs say of where an application lives."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

from sqlalchemy import bindparam, delete, select

from dr_core.execution.model import RunState, StepState
from dr_core.objectives.availability import Move
from dr_core.observation.model import Observation
from dr_core.observation.samples import Sample, samples_of
from dr_core.plan.step import Mode, Plan, Purpose, Segment, stored_plan
from dr_core.store import rows
from dr_core.store.engine import Tx
from dr_core.store.tables import observation, run, sample, step

Fence = Literal["fenced", "unfenced"]

# Made once: building a statement costs more than sending it.
_LATEST = select(observation.c.body).where(observation.c.application == bindparam("of"))
_ENDED = (
    select(run.c.id, run.c.plan, run.c.state)
    .where(run.c.application == bindparam("of"), run.c.ended_at.is_not(None))
    .order_by(run.c.ended_at.desc())
)
_LAST_ENDED = _ENDED.limit(20)
_LAST_SUCCESS = _ENDED.where(run.c.state == RunState.SUCCEEDED.value).limit(1)
# Or left behind by the end of its run: a fence that was never begun is not set.
_BEGUN = select(step.c.name, step.c.state).where(step.c.run == bindparam("of"), step.c.state != StepState.WAITING.value)


def latest(tx: Tx, application: str) -> Observation | None:
    """The last pass over an application, with its own age."""
    body = tx.conn.execute(_LATEST, {"of": application}).scalar_one_or_none()
    return None if body is None else _stored(body)


@lru_cache(maxsize=64)
def _stored(body: str) -> Observation:
    """A pass as stored. One is written in a while, and read by everything that is decided meanwhile."""
    return Observation.model_validate_json(body)


def observed(tx: Tx) -> frozenset[str]:
    """Applications that were observed at least once."""
    return frozenset(tx.conn.execute(select(observation.c.application)).scalars())


def save(tx: Tx, new: Observation) -> None:
    """Replace the last pass and keep its samples."""
    values = {"at": new.observed_at, "body": new.model_dump_json()}
    rows.put(tx, observation, {"application": new.application}, values)
    taken = (
        {"application": s.application, "name": s.name, "region": s.region, "at": s.at, "value": s.value, "ok": s.ok}
        for s in {(s.name, s.region, s.at): s for s in samples_of(new)}.values()
    )
    rows.put_missing(tx, sample, list(taken))


def samples(
    tx: Tx,
    application: str,
    names: Sequence[str],
    regions: Sequence[str],
    since: datetime,
    until: datetime | None = None,
) -> tuple[Sample, ...]:
    """Stored samples of some series before `until`, oldest first; by the whole key, so that the index finds them."""
    query = (
        select(sample)
        .where(
            sample.c.application == application,
            sample.c.name.in_(names),
            sample.c.region.in_(regions),
            sample.c.at >= since,
        )
        .order_by(sample.c.at)
    )
    if until is not None:
        query = query.where(sample.c.at < until)
    return tuple(
        Sample(application=row.application, region=row.region, name=row.name, at=row.at, value=row.value, ok=row.ok)
        for row in tx.conn.execute(query)
    )


def first_sample(tx: Tx, application: str) -> datetime | None:
    """When the oldest stored sample of an application was taken."""
    query = select(sample.c.at).where(sample.c.application == application).order_by(sample.c.at).limit(1)
    return tx.conn.execute(query).scalar_one_or_none()


def forget_samples(tx: Tx, before: datetime) -> int:
    """Delete samples older than `before`; how many went."""
    return tx.conn.execute(delete(sample).where(sample.c.at < before)).rowcount


def active_region(tx: Tx, application: str) -> str | None:
    """The target of the last run that succeeded, else None."""
    last = tx.conn.execute(_LAST_SUCCESS, {"of": application}).one_or_none()
    return None if last is None else stored_plan(last.plan).target


def moves(tx: Tx, application: str) -> tuple[Move, ...]:
    """The last fifty runs that moved an application, oldest first; a rollback at home has moved nothing.

    Where every region serves, one that brings users back has.
    """
    query = select(run.c.plan, run.c.ended_at).where(
        run.c.application == application, run.c.state == RunState.SUCCEEDED.value
    )
    found = [
        Move(row.ended_at, plan.source, plan.target, plan.returning)
        for row in tx.conn.execute(query.order_by(run.c.ended_at.desc()).limit(50))
        for plan in (stored_plan(row.plan),)
        if plan.purpose is not Purpose.ROLLBACK or plan.returning or plan.leans_on(plan.source)
    ]
    return tuple(reversed(found))


def region_fences(tx: Tx, application: str) -> dict[str, Fence]:
    """What the last forced run left behind: its source region, fenced or not. Nothing after a planned one.

    A run that began no step which fences or promotes has changed nothing, and is passed over; so is one that was taken
    back since.
    """
    undone: set[str | None] = set()
    for row in tx.conn.execute(_LAST_ENDED, {"of": application}).all():
        plan = stored_plan(row.plan)
        if row.id in undone:
            continue
        if plan.purpose is Purpose.ROLLBACK and row.state == RunState.SUCCEEDED.value:
            undone.add(plan.undoes)
        begun = {r.name: r.state for r in tx.conn.execute(_BEGUN, {"of": row.id})}
        taking = {item.name for item in plan.steps if item.segment in (Segment.FENCE, Segment.PROMOTE)}
        if not taking & set(begun):
            continue
        return {} if plan.mode is Mode.PLANNED else _left_behind(plan, begun)
    return {}


def _left_behind(plan: Plan, states: dict[str, str]) -> dict[str, Fence]:
    # A step that is passed over for good is the team's own, and fences nobody.
    steps = (item for item in plan.steps if item.segment is Segment.FENCE and item.follow_up)
    fencing = [states.get(item.name) for item in steps]
    if StepState.NOT_REACHED.value in fencing:
        return {plan.source: "unfenced"}
    fenced = bool(fencing) and set(fencing) <= {StepState.DONE.value, StepState.REACHED_LATE.value}
    return {plan.source: "fenced"} if fenced else {}
