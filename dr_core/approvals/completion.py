"""The commit that completes a quorum: it makes the request's run, lets the one go on that asked again, or queues it."""

from collections.abc import Sequence

from pydantic import JsonValue

from dr_core.approvals.decision import standing
from dr_core.approvals.lapse import end_with_run
from dr_core.approvals.model import BOT, Request, RequestState
from dr_core.approvals.names import run_id_of
from dr_core.approvals.scope import related
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError
from dr_core.execution.model import HoldKind, Run, RunState, StepState
from dr_core.store import events, requests, runs, scope
from dr_core.store.engine import Tx
from dr_core.store.runs import Change, StepChange
from dr_core.topology.model import Topology


def complete(
    tx: Tx,
    topology: Topology,
    request: Request,
    people: Sequence[str],
    entries: Sequence[events.Entry],
    queue: bool,
) -> tuple[Request, str | None]:
    """Approve the request with the events of its last acknowledgement; the approved request and its run's id.

    No gap in which an approved request has no run, and no second run: all of it is one transaction. `queue`: one
    that has no run yet waits for its turn; `release` approves it then.
    """
    who: list[JsonValue] = list(people)
    waiting = runs.of_request(tx, request.id)
    queued = queue and waiting is None
    state, kind = (
        (RequestState.QUEUED, EventKind.REQUEST_QUEUED)
        if queued
        else (RequestState.APPROVED, EventKind.REQUEST_APPROVED)
    )
    approved = requests.transition(
        tx,
        request,
        [*entries, (kind, actor_data(BOT), {"people": who}, None)],
        state=state.value,
        decided_at=tx.now(),
    )
    if queued:
        return approved, None
    if waiting is not None and waiting.state.finished:
        raise ConflictError(f"Run {waiting.id} has {waiting.state.value} meanwhile.", hint="Ask anew.")
    if waiting is not None:
        _go_on(tx, waiting.id)
        return approved, waiting.id
    return approved, _make(tx, topology, approved)


def release(tx: Tx, topology: Topology, request: Request) -> str:
    """The turn has come to a queued request: it is approved, and has its run; answers the run's id.

    `decided_at` stays: from then on the age of the approval counts.
    """
    who: list[JsonValue] = list(standing(request).people)
    entry = (EventKind.REQUEST_APPROVED, actor_data(BOT), {"people": who}, None)
    return _make(tx, topology, requests.transition(tx, request, [entry], state=RequestState.APPROVED.value))


def _make(tx: Tx, topology: Topology, request: Request) -> str:
    run_id = run_id_of(request.id)
    superseded = _supersede(tx, request) if request.supersedes else None
    runs.create(
        tx,
        run_id,
        request,
        [(EventKind.RUN_CREATED, actor_data(BOT), {"run": run_id}, None)],
        related=related(topology, request.application),
        not_before=superseded.lease_until if superseded else None,
    )
    return run_id


def _go_on(tx: Tx, run_id: str) -> None:
    """The run that asked again has its answer; another hold of it stays."""
    run = runs.claim(tx, run_id)
    rest = tuple(hold for hold in run.holds if hold.kind is not HoldKind.ROUND)
    entry = (EventKind.RUN_RESUMED, actor_data(BOT), {"run": run.id, "reason": "approved again"}, None)
    runs.command(tx, run.id, Change([entry], holds=rest))
    runs.renew_deadlines(tx, run.id)


def _supersede(tx: Tx, request: Request) -> Run:
    """End the run that the request takes the place of.

    Its owner may act for the rest of its lease, so the new run waits that long. What was
    under way there is uncertain: the new run observes it before it acts.
    """
    old = runs.claim(tx, str(request.supersedes))
    if old.state.finished:
        raise ConflictError(f"Run {old.id} has {old.state.value} meanwhile.", hint="Look at `status`, then ask anew.")
    reason = f"superseded by request {request.id}"
    for record in old.steps:
        if record.state is StepState.RUNNING:
            values = {"state": StepState.UNCERTAIN.value, "detail": reason, "ended_at": tx.now()}
            data: dict[str, JsonValue] = {
                "run": old.id,
                "step": record.name,
                "title": old.plan.step(record.name).title,
                "detail": reason,
            }
            entry = (EventKind.STEP_UNCERTAIN, actor_data(BOT), data, None)
            runs.command(tx, old.id, Change([entry], {}, StepChange(record.name, values)))
    ended = {
        "state": RunState.ABORTED.value,
        "ended_at": tx.now(),
        "reason": reason,
        "hold": None,
        "holds": "[]",
        "ending": None,
        "epoch": old.epoch + 1,
    }
    superseded = (EventKind.RUN_SUPERSEDED, actor_data(BOT), {"run": old.id, "reason": reason}, None)
    runs.command(tx, old.id, Change([superseded], ended))
    scope.free(tx, old.id)
    end_with_run(tx, old.request, reason)
    return old
