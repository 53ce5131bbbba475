"""Acknowledge, deny, cancel: each one compare-and-set on the request, by the database's clock.

The commit that completes the quorum makes the run: no gap in which an approved request
has none, and no second one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from dr_core.approvals.authority import Role, approvers, refusal
from dr_core.approvals.completion import complete
from dr_core.approvals.decision import Refusal, must_type, refuse_ack, refuse_decided, standing
from dr_core.approvals.lapse import abandon, lapse, misfit, unseen, void
from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.approvals.objection import Weight, weight_of
from dr_core.approvals.proof import AckSigner
from dr_core.approvals.refusals import permit, raise_refusal, recorded
from dr_core.approvals.rivals import blocking_run
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.evacuation.reading import queues
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import events, requests, roster, runs
from dr_core.store.engine import Tx

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
    """What would be approved, drawn from the store; raises what `approve` would raise, before anything is typed.

    A request that no longer fits is void then and there, as it would be by `approve`.
    """

    def work(tx: Tx) -> Request | None:
        request = requests.get(tx, request_id)
        if misfit(tx, services, request) is not None:
            return None
        raise_refusal(refused(tx, services, request, actor, round))
        return request

    request = services.store.read(work)
    if request is None:
        ended = services.store.write(lambda tx: void(tx, services, requests.get(tx, request_id)), Point.REQUEST_LAPSE)
        raise ended or ConflictError(f"Request {request_id} changed just now.", hint="Look at it again.")
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
        if events.done(tx, cmd_id, EventKind.REQUEST_ACKED, request_id) is not None:
            return _outcome(tx, request)
        ended = lapse(tx, services, request)
        if ended is not None:
            return ended
        raise_refusal(refused(tx, services, request, actor, round))
        check_typed(must_type(request, services.topology.objectives.rpo.total_seconds()), typed_limit)
        queue = queues(tx, services.topology, request)
        return acknowledge(tx, services, request, actor, signer, evidence, queue, cmd_id)

    return recorded(services, actor, "approve", {"request": request_id}, work, Point.REQUEST_DECIDE)


def deny(
    services: Services,
    request_id: str,
    *,
    actor: Actor,
    reason: str,
    cmd_id: str | None = None,
    round: int | None = None,  # noqa: A002 - the domain's word, and the contract's
) -> Request:
    """An approver ends the request, once for each `cmd_id`, and where `round` is still the present one.

    Whoever denied a request of the application within the hour only objects: it ends when somebody else denies it
    too, and ConflictError says so.
    """
    if not reason.strip():
        raise UsageError("A denial needs a reason.")
    return _end(services, request_id, actor, DENY, reason, cmd_id, round)


def cancel(
    services: Services,
    request_id: str,
    *,
    actor: Actor,
    cmd_id: str | None = None,
    round: int | None = None,  # noqa: A002 - the domain's word, and the contract's
) -> Request:
    """The requester or an approver takes the request back. The same `cmd_id` twice ends it once."""
    return _end(services, request_id, actor, CANCEL, "", cmd_id, round)


@dataclass(frozen=True)
class Ending:
    """How people end a request. `own`: its requester may, too."""

    verb: str
    state: RequestState
    kind: EventKind
    own: bool


DENY = Ending("deny", RequestState.DENIED, EventKind.REQUEST_DENIED, own=False)
CANCEL = Ending("cancel", RequestState.CANCELLED, EventKind.REQUEST_CANCELLED, own=True)


def refused(tx: Tx, services: Services, request: Request, actor: Actor, round_: int | None) -> Refusal | None:
    """Why this person's acknowledgement would not count now; None when it would."""
    known = roster.load(tx)
    nobody = refusal(known, actor, tx.now())
    if nobody is not None:
        return Refusal(nobody)
    aborting = own_run_ending(tx, request)
    if aborting is not None:
        return aborting
    holder = blocking_run(tx, services.topology, request)
    may = approvers(services.topology, known)
    found = refuse_ack(request, actor, round_=round_, approvers=may, acked=_acked(tx, request), now=tx.now())
    if found is None and holder is not None:
        return Refusal(f"Run {holder} is not finished.", "Wait for its end.", conflict=True)
    return found or unseen(tx, services, request)


def own_run_ending(tx: Tx, request: Request) -> Refusal | None:
    """Nobody's acknowledgement counts while the run that asked again is to end; None when it is not."""
    own = runs.of_request(tx, request.id)
    if own is None or own.ending is None or request.state is not RequestState.OPEN:
        return None
    return Refusal(f"Run {own.id} is being aborted by {own.ending.by}.", "Ask anew when it is over.", conflict=True)


