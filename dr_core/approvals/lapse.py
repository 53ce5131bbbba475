"""Requests that end by themselves: their time is over, or their plan no longer fits the configuration or the world."""

from collections.abc import Callable
from datetime import datetime

import structlog
from pydantic import JsonValue

from dr_core.approvals.decision import Refusal, refuse_decided
from dr_core.approvals.model import BOT, Actor, Request, RequestState
from dr_core.approvals.planning import again, possible_places
from dr_core.approvals.whereabouts import locate
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, DrError
from dr_core.execution.model import Ending, RunState
from dr_core.execution.recovery import has_taken
from dr_core.failpoints import Point
from dr_core.observation.active import Serving, serving
from dr_core.plan.checks.regions import out_of_place
from dr_core.plan.step import Plan, Purpose
from dr_core.services import Services
from dr_core.store import events, observations, requests, runs, scope
from dr_core.store.engine import Tx
from dr_core.store.runs import Change

log = structlog.get_logger(__name__)

_UNSEEN = frozenset({"not-observed", "serving-unknown"})
"""Findings of a round that was opened although nobody knew which regions serve."""


def expire_due(services: Services) -> int:
    """End the requests whose time is over; how many."""
    waiting = services.store.read(requests.open_requests)

    def work(request_id: str) -> Callable[[Tx], int]:
        return lambda tx: 1 if _expire(tx, requests.get(tx, request_id)) is not None else 0

    ended = 0
    for request in waiting:
        try:
            ended += services.store.write(work(request.id), Point.REQUEST_LAPSE)
        except DrError as error:
            log.warning("request_not_expired", request=request.id, error=error.message)
    return ended


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
    make_void(tx, request, reason)
    abandon(tx, request, BOT, f"its request is void: {reason}")
    return ConflictError(f"Request {request.id} is void: {reason}.", hint="Open a new one.")


def end_with_run(tx: Tx, request_id: str, reason: str) -> None:
    """The run that had asked again is over: nobody can approve it any more."""
    request = requests.get(tx, request_id)
    if request.state in (RequestState.OPEN, RequestState.EXPIRED):
        make_void(tx, request, reason)


def make_void(tx: Tx, request: Request, reason: str) -> None:
    """End a request that nobody has decided to end."""
    entry = (EventKind.REQUEST_VOID, actor_data(BOT), {"digest": request.digest, "reason": reason}, None)
    requests.transition(
        tx, request, [entry], state=RequestState.VOID.value, decided_at=tx.now(), decision_reason=reason
    )


def misfit(tx: Tx, services: Services, request: Request) -> str | None:
    """What changed so that a request without a run no longer fits; None when it does. Changes nothing.

    Only what was observed counts against it: a region that cannot be asked is no reason. While a run of the application
    is under way its writer and its traffic are between two regions, and nothing can be approved anyway.
    """
    if request.state not in (RequestState.OPEN, RequestState.QUEUED, RequestState.EXPIRED):
        return None
    unfit = misfit_of_plan(tx, services, request)
    if unfit is not None:
        return unfit
    plan = request.plan
    if scope.holder(tx, (plan.application,)) is not None:
        return None
    entry = services.topology.applications[plan.application]
    if entry.active_active:
        return _shifted_since(request, serving(entry, observations.latest(tx, plan.application)))
    active = locate(tx, services.topology, plan.application)
    if not active.observed or active.region in possible_places(plan):
        return None
    now = f"{plan.application} is active in {active.region} now ({active.reason})"
    return f"{now}, and its plan starts in {plan.source}"


def _shifted_since(request: Request, now: Serving) -> str | None:
    """Where every region serves: what speaks against the shift, and did not when its round was opened."""
    known, plan = {finding.code for finding in request.findings}, request.plan
    if plan.purpose is Purpose.ROLLBACK or known & _UNSEEN:
        return None
    news = [text for code, text in out_of_place(plan, now.regions) if code not in known]
    return f"{news[0].removesuffix('.')} ({now.reason})" if news else None


def unseen(tx: Tx, services: Services, request: Request) -> Refusal | None:
    """Where every region serves, and a run has shifted users since the round was opened: not until that was seen."""
    entry = services.topology.applications.get(request.application)
    if entry is None or not entry.active_active:
        return None
    opened = round_opened_at(tx, request)
    shifted = (
        (run.ended_at, run.id)
        for run in runs.recent(tx, 20, request.application)
        if run.ended_at is not None and run.ended_at >= opened and (run.state is RunState.SUCCEEDED or has_taken(run))
    )
    at, run_id = max(shifted, default=(None, ""))
    seen = observations.latest(tx, request.application)
    if at is None or (seen is not None and seen.observed_at >= at and serving(entry, seen).regions is not None):
        return None
    return Refusal(
        f"Which regions serve was not seen since {run_id}, which ended after this round had opened.",
        "Wait for the next look, or open a new request.",
        conflict=True,
    )


def round_opened_at(tx: Tx, request: Request) -> datetime:
    """When the present round was opened."""
    kinds = (EventKind.REQUEST_OPENED, EventKind.REQUEST_RENEWED)
    opened = [event.at for event in events.of_chain(tx, request.id) if event.kind in kinds]
    return max(opened, default=request.opened_at)


def misfit_of_plan(tx: Tx, services: Services, request: Request) -> str | None:
    """Why the configuration would make another plan today; None when it would make this one."""
    today = _today(tx, services, request.plan)
    same = today is not None and today.intent() == request.plan.intent()
    return None if same else "its plan is not what the configuration says now"


def abandon(tx: Tx, request: Request, by: Actor, reason: str) -> None:
    """A run that had asked again, and whose request ends without an answer, is aborted: nothing was fenced yet."""
    run = runs.of_request(tx, request.id)
    if run is not None:
        end(tx, run.id, by, reason)


def end(tx: Tx, run_id: str, by: Actor, reason: str, cmd_id: str | None = None) -> None:
    """Ask for the end of a run that is not over yet; once."""
    run = runs.claim(tx, run_id)
    if run.state.finished or run.ending is not None:
        return
    data: dict[str, JsonValue] = {"run": run.id, "reason": reason}
    wish = Ending(by=by.display, reason=reason, at=tx.now())
    entry = (EventKind.RUN_ABORT_ASKED, actor_data(by), data, cmd_id)
    runs.command(tx, run.id, Change([entry], {"ending": wish.model_dump_json()}))


def _today(tx: Tx, services: Services, plan: Plan) -> Plan | None:
    """The answer to the same question by the present configuration; None when it could not be asked."""
    try:
        return again(tx, services.topology, plan)
    except (DrError, KeyError, ValueError):
        return None


def _expire(tx: Tx, request: Request) -> Request | None:
    if request.state is not RequestState.OPEN or tx.now() < request.expires_at:
        return None
    entry = (EventKind.REQUEST_EXPIRED, actor_data(BOT), {"round": request.round}, None)
    return requests.transition(tx, request, [entry], state=RequestState.EXPIRED.value, decided_at=tx.now())
