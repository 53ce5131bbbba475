"""The RTO as a timeline made of what was really recorded: detect, decide, then the segments of the run's steps."""

from dataclasses import dataclass
from datetime import datetime

from dr_core.approvals.model import Request
from dr_core.execution.model import Run, SegmentTime, StepState
from dr_core.plan.step import Mode, Segment

COUNTED = (Segment.PREPARE, Segment.CANARY, Segment.FENCE, Segment.PROMOTE, Segment.SWITCH, Segment.VERIFY)


@dataclass(frozen=True)
class Timeline:
    """`rto_s` None: see `rto_reason`, which otherwise says from where to where was measured."""

    segments: tuple[SegmentTime, ...]
    rto_s: float | None
    rto_reason: str


def timeline(request: Request, run: Run) -> Timeline:
    """Every segment measured from the store's own time stamps; what was not measured says why.

    Forced: from the first bad observation of the region, where there was one, else from the opening of the request, to
    the end of the last verification. Planned: the interruption, from the first fencing or promoting step to that end.
    """
    tried = any(step.segment is Segment.CANARY for step in run.plan.steps)
    counted = (segment for segment in COUNTED if tried or segment is not Segment.CANARY)
    parts = (_detect(request), _decide(request), *(_of_steps(run, segment) for segment in counted))
    end = next((part.ended_at for part in parts if part.name == Segment.VERIFY.value), None)
    start, what = _start(request, run)
    if start is None or end is None or not _verified(run):
        missing = "no step interrupts service" if start is None else "verification did not succeed"
        return Timeline(parts, None, missing)
    return Timeline(parts, (end - start).total_seconds(), f"from {what} to the end of verification")


def _verified(run: Run) -> bool:
    names = [step.name for step in run.plan.steps if step.segment is Segment.VERIFY]
    return all(run.record(name).state is StepState.DONE for name in names)


def _start(request: Request, run: Run) -> tuple[datetime | None, str]:
    if run.plan.mode is Mode.FORCED:
        if request.incident_since is not None:
            return request.incident_since, "the first bad observation"
        return request.opened_at, "the opening of the request (no outage was observed before)"
    interrupting = (Segment.FENCE, Segment.PROMOTE, Segment.SWITCH)
    starts = [s for segment in interrupting if (s := _of_steps(run, segment).started_at) is not None]
    return (min(starts) if starts else None), "the first step that interrupts writing"


def _detect(request: Request) -> SegmentTime:
    if request.incident_since is None or request.detected_at is None:
        return SegmentTime(name="detect", seconds=None, reason="no outage was observed before the request")
    seconds = (request.detected_at - request.incident_since).total_seconds()
    return SegmentTime(name="detect", seconds=seconds, started_at=request.incident_since, ended_at=request.detected_at)


def _decide(request: Request) -> SegmentTime:
    start = request.detected_at or request.opened_at
    if request.decided_at is None:
        return SegmentTime(name="decide", seconds=None, started_at=start, reason="not decided")
    seconds = (request.decided_at - start).total_seconds()
    return SegmentTime(name="decide", seconds=seconds, started_at=start, ended_at=request.decided_at)


def _of_steps(run: Run, segment: Segment) -> SegmentTime:
    names = [step.name for step in run.plan.steps if step.segment is segment]
    records = [run.record(name) for name in names]
    starts = [record.started_at for record in records if record.started_at is not None]
    ends = [record.ended_at for record in records if record.ended_at is not None]
    if not names:
        return SegmentTime(name=segment.value, seconds=None, reason="the plan has no such step")
    if not starts:
        return SegmentTime(name=segment.value, seconds=None, reason="not started")
    if len(ends) < len(names):
        return SegmentTime(name=segment.value, seconds=None, started_at=min(starts), reason="not finished")
    seconds = (max(ends) - min(starts)).total_seconds()
    return SegmentTime(name=segment.value, seconds=seconds, started_at=min(starts), ended_at=max(ends))
