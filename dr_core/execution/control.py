"""What people do to a run: pause, resume, abort, take over.

Any replica may write it; the owner sees it at its next transition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.renewal import ask_or_end
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, DrError, UsageError
from dr_core.execution import quorum
from dr_core.execution.away import Sight
from dr_core.execution.impact import ConfirmationError, impact_of
from dr_core.execution.judge import sighted
from dr_core.execution.model import Ending, Hold, HoldKind, Run, StepState
from dr_core.execution.records import not_wanted, uncertain
from dr_core.execution.recovery import left_over
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import events, observations, requests, runs
from dr_core.store.engine import Tx
from dr_core.store.runs import Change, StepChange

_INSTEAD = (EventKind.RUN_ROUND_NEEDED, EventKind.RUN_ABORT_ASKED, EventKind.RUN_FOLLOWED)
"""What a resume may come to, and an abort of a finished run."""


@dataclass(frozen=True)
class _Verb:
    """One thing to do to a run, who may, and what tells of it. `late`: also to a finished one that still tries."""

    name: str
    told: EventKind
    allowed: tuple[Role, ...]
    point: Point
    late: bool = False


_PAUSE = _Verb("run pause", EventKind.RUN_PAUSED, (Role.REQUESTER, Role.APPROVER), Point.RUN_PAUSE)
_RESUME = _Verb("run resume", EventKind.RUN_RESUMED, (Role.APPROVER,), Point.RUN_RESUME)
_ABORT = _Verb("run abort", EventKind.RUN_ABORT_ASKED, (Role.APPROVER,), Point.RUN_ABORT, late=True)
_TAKEOVER = _Verb("run takeover", EventKind.RUN_TAKEN_OVER, (Role.APPROVER,), Point.RUN_TAKEOVER)

Decision = Callable[[Tx, Run, str | None], Run | DrError]
"""(transaction, the unfinished run, cmd_id of the event to write) -> the run afterwards, or what to tell instead."""


def pause(
    services: Services, run_id: str, *, actor: Actor, reason: str, confirmed: bool = False, cmd_id: str | None = None
) -> Run:
    """Nothing new starts until somebody resumes the run; what is under way is watched to its end.

    ConfirmationError in the middle of a run, unless `confirmed`. UsageError without a reason.
    """
    _reason(reason, "A pause")

    def decide(tx: Tx, run: Run, own: str | None) -> Run | DrError:
        held = run.holds_for(HoldKind.PAUSED)
        if held is not None:
            return ConflictError(f"Run {run.id} was paused by {held.by} at {held.since:%H:%M:%S}Z already.")
        question = _question(tx, run, f"run pause {run.id}", confirmed)
        if question is not None:
            return question
        hold = Hold(
            kind=HoldKind.PAUSED, reason=f"paused by {actor.display}: {reason}", since=tx.now(), by=actor.display
        )
        entry = (EventKind.RUN_PAUSED, actor_data(actor), {"run": run.id, "reason": reason}, own)
        runs.command(tx, run.id, Change([entry], holds=(*run.holds, hold)))
        return runs.get(tx, run.id)

    return _decided(services, run_id, actor, _PAUSE, decide, cmd_id)


def resume(services: Services, run_id: str, *, actor: Actor, cmd_id: str | None = None) -> Run:
    """An approver sends a held run on where it was.

    An uncertain step is observed again, and begun anew where nothing of it is there. A run that stood
    still for longer than its approval lasts, before anything was fenced, asks for its quorum again.
    """

    def decide(tx: Tx, run: Run, own: str | None) -> Run | DrError:
        if run.ending is not None:
            return ConflictError(f"Run {run.id} is being aborted by {run.ending.by}.")
        if not run.holds and not uncertain(run):
            braked = "the brake stops it: `brake off` releases it" if run.braked_since else "it is not held"
            return ConflictError(f"Run {run.id} cannot be resumed: {braked}.")
        if run.holds_for(HoldKind.ROUND) is not None:
            return ConflictError(f"Run {run.id} waits for a new round of its approvals.", hint="Approve on its card.")
        if uncertain(run) and run.braked_since is not None:
            return ConflictError(
                f"Run {run.id} cannot be resumed: an uncertain step may be begun anew, and the brake is on.",
                hint="`brake off` comes first.",
            )
        since = min((hold.since for hold in run.holds), default=tx.now())
        why = quorum.stale(run, requests.get(tx, run.request), since, tx.now())
        if why is not None:
            ask_or_end(tx, services, run.id, actor, why, lifted=HoldKind.PAUSED, cmd_id=own)
            return runs.get(tx, run.id)
        entry = (EventKind.RUN_RESUMED, actor_data(actor), {"run": run.id, "reason": run.hold or ""}, own)
        runs.command(tx, run.id, Change([entry], holds=()))
        runs.renew_deadlines(tx, run.id)
        for name in uncertain(run):
            _observe_again(tx, run, name, actor)
        return runs.get(tx, run.id)

    return _decided(services, run_id, actor, _RESUME, decide, cmd_id)


def abort(
    services: Services, run_id: str, *, actor: Actor, reason: str, confirmed: bool = False, cmd_id: str | None = None
) -> Run:
    """An approver ends a run where it is: nothing new starts, what is under way is watched to its end, then it is over.

    Nothing is undone. Of a finished run: what it could not reach is not tried any more. ConfirmationError in the middle
    of a run, and for a finished one, unless `confirmed`. UsageError without a reason.
    """
    _reason(reason, "An abort")

    def decide(tx: Tx, run: Run, own: str | None) -> Run | DrError:
        if run.ending is not None:
            return ConflictError(f"Run {run.id} is being aborted by {run.ending.by} already.")
        question = _question(tx, run, f"run abort {run.id}", confirmed)
        if question is not None:
            return question
        if run.state.finished:
            return _let_be(tx, services, run, actor, reason, own)
        wish = Ending(by=actor.display, reason=reason, at=tx.now())
        entry = (EventKind.RUN_ABORT_ASKED, actor_data(actor), {"run": run.id, "reason": reason}, own)
        runs.command(tx, run.id, Change([entry], {"ending": wish.model_dump_json()}))
        return runs.get(tx, run.id)

    return _decided(services, run_id, actor, _ABORT, decide, cmd_id)


def takeover(services: Services, run_id: str, *, actor: Actor, cmd_id: str | None = None) -> Run:
    """An approver takes a hung run from its worker, which cannot renew its lease any more.

    When the lease has run out any worker takes the run, and observes before it acts.
    """

    def decide(tx: Tx, run: Run, own: str | None) -> Run | DrError:
        if run.owner is None or run.lease_until is None or run.lease_until < tx.now():
            return ConflictError(
                f"No worker holds run {run.id}; the next free one takes it.", hint="`doctor` lists the workers."
            )
        data: dict[str, JsonValue] = {"run": run.id, "from": run.owner, "until": run.lease_until.isoformat()}
        entry = (EventKind.RUN_TAKEN_OVER, actor_data(actor), data, own)
        runs.command(tx, run.id, Change([entry], {"epoch": run.epoch + 1}))
        return runs.get(tx, run.id)

    return _decided(services, run_id, actor, _TAKEOVER, decide, cmd_id)


def _decided(services: Services, run_id: str, actor: Actor, verb: _Verb, decide: Decision, cmd_id: str | None) -> Run:
    """One decision about a run that is not over, by somebody who may; the same `cmd_id` twice has its effect once."""

    def work(tx: Tx) -> Run | DrError:
        permit(tx, services, actor, *verb.allowed)
        run = runs.claim(tx, run_id)
        if any(events.done(tx, cmd_id, told, run.request) for told in (verb.told, *_INSTEAD)):
            return run
        if run.state.finished and not (verb.late and run.follow_up):
            return ConflictError(f"Run {run.id} has {run.state.value} already.", hint=f"`run show {run.id}` tells how.")
        return decide(tx, run, events.own_id(tx, cmd_id))

    return recorded(services, actor, verb.name, {"run": run_id}, work, verb.point)


def _let_be(tx: Tx, services: Services, run: Run, actor: Actor, reason: str, own: str | None) -> Run:
    """What a finished run could not reach stays as it is. Its owner loses the run: it may be about to try.

    Where the application was seen to live in that region again, it is given up there: nobody waits to fence it.
    """
    sight, why = sighted(tx, services.topology, run)
    for change in not_wanted(run, actor_data(actor), why)[1] if sight is Sight.BACK else ():
        runs.command(tx, run.id, change)
    left: list[JsonValue] = [run.plan.step(record.name).title for record in left_over(run)]
    data: dict[str, JsonValue] = {"run": run.id, "reason": reason, "left": left}
    entry = (EventKind.RUN_FOLLOWED, actor_data(actor), data, own)
    runs.command(tx, run.id, Change([entry], {"follow_up": False, "epoch": run.epoch + 1}))
    return runs.get(tx, run.id)


def _question(tx: Tx, run: Run, verb: str, confirmed: bool) -> ConfirmationError | None:
    if confirmed:
        return None
    impact = impact_of(run, observations.latest(tx, run.application), tx.now())
    if impact is None:
        return None
    return ConfirmationError(verb, (impact,), hint="To stop all the same, ask again with `--confirm`.")


def _observe_again(tx: Tx, run: Run, name: str, actor: Actor) -> None:
    """A new attempt with a new deadline; as every attempt it begins by observing."""
    record, now = run.record(name), tx.now()
    values = {
        "state": StepState.RUNNING.value,
        "attempt": record.attempt + 1,
        "deadline_at": now + timedelta(seconds=run.plan.step(name).deadline_s),
        "ended_at": None,
    }
    data: dict[str, JsonValue] = {
        "run": run.id,
        "step": name,
        "attempt": record.attempt + 1,
        "title": run.plan.step(name).title,
    }
    entry = (EventKind.STEP_INTENT, actor_data(actor), data, f"{run.id}:{name}:{record.attempt + 1}")
    runs.command(tx, run.id, Change([entry], {}, StepChange(name, values)))


def _reason(reason: str, what: str) -> None:
    if not reason.strip():
        raise UsageError(f"{what} needs a reason.")