def _acked(tx: Tx, request: Request) -> dict[str, datetime]:
    """Slack account -> when it acknowledged the present round, by the events: acknowledgements go by person."""
    return {
        str(event.actor["slack_user"]): event.at
        for event in events.of_chain(tx, request.id)
        if event.kind == EventKind.REQUEST_ACKED
        and event.data.get("round") == request.round
        and "slack_user" in event.actor
    }


def check_typed(wanted: str | None, typed: str | None) -> None:
    """UsageError unless the loss was accepted with exactly the text that was asked for."""
    given = (typed or "").strip().lower()
    if wanted is not None and given != wanted:
        what = "loss of unknown extent" if wanted == "unknown" else f"a loss of up to {wanted} seconds"
        raise UsageError(f"To accept {what}, type exactly: {wanted}", hint=f"You typed: {given or 'nothing'}.")


def acknowledge(
    tx: Tx,
    services: Services,
    request: Request,
    actor: Actor,
    signer: AckSigner,
    evidence: dict[str, str],
    queue: bool,
    cmd_id: str | None,
) -> AckOutcome:
    """Write an acknowledgement that nothing refuses. `queue`: a complete quorum makes no run yet."""
    now = tx.now()
    ack = signer.acknowledge(request, actor, kind=actor.face.value, at=now, evidence=evidence)
    after = standing(request.model_copy(update={"acks": (*request.acks, ack)}))
    requests.add_ack(tx, request.id, ack)
    data: dict[str, JsonValue] = {
        "round": ack.round,
        "digest": ack.digest,
        "accepted_limit_s": ack.accepted_limit_s,
        "missing": after.missing,
        "proof": ack.proof,
    }
    entries: list[events.Entry] = [(EventKind.REQUEST_ACKED, actor_data(actor), data, events.own_id(tx, cmd_id))]
    if not after.complete:
        rest = max(request.expires_at, now + LEAST_REST)
        return AckOutcome(requests.transition(tx, request, entries, expires_at=rest), None, after.missing)
    approved, run_id = complete(tx, services.topology, request, after.people, entries, queue)
    return AckOutcome(approved, run_id, 0)


def _outcome(tx: Tx, request: Request) -> AckOutcome:
    run = runs.of_request(tx, request.id)
    return AckOutcome(request, run.id if run else None, standing(request).missing)


def _end(
    services: Services,
    request_id: str,
    actor: Actor,
    ending: Ending,
    reason: str,
    cmd_id: str | None,
    round_: int | None,
) -> Request:
    def work(tx: Tx) -> Request | DrError:
        request = requests.get(tx, request_id)
        if events.done(tx, cmd_id, ending.kind, request_id) is not None:
            return request
        if round_ is not None and round_ != request.round:
            raise ConflictError(
                f"Round {request.round} of {request_id} is the present one; that was meant for {round_}.",
                hint="Look at it again, then decide.",
            )
        ended = lapse(tx, services, request) if request.state is RequestState.OPEN else None
        if ended is not None:
            return ended
        return end_one(tx, services, request, actor, ending, reason, cmd_id)

    return recorded(services, actor, ending.verb, {"request": request_id}, work, Point.REQUEST_DECIDE)


def end_one(
    tx: Tx, services: Services, request: Request, actor: Actor, ending: Ending, reason: str, cmd_id: str | None
) -> Request | DrError:
    """Someone ends a request that waits, with its run if that asked again; the error where a denial only objects."""
    if request.state is not RequestState.QUEUED:
        raise_refusal(refuse_decided(request, tx.now()))
    permit(tx, services, actor, Role.APPROVER, own=request if ending.own else None)
    if ending.kind is EventKind.REQUEST_DENIED:
        weight = weight_of(tx, request, actor)
        if weight is not Weight.ENDS:
            return _objected(tx, request, actor, reason, weight)
    entry = (ending.kind, actor_data(actor), {"reason": reason}, events.own_id(tx, cmd_id))
    abandon(tx, request, actor, f"its request was {ending.state.value}{f': {reason}' if reason else ''}")
    return requests.transition(
        tx,
        request,
        [entry],
        state=ending.state.value,
        decided_at=tx.now(),
        decided_by=actor.display,
        decision_reason=reason,
    )


def _objected(tx: Tx, request: Request, actor: Actor, reason: str, weight: Weight) -> DrError:
    if weight is Weight.OBJECTS:
        data: dict[str, JsonValue] = {"reason": reason, "round": request.round}
        requests.transition(tx, request, [(EventKind.REQUEST_OBJECTED, actor_data(actor), data, None)])
    return ConflictError(
        f"You denied another request of {request.application} within the hour: this is an objection to {request.id}.",
        hint="It is recorded; the request ends when another approver denies it too.",
    )
