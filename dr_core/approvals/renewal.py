"""A new round of a request: measured anew, and acknowledged by everybody again."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from dr_core.approvals import tokens
from dr_core.approvals.authority import Role
from dr_core.approvals.decision import refuse_decided
from dr_core.approvals.lapse import end, misfit_of_plan, void
from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.approvals.open import BlockedError, Proposal
from dr_core.approvals.planning import again
from dr_core.approvals.refusals import permit, raise_refusal, recorded
from dr_core.approvals.rivals import refuse_occupied, refuse_same
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, DrError, RefusedError
from dr_core.execution.model import Hold, HoldKind
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import evacuations, events, requests, runs
from dr_core.store.engine import Tx
from dr_core.store.runs import Change

JUST_NOW = timedelta(seconds=10)
"""Who types the same twice within this time means it once."""


def renew(
    services: Services,
    request_id: str,
    *,
    actor: Actor,
    round: int | None = None,  # noqa: A002 - the domain's word, and the contract's
    cmd_id: str | None = None,
) -> Request:
    """Open a new round of an expired or waiting request; acknowledgements of earlier rounds do not count.

    `round` is the one that the button belongs to: a second press of it opens no third round. What preflight and the
    readings say now replaces what they said before; a finding that the request does not override refuses the round.
    """

    def work(tx: Tx) -> Request | DrError:
        request = requests.get(tx, request_id)
        if events.done(tx, cmd_id, EventKind.REQUEST_RENEWED, request_id) is not None:
            return request
        return renew_one(tx, services, request, actor, round, cmd_id)

    return recorded(services, actor, "renew", {"request": request_id}, work, Point.REQUEST_RENEW)


def renew_one(
    tx: Tx,
    services: Services,
    request: Request,
    actor: Actor,
    round_: int | None,
    cmd_id: str | None,
    waits_s: float = 0.0,
) -> Request | DrError:
    """The same in the caller's transaction; the error where the request is void now. `waits_s`: others go first."""
    _refuse(tx, services, request, actor, round_)
    ended = void(tx, services, request)
    if ended is not None:
        return ended
    if evacuations.of_request(tx, request.id) is None:
        refuse_occupied(tx, services.topology, request.plan, besides=request.id, superseding=request.supersedes)
    # A member of an evacuation waits for its turn, whoever runs now.
    refuse_same(tx, request.plan, besides=frozenset({request.id}))
    return _next_round(tx, services, request, actor, {}, events.own_id(tx, cmd_id), waits_s)


def refuse_twice(tx: Tx, request: Request, actor: Actor, way_out: str) -> None:
    """ConflictError for who opened the round that waits a moment ago: typed twice means once, as pressed twice does."""
    if request.state is not RequestState.OPEN or request.round_acks:
        return
    opened = [event for event in events.of_chain(tx, request.id) if event.kind == EventKind.REQUEST_RENEWED]
    if opened and opened[-1].actor.get("person") == actor.person and tx.now() - opened[-1].at <= JUST_NOW:
        raise ConflictError(f"You opened round {request.round} of {request.id} just now.", hint=way_out)


def ask_again(
    tx: Tx,
    services: Services,
    run_id: str,
    actor: Actor,
    reason: str,
    *,
    lifted: HoldKind | None = None,
    cmd_id: str | None = None,
) -> Request:
    """Before anything was fenced: the run waits for a new round of its request, on the same card.

    What was measured is measured again, and acknowledgements of earlier rounds do not count. Its other holds stay, but
    the `lifted` one. Raises DrError, before anything is written, when the request cannot stand as it is any more.
    """
    run = runs.claim(tx, run_id)
    request = requests.get(tx, run.request)
    if run.holds_for(HoldKind.ROUND) is not None:
        return request  # opened by a commit whose answer was lost
    unfit = misfit_of_plan(tx, services, request)
    if unfit is not None:
        raise RefusedError(f"Request {request.id} no longer fits: {unfit}.")
    renewed = _next_round(tx, services, request, actor, {"reason": reason}, None)
    hold = Hold(kind=HoldKind.ROUND, reason=reason, since=tx.now())
    others = tuple(held for held in run.holds if held.kind is not lifted)
    data: dict[str, JsonValue] = {"run": run.id, "reason": reason, "round": renewed.round}
    change = Change([(EventKind.RUN_ROUND_NEEDED, actor_data(actor), data, cmd_id)], holds=(*others, hold))
    runs.command(tx, run.id, change)
    return renewed


def ask_or_end(
    tx: Tx,
    services: Services,
    run_id: str,
    actor: Actor,
    reason: str,
    *,
    lifted: HoldKind | None = None,
    cmd_id: str | None = None,
) -> None:
    """A person sends a run on that must be approved again; one that cannot be asked for any more is ended, unharmed."""
    try:
        ask_again(tx, services, run_id, actor, reason, lifted=lifted, cmd_id=cmd_id)
    except DrError as error:
        end(tx, run_id, actor, f"{reason}, and cannot be: {error.message}", cmd_id)


def _refuse(tx: Tx, services: Services, request: Request, actor: Actor, round_: int | None) -> None:
    if request.state not in (RequestState.OPEN, RequestState.EXPIRED):
        raise_refusal(refuse_decided(request, tx.now()))
    if round_ is not None and round_ != request.round:
        raise ConflictError(
            f"Round {request.round} of {request.id} is {_standing(request, tx.now())}; that button was for {round_}.",
            hint="Use the buttons on the request's card.",
        )
    # While it waits a new round takes away what others have acknowledged: that is for those whose request it is.
    waits = request.state is RequestState.OPEN and tx.now() < request.expires_at
    allowed = (Role.APPROVER,) if waits else (Role.REQUESTER, Role.APPROVER)
    permit(tx, services, actor, *allowed, own=request)


def _standing(request: Request, now: datetime) -> str:
    return "open already" if request.state is RequestState.OPEN and now < request.expires_at else "over already"


def _next_round(
    tx: Tx,
    services: Services,
    request: Request,
    actor: Actor,
    why: Mapping[str, JsonValue],
    cmd_id: str | None,
    waits_s: float = 0.0,
) -> Request:
    plan = request.plan
    now = Proposal(tx, services, again(tx, services.topology, plan), new_round=True)
    now.wait(waits_s)
    if now.blocking:
        raise BlockedError(now.blocking, hint="A new request may override it, if it names the override.")
    expires_at = tx.now() + timedelta(seconds=plan.policy.expires_after_s)
    new_round = request.round + 1
    data: dict[str, JsonValue] = {
        "round": new_round,
        "expires_at": expires_at.isoformat(),
        "loss_limit_s": now.loss_limit_s,
        "exposure_s": now.exposure_s,
        **why,
    }
    measured = request.model_copy(update={"findings": now.findings, "stores": now.stores})
    renewed = requests.transition(
        tx,
        request,
        [(EventKind.REQUEST_RENEWED, actor_data(actor), data, cmd_id)],
        state=RequestState.OPEN.value,
        round=new_round,
        expires_at=expires_at,
        decided_at=None,
        loss_limit_s=now.loss_limit_s,
        seen=requests.seen_of(measured),
    )
    tokens.issue(tx, request.id, new_round)
    return renewed
