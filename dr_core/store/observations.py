"""Observations and samples in SQL, and what finished runs say of where an application lives."""

from datetime import datetime
from typing import Literal

from sqlalchemy import delete, insert, select, update

from dr_core.execution.model import RunState, StepState
from dr_core.observation.model import Observation
from dr_core.observation.samples import Sample, samples_of
from dr_core.plan.step import Mode, Plan, Segment
from dr_core.store.engine import Tx
from dr_core.store.tables import observation, run, sample, step

Fence = Literal["fenced", "unfenced"]


def latest(tx: Tx, application: str) -> Observation | None:
    """The last pass over an application, with its own age."""
    query = select(observation.c.body).where(observation.c.application == application)
    body = tx.conn.execute(query).scalar_one_or_none()
    return None if body is None else Observation.model_validate_json(body)


def observed(tx: Tx) -> frozenset[str]:
    """Applications that were observed at least once."""
    return frozenset(tx.conn.execute(select(observation.c.application)).scalars())


def save(tx: Tx, new: Observation) -> None:
    """Replace the last pass and keep its samples."""
    where = observation.c.application == new.application
    values = {"at": new.observed_at, "body": new.model_dump_json()}
    if tx.conn.execute(update(observation).where(where).values(**values)).rowcount == 0:
        tx.conn.execute(insert(observation).values(application=new.application, **values))
    rows = [
        {"application": s.application, "name": s.name, "region": s.region, "at": s.at, "value": s.value, "ok": s.ok}
        for s in {(s.name, s.region, s.at): s for s in samples_of(new)}.values()
    ]
    if rows:
        keys = {(row["name"], row["region"]) for row in rows}
        known = select(sample.c.name, sample.c.region, sample.c.at).where(
            sample.c.application == new.application, sample.c.at.in_({row["at"] for row in rows})
        )
        seen = {(row.name, row.region, row.at) for row in tx.conn.execute(known) if (row.name, row.region) in keys}
        fresh = [row for row in rows if (row["name"], row["region"], row["at"]) not in seen]
        if fresh:
            tx.conn.execute(insert(sample), fresh)


def samples(tx: Tx, application: str, name: str, since: datetime) -> tuple[Sample, ...]:
    """Stored samples of one series, oldest first."""
    query = (
        select(sample)
        .where(sample.c.application == application, sample.c.name == name, sample.c.at >= since)
        .order_by(sample.c.at)
    )
    return tuple(
        Sample(application=row.application, region=row.region, name=row.name, at=row.at, value=row.value, ok=row.ok)
        for row in tx.conn.execute(query)
    )


def forget_samples(tx: Tx, before: datetime) -> int:
    """Delete samples older than `before`; how many went."""
    return tx.conn.execute(delete(sample).where(sample.c.at < before)).rowcount


def active_region(tx: Tx, application: str) -> str | None:
    """The target of the last run that succeeded, else None."""
    query = (
        select(run.c.plan)
        .where(run.c.application == application, run.c.state == RunState.SUCCEEDED.value)
        .order_by(run.c.ended_at.desc())
        .limit(1)
    )
    body = tx.conn.execute(query).scalar_one_or_none()
    return None if body is None else Plan.model_validate_json(body).target


def region_fences(tx: Tx, application: str) -> dict[str, Fence]:
    """What the last forced run left behind: its source region, fenced or not. Nothing after a planned one.

    A run that began no step which fences or promotes has changed nothing, and is passed over.
    """
    query = select(run.c.id, run.c.plan).where(run.c.application == application, run.c.ended_at.is_not(None))
    for row in tx.conn.execute(query.order_by(run.c.ended_at.desc()).limit(20)):
        plan = Plan.model_validate_json(row.plan)
        columns = select(step.c.name, step.c.state, step.c.started_at).where(step.c.run == row.id)
        begun = {r.name: r.state for r in tx.conn.execute(columns) if r.started_at is not None}
        taking = {item.name for item in plan.steps if item.segment in (Segment.FENCE, Segment.PROMOTE)}
        if not taking & set(begun):
            continue
        return {} if plan.mode is Mode.PLANNED else _left_behind(plan, begun)
    return {}


def _left_behind(plan: Plan, states: dict[str, str]) -> dict[str, Fence]:
    fencing = [states.get(item.name) for item in plan.steps if item.segment is Segment.FENCE]
    if StepState.NOT_REACHED.value in fencing:
        return {plan.source: "unfenced"}
    fenced = bool(fencing) and set(fencing) <= {StepState.DONE.value, StepState.REACHED_LATE.value}
    return {plan.source: "fenced"} if fenced else {}
