"""The global brake: it stops every new step of every run, in all replicas, at their next transition."""

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.objection import WINDOW, Weight, weigh, who
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.renewal import ask_or_end
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data, append_ops
from dr_core.errors import ConflictError, DrError, UsageError
from dr_core.execution import quorum
from dr_core.execution.impact import ConfirmationError, Impact, impact_of
from dr_core.execution.model import HoldKind, Run
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import brake, events, observations, requests, runs
from dr_core.store.brake import Brake
from dr_core.store.engine import Tx


def engage(
    services: Services, *, actor: Actor, reason: str, confirmed: bool = False, cmd_id: str | None = None
) -> Brake:
    """Put the brake on. What is under way at AWS goes on there; nothing new starts until an approver releases it.

    ConfirmationError when a run is in its middle, unless `confirmed`. Whoever put it on within the hour only objects:
    it engages when somebody else asks for it too, so that one person cannot block.
    """
    if not reason.strip():
        raise UsageError("The brake needs a reason.")

    def work(tx: Tx) -> Brake | DrError:
        permit(tx, services, actor, Role.REQUESTER, Role.APPROVER)
        now = brake.get(tx)
        if events.done(tx, cmd_id, EventKind.BRAKE_ENGAGED) is not None:
            return now
        if now.engaged:
            return ConflictError(f"The brake is on already, put on by {now.by}: {now.reason}.")
        weight = _weight(tx, actor)
        if weight is not Weight.ENDS:
            return _objected(tx, actor, reason, weight)
        impacts = in_the_middle(tx)
        if impacts and not confirmed:
            hint = "To stop all the same, ask again with `--confirm`."
            return ConfirmationError("brake on", impacts, hint=hint)
        data: dict[str, JsonValue] = {"reason": reason, "left_down": [impact.run for impact in impacts]}
        entry = (EventKind.BRAKE_ENGAGED, actor_data(actor), data, events.own_id(tx, cmd_id))
        return brake.engage(tx, now, actor.display, reason, entry)

    return recorded(services, actor, "brake on", {}, work, Point.BRAKE_ENGAGE)


def release(services: Services, *, actor: Actor, cmd_id: str | None = None) -> Brake:
    """An approver takes the brake off; runs go on where they were, unless they are held for another reason.

    A run that stood still for longer than its approval lasts, before anything was fenced, asks for its quorum again.
    """

    def work(tx: Tx) -> Brake | DrError:
        permit(tx, services, actor, Role.APPROVER)
        old = brake.get(tx)
        if events.done(tx, cmd_id, EventKind.BRAKE_RELEASED) is not None:
            return old
        if not old.engaged:
            return ConflictError("The brake is off already.")
        braked = [run for run in runs.unfinished(tx) if run.braked_since is not None]
        entry = (EventKind.BRAKE_RELEASED, actor_data(actor), {"since": str(old.since)}, events.own_id(tx, cmd_id))
        released = brake.release(tx, old, entry)
        for run in braked:
            runs.claim(tx, run.id)
            runs.renew_deadlines(tx, run.id)
            _asked_again_if_stale(tx, services, run, actor)
        return released

    return recorded(services, actor, "brake off", {}, work, Point.BRAKE_RELEASE)


def _asked_again_if_stale(tx: Tx, services: Services, run: Run, actor: Actor) -> None:
    request = requests.get(tx, run.request)
    why = quorum.stale(run, request, run.braked_since or tx.now(), tx.now())
    if why is not None and run.holds_for(HoldKind.ROUND) is None and run.ending is None:
        ask_or_end(tx, services, run.id, actor, why)


def in_the_middle(tx: Tx) -> tuple[Impact, ...]:
    """What stopping everything now would leave down."""
    found = (impact_of(run, observations.latest(tx, run.application), tx.now()) for run in runs.unfinished(tx))
    return tuple(impact for impact in found if impact is not None)


def _weight(tx: Tx, actor: Actor) -> Weight:
    lately = events.of_kind(tx, EventKind.BRAKE_ENGAGED, tx.now() - WINDOW)
    released = events.of_kind(tx, EventKind.BRAKE_RELEASED, tx.now() - WINDOW)
    last = max((event.seq for event in released), default=0)
    objections = events.of_kind(tx, EventKind.BRAKE_OBJECTED, tx.now() - WINDOW)
    return weigh(
        denied_lately=any(who(event) == actor.person for event in lately),
        objectors=frozenset(who(event) for event in objections if event.seq > last),
        person=actor.person,
    )


def _objected(tx: Tx, actor: Actor, reason: str, weight: Weight) -> DrError:
    if weight is Weight.OBJECTS:
        append_ops(tx, EventKind.BRAKE_OBJECTED, actor, {"reason": reason})
    return ConflictError(
        "You put the brake on within the hour already: this is an objection.",
        hint="It is recorded; the brake goes on when somebody else asks for it too.",
    )
