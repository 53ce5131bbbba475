"""A live drill: a planned move to a standby and home again, each with a request and acknowledgements of its own."""

from dataclasses import dataclass

from dr_core.approvals.direction import Direction
from dr_core.approvals.lapse import end_with_run
from dr_core.approvals.model import Request, RequestState
from dr_core.approvals.open import open_request
from dr_core.approvals.planning import asked
from dr_core.audit.events import EventKind
from dr_core.drills.agenda import BACK, THERE
from dr_core.drills.model import Drill, Exercise
from dr_core.drills.trial import Kept, Look, Occasion, Seen, Verdict, failed, passed, skipped
from dr_core.errors import RefusedError
from dr_core.execution.model import Run, RunState, StepState
from dr_core.plan.catalogue import Progress
from dr_core.plan.step import Mode, Segment
from dr_core.services import Services
from dr_core.store import events, requests, runs
from dr_core.store.engine import Tx

_UNDECIDED = (RequestState.OPEN, RequestState.EXPIRED)
_EFFECTIVE = (StepState.DONE, StepState.REACHED_LATE, StepState.UNCERTAIN)


@dataclass(frozen=True)
class Move(Look):
    """One way of a live drill. `params`: `source` and `target`. Its run stands under the rules of every run."""

    services: Services
    patience_s = 6 * 3600.0

    def before(self, exercise: Exercise, occasion: Occasion) -> Kept | Verdict:
        _, run = self._there(occasion) or (None, None)
        if exercise.kind == BACK and not may_be_there(run):
            return skipped("it was not moved, so there is no way back")
        return Kept({})

    def look(self, exercise: Exercise, occasion: Occasion) -> Seen:
        _, there = self._there(occasion) or (None, None)
        if exercise.kind == BACK and there is not None and not there.state.finished:
            return Seen(Progress.UNDER_WAY, f"{there.id} is {there.state.value}", lasting=True)
        found = self.services.store.read(lambda tx: _found(tx, occasion.drill, exercise.kind))
        if found is None:
            return Seen(Progress.ABSENT)
        request, run = found
        return standing(exercise, occasion.drill.application, request, run)

    def act(self, exercise: Exercise, occasion: Occasion) -> None:
        try:
            open_move(self.services, occasion.drill, exercise)
        except RefusedError as error:
            if exercise.kind != BACK:
                raise
            where = f"{occasion.drill.application} is still in {exercise.params['source']}"
            raise RefusedError(
                f"{error} {where}.", hint=f"`failback {occasion.drill.application}` asks again."
            ) from error

    def _there(self, occasion: Occasion) -> "tuple[Request, Run | None] | None":
        return self.services.store.read(lambda tx: _found(tx, occasion.drill, THERE))


def open_move(services: Services, drill: Drill, exercise: Exercise, *, channel: str | None = None) -> Request:
    """Open the request of one way, or find the one that was opened before. Raises as `open_request` does."""
    entry = services.topology.applications[drill.application]
    way = Direction(
        str(exercise.params["source"]),
        str(exercise.params["target"]),
        returning=entry.active_active and exercise.kind == BACK,
    )
    return open_request(
        services,
        application=drill.application,
        target=way.target,
        mode=Mode.PLANNED,
        actor=drill.by,
        reason=f"live drill {drill.id}: {'the way back' if exercise.kind == BACK else 'the way there'}",
        channel=channel,
        cmd_id=_cmd_id(drill, exercise.kind),
        made=lambda tx: asked(
            services.topology,
            drill.application,
            source=way.source,
            target=way.target,
            mode=Mode.PLANNED,
            returning=way.returning,
            drill=True,
        ),
    )


def standing(exercise: Exercise, application: str, request: Request, run: Run | None) -> Seen:
    """How far one way is, by its request and its run. Pure."""
    away = f"; {application} is still in {exercise.params['source']}" if exercise.kind == BACK else ""
    way_out = f": `failback {application}` asks again" if exercise.kind == BACK else ""
    if run is not None and not run.state.finished:
        return Seen(Progress.UNDER_WAY, f"{run.id} is {run.state.value}", request=request.id, lasting=True)
    if run is None and request.state in _UNDECIDED:
        told = "waits to be acknowledged" if request.state is RequestState.OPEN else "has expired and may be renewed"
        return Seen(Progress.UNDER_WAY, f"{request.id} {told}{away}{way_out}", request=request.id)
    if run is None:
        ended = failed(f"request {request.id} is {request.state.value}{away}{way_out}")
    elif run.state is RunState.SUCCEEDED:
        took = f", in {run.rto_s:.0f} s" if run.rto_s is not None else ""
        ended = passed(f"run {run.id} succeeded{took}")
    else:
        ended = failed(f"run {run.id} {run.state.value}: {run.reason}{away}{way_out}")
    return Seen(Progress.SATISFIED, verdict=ended, request=request.id)


def may_be_there(run: Run | None) -> bool:
    """Whether the way there may have moved users or the writer, however its run ended or goes on. Pure."""
    if run is None:
        return False
    moving = {step.name for step in run.plan.steps if step.promotes or step.segment is Segment.SWITCH}
    begun = any(record.name in moving and record.state in _EFFECTIVE for record in run.steps)
    return begun or run.state is RunState.SUCCEEDED or not run.state.finished


def withdraw(tx: Tx, drill: Drill) -> None:
    """Once the way there has its result nobody can approve it any more: no way back would follow."""
    there = next((one for one in drill.exercises if one.kind == THERE), None)
    found = _found(tx, drill, THERE) if there is not None and there.result is not None else None
    if found is not None and found[1] is None:
        end_with_run(tx, found[0].id, f"live drill {drill.id} is over")


def _found(tx: Tx, drill: Drill, kind: str) -> tuple[Request, Run | None] | None:
    opened = events.done(tx, _cmd_id(drill, kind), EventKind.REQUEST_OPENED)
    return None if opened is None else (requests.get(tx, opened.chain), runs.of_request(tx, opened.chain))


def _cmd_id(drill: Drill, kind: str) -> str:
    return f"{drill.id}:{kind}"
