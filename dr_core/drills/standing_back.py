"""What a drill stands back for: a run, the brake, and a request for which something is prepared already."""

from collections.abc import Iterator

from dr_core.approvals.scope import related
from dr_core.capacity.port import capacity_name
from dr_core.drills.model import Drill, DrillKind, Exercise
from dr_core.drills.trial import Sizer
from dr_core.execution.model import Run
from dr_core.execution.recovery import left_over
from dr_core.plan.kinds import fence_source, scale_target, scale_to_standby
from dr_core.plan.step import Segment, Step
from dr_core.store import brake, requests, runs, scope
from dr_core.store.engine import Tx
from dr_core.topology.capacity import Capacity
from dr_core.topology.model import Topology

_SIZING = frozenset({scale_target.KIND.name, fence_source.KIND.name, scale_to_standby.KIND.name})
_RUNS_LOOKED_AT = 20


def why_not(tx: Tx, topology: Topology, application: str) -> str | None:
    """Why nothing may be tried on this application now, as part of a sentence; None when it may."""
    now = brake.get(tx)
    if now.engaged:
        return f"the brake is on ({now.by}: {now.reason})"
    holder = scope.holder(tx, scope.names(application, related(topology, application)))
    if holder is not None:
        return f"run {holder} is not finished"
    fencing = next((run.id for run in runs.recent(tx, _RUNS_LOOKED_AT, application) if still_fences(run)), None)
    if fencing is not None:
        return f"run {fencing} is still trying to reach the region that it left"
    if topology.approval.prepare == "auto":
        in_time = (one for one in requests.open_requests(tx, application) if tx.now() < one.expires_at)
        waiting = next(iter((*in_time, *requests.queued(tx, application))), None)
        if waiting is not None:
            return f"request {waiting.id} waits, and its target is being prepared"
    return None


def interruption(tx: Tx, topology: Topology, drill: Drill) -> str | None:
    """Why this drill has to end now. A live one is made of runs, which have their own rules."""
    return None if drill.kind is DrillKind.LIVE else why_not(tx, topology, drill.application)


def still_fences(run: Run) -> bool:
    """Whether it tries on to fence a region: what else it tries on takes nothing away. Pure."""
    return run.follow_up and any(run.plan.step(record.name).segment is Segment.FENCE for record in left_over(run))


def sizer_of(tx: Tx, drill: Drill, exercise: Exercise) -> Sizer | None:
    """The run that sizes the same since the drill was asked for; of several, one that has tried to."""
    stored = exercise.params.get("entry")
    if stored is None or exercise.region is None:
        return None
    name, region = capacity_name(Capacity.model_validate(stored)), exercise.region
    recent = runs.recent(tx, _RUNS_LOOKED_AT, drill.application)
    found = [one for run in recent if run.created_at >= drill.asked_at for one in _sizers(run, name, region)]
    return next((one for one in found if one.tried), found[0] if found else None)


def _sizers(run: Run, name: str, region: str) -> Iterator[Sizer]:
    """A run that is over has sized nothing by a step that it never tried."""
    for step in run.plan.steps:
        if _sizes(step, name, region):
            tried = bool(run.record(step.name).attempt)
            if tried or not run.state.finished:
                yield Sizer(run.id, tried)


def _sizes(step: Step, name: str, region: str) -> bool:
    if step.kind not in _SIZING or step.region != region:
        return False
    return capacity_name(Capacity.model_validate(step.params["entry"])) == name
