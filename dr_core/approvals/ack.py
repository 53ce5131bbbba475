"""Acknowledge, deny, cancel, renew, expire: each one compare-and-set on the request, by the database's clock.

The commit that completes the quorum makes the run: no gap in which an approved request
has none, and no second one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from pydantic import JsonValue

from dr_core.approvals import tokens
from dr_core.approvals.authority import Role, approvers, refusal, roles
from dr_core.approvals.decision import Refusal, must_type, refuse_ack, refuse_decided, standing
from dr_core.approvals.model import Ack, Actor, Face, Request, RequestState
from dr_core.approvals.names import run_id_of
from dr_core.approvals.proof import AckSigner, claim_of
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data, append_ops
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.plan.failover import build
from dr_core.services import Services
from dr_core.store import events, requests, roster, runs
from dr_core.store.engine import Tx

T = TypeVar("T")

LEAST_REST = timedelta(minutes=5)
"""An acknowledgement leaves the others at least this long."""


@dataclass(frozen=True)
class Review:
    """What an approver is shown. `must_type` is the exact text to type, None when the limit is within the RPO."""

    request: Request
    must_type: str | None


@dataclass(frozen=True)
class AckOutcome:
    request: Request
    run_id: str | None
    missing: int


def review(services: Services, request_id: str, actor: Actor, round: int | None = None) -> Review:  # noqa: A002
    """What would be approved, drawn from the store; raises what `approve` would raise, before anything is typed."""

    def work(tx: Tx) -> Request:
        request = requests.get(tx, request_id)
        raise_refusal(_refuse(tx, services, request, actor, round))
        return request

    request = services.store.read(work)
    return Review(request, must_type(request, services.topology.objectives.rpo.total_seconds()))


def approve(
    services: Services,
    request_id: str,
    *,
    round: int | None,  # noqa: A002 - the domain's word, and the contract's
    actor: Actor,
    typed_limit: str | None,
    evidence: dict[str, str],
    cmd_id: str | None = None,
) -> AckOutcome:
    """Record one acknowledgement; the last one makes the run. A refusal changes nothing and stands in the trail."""
    signer = services.signer
    if signer is None:
        raise RefusedError("This face cannot sign acknowledgements.", hint="Approve in Slack.")

    def work(tx: Tx) -> AckOutcome | DrError:
        request = requests.get(tx, request_id)
        if cmd_id is not None and events.known(tx, cmd_id) is not None:
            return _outcome(tx, request)
        ended = _void_or_expired(tx, services, request)
        if ended is not None:
            return ended
        raise_refusal(_refuse(tx, services, request, actor, round))
        _check_typed(request, must_type(request, services.topology.objectives.rpo.total_seconds()), typed_limit)
        return _acknowledge(tx, request, actor, signer, evidence, cmd_id)

    return _audited(services, request_id, actor, "approve", work)


def deny(services: Services, request_id: str, *, actor: Actor, reason: str) -> Request:
    """An approver ends the request."""
    if not reason.strip():
        raise UsageError("A denial needs a reason.")
    return _end(services, request_id, actor, "deny", RequestState.DENIED, EventKind.REQUEST_DENIED, reason)


def cancel(services: Services, request_id: str, *, actor: Actor) -> Request:
    """The requester or an approver takes the request back."""
    return _end(services, request_id, actor, "cancel", RequestState.CANCELLED, EventKind.REQUEST_CANCELLED, "")


def renew(services: Services, request_id: str, *, actor: Actor) -> Request:
    """Open a new round of an expired or waiting request; acknowledgements of earlier rounds do not count."""

    def work(tx: Tx) -> Request | DrError:
        request = requests.get(tx, request_id)
        _may(tx, services, actor, Role.REQUESTER, Role.APPROVER, requester=request.requester.person)
        if request.state not in (RequestState.OPEN, RequestState.EXPIRED):
            raise_refusal(refuse_decided(request, tx.now()))
        ended = _void(tx, services, request)
        if ended is not None:
            return ended
        expires_at = tx.now() + timedelta(seconds=request.plan.policy.expires_after_s)
        new_round = request.round + 1
        data: dict[str, JsonValue] = {"round": new_round, "expires_at": expires_at.isoformat()}
        entry = (EventKind.REQUEST_RENEWED, actor_data(actor), data, None)
        renewed = requests.transition(
            tx, request, [entry], state=RequestState.OPEN.value, round=new_round, expires_at=expires_at, decided_at=None
        )
        tokens.issue(tx, request_id, new_round)
        return renewed

    return _audited(services, request_id, actor, "renew", work)


def expire_due(services: Services) -> int:
    """End the requests whose time is over; how many."""
    waiting = services.store.read(requests.open_requests)

    def work(request_id: str) -> Callable[[Tx], int]:
        return lambda tx: 1 if _expire(tx, requests.get(tx, request_id)) is not None else 0

    return sum(services.store.write(work(request.id)) for request in waiting)


def raise_refusal(found: Refusal | None) -> None:
    """A refusal as the error that faces know."""
    if found is not None:
        kind = ConflictError if found.conflict else RefusedError
        raise kind(found.message, hint=found.hint)


_BOT = Actor(person="bot", display="DR bot", face=Face.SCHEDULE)


def _refuse(tx: Tx, services: Services, request: Request, actor: Actor, round_: int | None) -> Refusal | None:
    known = roster.load(tx)
    nobody = refusal(known, actor, tx.now())
    if nobody is not None:
        return Refusal(nobody)
    holder = runs.lock_holder(tx, request.application)
    found = refuse_ack(request, actor, round_=round_, approvers=approvers(services.topology, known), now=tx.now())
    if found is None and holder is not None:
        return Refusal(f"Run {holder} of {request.application} is not finished.", "Wait for its end.", conflict=True)
    return found


def _check_typed(request: Request, wanted: str | None, typed: str | None) -> None:
    given = (typed or "").strip().lower()
    if wanted is not None and given != wanted:
        what = "loss of unknown extent" if wanted == "unknown" else f"a loss of up to {wanted} seconds"
        raise UsageError(f"To accept {what}, type exactly: {wanted}", hint=f"You typed: {given or 'nothing'}.")


def _acknowledge(
    tx: Tx, request: Request, actor: Actor, signer: AckSigner, evidence: dict[str, str], cmd_id: str | None
) -> AckOutcome:
    now = tx.now()
    unsigned = Ack(
        person=actor.person,
        display=actor.display,
        round=request.round,
        digest=request.digest,
        accepted_limit_s=request.loss_limit_s,
        at=now,
        kind=actor.face.value,
        proof="",
    )
    ack = unsigned.model_copy(update={"proof": signer.sign(claim_of(request, unsigned, evidence))})
    after = standing(request.model_copy(update={"acks": (*request.acks, ack)}))
    requests.add_ack(tx, request.id, ack)
    data: dict[str, JsonValue] = {
        "round": ack.round,
        "digest": ack.digest,
        "accepted_limit_s": ack.accepted_limit_s,
        "missing": after.missing,
        "proof": ack.proof,
    }
    entries: list[events.Entry] = [(EventKind.REQUEST_ACKED, actor_data(actor), data, cmd_id)]
    if not after.complete:
        rest = max(request.expires_at, now + LEAST_REST)
        return AckOutcome(requests.transition(tx, request, entries, expires_at=rest), None, after.missing)
    people: list[JsonValue] = list(after.people)
    entries.append((EventKind.REQUEST_APPROVED, actor_data(_BOT), {"people": people}, None))
    approved = requests.transition(tx, request, entries, state=RequestState.APPROVED.value, decided_at=now)
    run_id = run_id_of(request.id)
    runs.create(tx, run_id, approved, [(EventKind.RUN_CREATED, actor_data(_BOT), {"run": run_id}, None)])
    return AckOutcome(approved, run_id, 0)


def _outcome(tx: Tx, request: Request) -> AckOutcome:
    run = runs.of_request(tx, request.id)
    return AckOutcome(request, run.id if run else None, standing(request).missing)


def _void_or_expired(tx: Tx, services: Services, request: Request) -> DrError | None:
    expired = _expire(tx, request)
    if expired is not None:
        found = refuse_decided(expired, tx.now())
        return ConflictError(found.message, hint=found.hint) if found else None
    return _void(tx, services, request)


def _expire(tx: Tx, request: Request) -> Request | None:
    if request.state is not RequestState.OPEN or tx.now() < request.expires_at:
        return None
    entry = (EventKind.REQUEST_EXPIRED, actor_data(_BOT), {"round": request.round}, None)
    return requests.transition(tx, request, [entry], state=RequestState.EXPIRED.value, decided_at=tx.now())


def _void(tx: Tx, services: Services, request: Request) -> DrError | None:
    """A plan that would be another one today voids its request: what was acknowledged is not what would be done."""
    if request.state not in (RequestState.OPEN, RequestState.EXPIRED):
        return None
    plan = request.plan
    try:
        today = build(
            services.topology,
            plan.application,
            source=plan.source,
            target=plan.target,
            mode=plan.mode,
            overrides=plan.overrides,
        ).digest()
    except (DrError, KeyError, ValueError):
        today = "impossible"
    if today == request.digest:
        return None
    entry = (EventKind.REQUEST_VOID, actor_data(_BOT), {"digest": request.digest, "now": today}, None)
    requests.transition(tx, request, [entry], state=RequestState.VOID.value, decided_at=tx.now())
    return ConflictError(
        f"Request {request.id} is void: its plan is not what the configuration says now.", hint="Open a new one."
    )


def _may(tx: Tx, services: Services, actor: Actor, *allowed: Role, requester: str | None = None) -> None:
    known = roster.load(tx)
    nobody = refusal(known, actor, tx.now())
    if nobody is not None:
        raise RefusedError(nobody)
    if actor.person == requester or set(allowed) & roles(services.topology, known, actor, tx.now()):
        return
    names = " or ".join(f"{'an' if role.value[0] == 'a' else 'a'} {role.value}" for role in allowed)
    raise RefusedError(f"Only {names} may do that.")


def _end(
    services: Services, request_id: str, actor: Actor, verb: str, state: RequestState, kind: EventKind, reason: str
) -> Request:
    def work(tx: Tx) -> Request | DrError:
        request = requests.get(tx, request_id)
        ended = _void_or_expired(tx, services, request) if request.state is RequestState.OPEN else None
        if ended is not None:
            return ended
        raise_refusal(refuse_decided(request, tx.now()))
        own = request.requester.person if state is RequestState.CANCELLED else None
        _may(tx, services, actor, Role.APPROVER, requester=own)
        entry = (kind, actor_data(actor), {"reason": reason}, None)
        return requests.transition(
            tx,
            request,
            [entry],
            state=state.value,
            decided_at=tx.now(),
            decided_by=actor.display,
            decision_reason=reason,
        )

    return _audited(services, request_id, actor, verb, work)


def _audited(services: Services, request_id: str, actor: Actor, verb: str, work: Callable[[Tx], T | DrError]) -> T:
    """Run `work`; an error that it returned is raised after its commit, and a refusal is written to the trail."""
    try:
        result = services.store.write(work)
        if isinstance(result, DrError):
            raise result
    except RefusedError as error:
        data: dict[str, JsonValue] = {"command": verb, "request": request_id, "reason": error.message}
        services.store.write(lambda tx: append_ops(tx, EventKind.COMMAND_REFUSED, actor, data))
        raise
    return result
