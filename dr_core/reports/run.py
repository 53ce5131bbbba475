"""Builds `dr.run/1`: a run's steps, its RTO by segment, and its loss, each measured or with the reason why not."""

from datetime import datetime, timedelta

from dr_core.approvals.model import Request
from dr_core.audit.events import EventKind
from dr_core.errors import NotFoundError
from dr_core.execution.model import Hold, HoldKind, Run, StepRecord, StepState, StoreLoss
from dr_core.objectives.rto import timeline
from dr_core.plan.step import Step
from dr_core.reports.brake import brake_view
from dr_core.reports.model import (
    BrakeView,
    EndingView,
    HoldView,
    LossView,
    RollbackView,
    RunView,
    SegmentView,
    StepView,
)
from dr_core.services import Services
from dr_core.store import brake, events, requests, runs
from dr_core.store.engine import Tx

SILENT_AFTER = timedelta(seconds=20)
"""A worker beats every few seconds; after this long its lease is over and any other may take the run."""
_STEP_S = 5


def run_view(services: Services, run: Run | str, *, way_back: bool = False) -> RunView:
    """A run as a result; named by its id or by its request's. NotFoundError where there is none.

    `way_back`: with what would take it back, which knows every kind of step; who only looks does not wait for that.
    """

    def work(tx: Tx) -> RunView:
        found = run if isinstance(run, Run) else find(tx, run)
        target_s = services.topology.objectives.rto.total_seconds()
        view = view_of(found, requests.get(tx, found.request), target_s, now=tx.now(), brake=brake_view(brake.get(tx)))
        back = _way_back(tx, services, found) if way_back else None
        return view.model_copy(update={"blocked": _blocked(tx, found), "rollback": back})

    return services.store.read(work)


def _way_back(tx: Tx, services: Services, run: Run) -> RollbackView | None:
    from dr_core.reports.rollback import rollback_view

    return rollback_view(tx, services.topology, run)


def _blocked(tx: Tx, run: Run) -> int:
    """How many requests were turned away because this run was not finished."""
    attempts = events.of_kind(tx, EventKind.REQUEST_BLOCKED, run.created_at)
    return sum(event.data.get("run") == run.id for event in attempts)


def find(tx: Tx, name: str) -> Run:
    """The run with this id, or the run of the request with this id."""
    try:
        return runs.get(tx, name)
    except NotFoundError:
        found = runs.of_request(tx, name)
        if found is None:
            raise
        return found


def view_of(run: Run, request: Request, rto_target_s: float, *, now: datetime, brake: BrakeView | None) -> RunView:
    """A run as a result. While it goes on, its segments are measured as far as they went."""
    measured = timeline(request, run)
    segments = run.segments or measured.segments
    return RunView(
        id=run.id,
        request=run.request,
        application=run.application,
        mode=run.plan.mode.value,
        purpose=run.plan.purpose.value,
        source=run.plan.source,
        target=run.plan.target,
        state=run.state.value,
        reason=run.reason,
        hold=run.hold,
        holds=tuple(_hold(hold) for hold in run.holds),
        braked_since=run.braked_since,
        brake=brake if run.braked_since is not None else None,
        ending=None if run.ending is None else EndingView.model_validate(run.ending),
        owner=run.owner,
        silent_seconds=silent_s(run, now),
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        steps=tuple(_step(run.plan.step(record.name), record) for record in run.steps),
        segments=tuple(SegmentView.model_validate(segment) for segment in segments),
        rto_seconds=run.rto_s,
        rto_target_seconds=rto_target_s,
        rto_reason=run.rto_reason or ("" if run.rto_s is not None else _unmeasured(run, measured.rto_reason)),
        loss_seconds=run.loss_s,
        loss_limit_seconds=request.loss_limit_s,
        loss_reason=run.loss_reason or ("" if run.loss_s is not None else _unmeasured(run, "no loss was recorded")),
        losses=tuple(_lost(lost) for lost in run.losses),
        undoes=run.plan.undoes,
    )


def _lost(lost: StoreLoss) -> LossView:
    fields = lost.model_dump(exclude={"threshold_s"})
    return LossView.model_validate(fields | {"threshold_seconds": lost.threshold_s})


def _unmeasured(run: Run, reason: str) -> str:
    return reason if run.state.finished else "the run is not finished"


def silent_s(run: Run, now: datetime) -> int | None:
    """For how long the worker of an unfinished run was not heard of, in whole five seconds; None while it beats."""
    if run.state.finished or run.owner is None or run.beat_at is None or now - run.beat_at <= SILENT_AFTER:
        return None
    return int((now - run.beat_at).total_seconds()) // _STEP_S * _STEP_S


def stopped(run: Run) -> tuple[str, ...]:
    """Why nothing new starts in an unfinished run, one sentence each; empty while it is free to go on."""
    if run.state.finished:
        return ()
    told = [f"is to end, asked by {run.ending.by}: {run.ending.reason}"] if run.ending is not None else []
    told += ["the brake is on"] if run.braked_since is not None else []
    return (*told, *(_held(hold) for hold in run.holds))


def _held(hold: Hold) -> str:
    """A pause says by itself who made it and why."""
    before = {HoldKind.UNCERTAIN: "a person must look: ", HoldKind.ROUND: "needs its approvals again: "}
    return before.get(hold.kind, "") + hold.reason


def _hold(hold: Hold) -> HoldView:
    reason = hold.reason.removeprefix(f"paused by {hold.by}: ")
    return HoldView(kind=hold.kind.value, reason=reason, since=hold.since, by=hold.by)


def progress(run: Run) -> tuple[int, int, str]:
    """(settled steps, all steps, titles of what runs now)."""
    done = sum(record.state.settled for record in run.steps)
    now = [record for record in run.steps if record.state in (StepState.RUNNING, StepState.UNCERTAIN, StepState.FAILED)]
    return done, len(run.steps), ", ".join(run.plan.step(record.name).title for record in now)


def _step(step: Step, record: StepRecord) -> StepView:
    return StepView(
        name=record.name,
        kind=step.kind,
        title=step.title,
        segment=step.segment.value,
        region=step.region,
        state=record.state.value,
        attempt=record.attempt,
        started_at=record.started_at,
        ended_at=record.ended_at,
        detail=record.detail,
        evidence=record.evidence,
    )
