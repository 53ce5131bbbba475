"""Break-glass: a named holder stands for everybody who did not answer.

It skips people, never the typed loss, the digest, the gates or the trail. Whoever was skipped is told, and another
person reviews it afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from dr_core.approvals.ack import AckOutcome, check_typed, own_run_ending
from dr_core.approvals.authority import approvers, holders, refusal
from dr_core.approvals.completion import complete
from dr_core.approvals.decision import must_type, refuse_decided, standing
from dr_core.approvals.lapse import lapse, round_opened_at
from dr_core.approvals.model import Actor, Face, Request, Roster
from dr_core.approvals.names import new_review_id
from dr_core.approvals.people import person_key
from dr_core.approvals.proof import AckKind, AckSigner
from dr_core.approvals.refusals import raise_refusal, recorded
from dr_core.approvals.rivals import blocking_run
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.evacuation.reading import queues
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import events, requests, reviews, roster, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

OFFERED_AFTER = timedelta(minutes=3)


@dataclass(frozen=True)
class Typed:
    """What the holder typed. The application's name and the loss are typed out, so that neither is a slip."""

    reason: str
    application: str
    loss: str | None


def break_glass(
    services: Services,
    request_id: str,
    *,
    round: int,  # noqa: A002 - the domain's word
    actor: Actor,
    typed: Typed,
    evidence: dict[str, str],
    cmd_id: str | None = None,
) -> AckOutcome:
    """Complete the request's quorum alone; the same `cmd_id` does it once. A refusal stands in the trail.

    Only a holder whose identity a worker has proven may, and only when approvers have had their time.
    """
    signer = services.signer
    if signer is None or actor.face is not Face.TERMINAL:
        raise RefusedError("Breaking the glass needs the proof of a terminal.", hint="`dr help break-glass` tells how.")

    def work(tx: Tx) -> AckOutcome | DrError:
        request = requests.get(tx, request_id)
        if events.done(tx, cmd_id, EventKind.REQUEST_BROKE_GLASS, request_id) is not None:
            run = runs.of_request(tx, request_id)
            return AckOutcome(request, run.id if run else None, 0)
        ended = lapse(tx, services, request)
        if ended is not None:
            return ended
        known = roster.load(tx)
        _refuse(tx, services.topology, known, request, actor, round)
        _check(services.topology, request, typed)
        return _break(tx, services.topology, known, request, actor, typed, signer, evidence, cmd_id)

    return recorded(services, actor, "break-glass", {"request": request_id}, work, Point.REQUEST_DECIDE)


def offered_at(tx: Tx, request: Request) -> datetime:
    """From when on the present round's glass may be broken: approvers have had their time by then."""
    return round_opened_at(tx, request) + OFFERED_AFTER


def skipped(topology: Topology, known: Roster | None, request: Request, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(Slack account, display name) of every approver who was not waited for."""
    asked = approvers(topology, known) & request.approvers_at_open
    answered = {actor.person, *(ack.person for ack in request.round_acks)}
    named = ((user, *person_key(topology, user)) for user in sorted(asked))
    return tuple((user, _shown(known, user, display)) for user, person, display in named if person not in answered)


def _shown(known: Roster | None, user: str, display: str) -> str:
    """Somebody whom `people` does not name goes by what Slack calls them."""
    about = known.users.get(user) if known and display == user else None
    return f"@{about.name}" if about else display


def _refuse(tx: Tx, topology: Topology, known: Roster | None, request: Request, actor: Actor, round_: int) -> None:
    nobody = refusal(known, actor, tx.now())
    if nobody is not None:
        raise RefusedError(nobody)
    if actor.slack_user not in holders(topology, known):
        hint = "dr.yaml names them under approval.break_glass."
        raise RefusedError("You are not among those who may break the glass.", hint=hint)
    raise_refusal(own_run_ending(tx, request))
    raise_refusal(refuse_decided(request, tx.now()))
    if round_ != request.round:
        raise ConflictError(f"Round {request.round} of {request.id} is open, not round {round_}.")
    from_then = offered_at(tx, request)
    if tx.now() < from_then:
        raise RefusedError(
            f"The glass of {request.id} may be broken from {from_then:%H:%M:%S}Z on, 3 minutes after its round opened.",
            hint="Until then approvers may answer.",
        )
    holder = blocking_run(tx, topology, request)
    if holder is not None:
        raise ConflictError(f"Run {holder} is not finished.", hint="Wait for its end.")


def _check(topology: Topology, request: Request, typed: Typed) -> None:
    if not typed.reason.strip():
        raise UsageError("Breaking the glass needs a reason.")
    if typed.application != request.application:
        raise UsageError(
            f"{request.id} is about another application.", hint=f"Type its name exactly: {request.application}"
        )
    check_typed(must_type(request, topology.objectives.rpo.total_seconds()), typed.loss)


def _break(
    tx: Tx,
    topology: Topology,
    known: Roster | None,
    request: Request,
    actor: Actor,
    typed: Typed,
    signer: AckSigner,
    evidence: dict[str, str],
    cmd_id: str | None,
) -> AckOutcome:
    ack = signer.acknowledge(request, actor, kind=AckKind.BREAK_GLASS.value, at=tx.now(), evidence=evidence)
    requests.replace_ack(tx, request.id, ack)  # a holder who approved before, and waits in vain, breaks the glass now
    review_id = new_review_id()
    reviews.add(tx, review_id, AckKind.BREAK_GLASS.value, request.id, actor, typed.reason)
    passed = skipped(topology, known, request, actor)
    people: list[JsonValue] = [display for _, display in passed]
    users: list[JsonValue] = [user for user, _ in passed]
    data: dict[str, JsonValue] = {
        "round": ack.round,
        "digest": ack.digest,
        "accepted_limit_s": ack.accepted_limit_s,
        "reason": typed.reason,
        "skipped": people,
        "skipped_users": users,
        "required": request.plan.policy.required,
        "proof": ack.proof,
        "review": review_id,
    }
    opened: dict[str, JsonValue] = {"review": review_id, "request": request.id, "reason": typed.reason}
    entries: list[events.Entry] = [
        (EventKind.REQUEST_BROKE_GLASS, actor_data(actor), data, events.own_id(tx, cmd_id)),
        (EventKind.REVIEW_OPENED, actor_data(actor), opened, None),
    ]
    who = standing(request.model_copy(update={"acks": (*request.acks, ack)})).people
    approved, run_id = complete(tx, topology, request, who, entries, queues(tx, topology, request))
    return AckOutcome(approved, run_id, 0)
