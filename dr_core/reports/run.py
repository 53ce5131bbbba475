"""Builds `dr.run/1`: a run's steps, its RTO by segment, and its loss, each measured or with the reason why not."""

from dr_core.approvals.model import Request
from dr_core.errors import NotFoundError
from dr_core.execution.model import Run, SegmentTime, StepRecord, StepState
from dr_core.objectives.rto import timeline
from dr_core.plan.step import Step
from dr_core.reports.model import RunView, SegmentView, StepView
from dr_core.services import Services
from dr_core.store import requests, runs
from dr_core.store.engine import Tx


def run_view(services: Services, run: Run | str) -> RunView:
    """A run as a result; named by its id or by its request's. NotFoundError where there is none."""

    def work(tx: Tx) -> RunView:
        found = run if isinstance(run, Run) else find(tx, run)
        return view_of(found, requests.get(tx, found.request), services.topology.objectives.rto.total_seconds())

    return services.store.read(work)


def find(tx: Tx, name: str) -> Run:
    """The run with this id, or the run of the request with this id."""
    try:
        return runs.get(tx, name)
    except NotFoundError:
        found = runs.of_request(tx, name)
        if found is None:
            raise
        return found


def view_of(run: Run, request: Request, rto_target_s: float) -> RunView:
    """A run as a result. While it goes on, its segments are measured as far as they went."""
    measured = timeline(request, run)
    segments = run.segments or measured.segments
    return RunView(
        id=run.id,
        request=run.request,
        application=run.application,
        mode=run.plan.mode.value,
        source=run.plan.source,
        target=run.plan.target,
        state=run.state.value,
        reason=run.reason,
        hold=run.hold,
        owner=run.owner,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        steps=tuple(_step(run.plan.step(record.name), record) for record in run.steps),
        segments=tuple(_segment(segment) for segment in segments),
        rto_seconds=run.rto_s,
        rto_target_seconds=rto_target_s,
        rto_reason=run.rto_reason or ("" if run.rto_s is not None else _unmeasured(run, measured.rto_reason)),
        loss_seconds=run.loss_s,
        loss_limit_seconds=request.loss_limit_s,
        loss_reason=run.loss_reason or ("" if run.loss_s is not None else _unmeasured(run, "no loss was recorded")),
    )


def _unmeasured(run: Run, reason: str) -> str:
    return reason if run.state.finished else "the run is not finished"


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


def _segment(segment: SegmentTime) -> SegmentView:
    return SegmentView(
        name=segment.name,
        seconds=segment.seconds,
        started_at=segment.started_at,
        ended_at=segment.ended_at,
        reason=segment.reason,
    )
