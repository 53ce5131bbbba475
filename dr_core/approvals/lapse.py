"""Requests that end by themselves: their time is over, or their plan no longer fits the configuration or the world."""

from collections.abc import Callable

from dr_core.approvals.decision import refuse_decided
from dr_core.approvals.model import Actor, Face, Request, RequestState
from dr_core.approvals.whereabouts import locate
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, DrError
from dr_core.plan.failover import build
from dr_core.services import Services
from dr_core.store import requests, runs
from dr_core.store.engine import Tx

BOT = Actor(person="bot", display="DR bot", face=Face.SCHEDULE)


def expire_due(services: Services) -> int:
    """End the requests whose time is over; how many."""
    waiting = services.store.read(requests.open_requests)

    def work(request_id: str) -> Callable[[Tx], int]:
        return lambda tx: 1 if _expire(tx, requests.get(tx, request_id)) is not None else 0

    return sum(services.store.write(work(request.id)) for request in waiting)


def lapse(tx: Tx, services: Services, request: Request) -> DrError | None:
    """End a request whose time is over or whose plan no longer fits; the error to tell, None while it stands."""
    expired = _expire(tx, request)
    if expired is not None:
        found = refuse_decided(expired, tx.now())
        return ConflictError(found.message, hint=found.hint) if found else None
    return void(tx, services, request)


def void(tx: Tx, services: Services, request: Request) -> DrError | None:
    """End a request whose plan no longer fits: what was acknowledged is not what would be done."""
    reason = misfit(tx, services, request)
    if reason is None:
        return None
    entry = (EventKind.REQUEST_VOID, actor_data(BOT), {"digest": request.digest, "reason": reason}, None)
    requests.transition(
        tx, request, [entry], state=RequestState.VOID.value, decided_at=tx.now(), decision_reason=reason
    )
    return ConflictError(f"Request {request.id} is void: {reason}.", hint="Open a new one.")


def misfit(tx: Tx, services: Services, request: Request) -> str | None:
    """What changed so that an undecided request no longer fits; None when it does. Changes nothing.

    Only what was observed counts against it: a region that cannot be asked is no reason. While a run of the application
    is under way its writer and its traffic are between two regions, and nothing can be approved anyway.
    """
    if request.state not in (RequestState.OPEN, RequestState.EXPIRED):
        return None
    if _today(services, request) != request.digest:
        return "its plan is not what the configuration says now"
    plan = request.plan
    if runs.lock_holder(tx, plan.application) is not None:
        return None
    active = locate(tx, services.topology, plan.application)
    if not active.observed or active.region == plan.source:
        return None
    now = f"{plan.application} is active in {active.region} now ({active.reason})"
    return f"{now}, and its plan starts in {plan.source}"


def _today(services: Services, request: Request) -> str | None:
    """The digest that the same question would get by the present configuration; None when it could not be asked."""
    plan = request.plan
    try:
        today = build(
            services.topology,
            plan.application,
            source=plan.source,
            target=plan.target,
            mode=plan.mode,
            overrides=plan.overrides,
        )
    except (DrError, KeyError, ValueError):
        return None
    return today.digest()


def _expire(tx: Tx, request: Request) -> Request | None:
    if request.state is not RequestState.OPEN or tx.now() < request.expires_at:
        return None
    entry = (EventKind.REQUEST_EXPIRED, actor_data(BOT), {"round": request.round}, None)
    return requests.transition(tx, request, [entry], state=RequestState.EXPIRED.value, decided_at=tx.now())
