"""One decision about every member of an evacuation, in one transaction: each is acknowledged or ended as a request is.

Whoever approves signs the plan and the loss of each member; each member's quorum is counted by itself. A member that
no longer fits is void alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.approvals.ack import CANCEL, DENY, Ending, acknowledge, check_typed, end_one, refused
from dr_core.approvals.decision import Refusal
from dr_core.approvals.lapse import lapse, misfit, void
from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.approvals.proof import AckSigner
from dr_core.approvals.refusals import raise_refusal, recorded
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.evacuation.binding import digest_of, refuse_another, round_of, worst_to_type
from dr_core.evacuation.model import Evacuation
from dr_core.evacuation.reading import members_of, standings, waits
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import evacuations, events, runs
from dr_core.store.engine import Tx

_WAITING = (RequestState.OPEN, RequestState.QUEUED)


@dataclass(frozen=True)
class Review:
    """What an approver is shown. `waiting`: what would be acknowledged, in the order of the waves. `must_type`: the
    exact text to type, None when every loss limit is within the RPO. `round`: what the press is bound to."""

    evacuation: Evacuation
    waiting: tuple[Request, ...]
    round: int
    digest: str
    must_type: str | None


@dataclass(frozen=True)
class _Looked:
    """The members as they are. `waiting`: those that are meant and wait for approvals; of them, those that this person
    may acknowledge, those that no longer fit, and why not others."""

    members: tuple[Request, ...]
    waiting: tuple[Request, ...]
    fit: tuple[Request, ...]
    unfit: tuple[Request, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class _Told:
    """How people end all of it, and what stands in the trail."""

    ending: Ending
    kind: EventKind
    reason: str


def review(
    services: Services, evacuation_id: str, actor: Actor, round_: int | None = None, only: Collection[str] = ()
) -> Review:
    """What would be approved, drawn from the store; raises what `approve` would raise, before anything is typed.

    Where no plan fits any more, what does not is void then and there, as it would be by `approve`.
    """

    def work(tx: Tx) -> Review | None:
        evacuation = evacuations.get(tx, evacuation_id)
        looked = _look(tx, services, evacuation, actor, only)
        refuse_another(evacuation.id, looked.members, round_)
        if looked.unfit and not looked.fit:
            return None
        _refuse_none(evacuation, looked)
        return Review(
            evacuation,
            looked.fit,
            round_of(looked.members),
            digest_of(looked.members),
            worst_to_type(looked.fit, _rpo_s(services)),
        )

    def end(tx: Tx) -> DrError | None:
        return _void_unfit(tx, services, _look(tx, services, evacuations.get(tx, evacuation_id), actor, only))

    found = services.store.read(work)
    if found is None:
        ended = services.store.write(end, Point.EVACUATION_DECIDE)
        raise ended or ConflictError(f"Evacuation {evacuation_id} changed just now.", hint="Look at it again.")
    return found


def approve(
    services: Services,
    evacuation_id: str,
    *,
    round: int | None,  # noqa: A002 - the domain's word, and the contract's
    digest: str | None = None,
    only: Collection[str] = (),
    actor: Actor,
    typed_limit: str | None,
    evidence: dict[str, str],
    cmd_id: str,
) -> Evacuation:
    """Acknowledge every member that waits; those of the first wave whose quorum is complete have their runs at once.

    All of it is one commit: no crash leaves some acknowledged and others not. `round` and `digest`: of `review`.
    `only`: the requests that were looked at, and no others; empty: whatever waits.
    """
    signer = services.signer
    if signer is None:
        raise RefusedError("This face cannot sign acknowledgements.", hint="Approve in Slack.")

    def work(tx: Tx) -> Evacuation | DrError:
        evacuation = evacuations.get(tx, evacuation_id)
        if events.done(tx, cmd_id, EventKind.EVACUATION_ACKED) is not None:
            return evacuation
        over = _let_lapse(tx, services, evacuation)
        looked = _look(tx, services, evacuation, actor, only)
        refuse_another(evacuation.id, looked.members, round, digest)
        over = _void_unfit(tx, services, looked) or over
        if not looked.fit and over is not None:
            return over
        _refuse_none(evacuation, looked)
        check_typed(_to_type(looked, _rpo_s(services), typed_limit), typed_limit)
        _acknowledge(tx, services, evacuation, looked, actor, signer, evidence, cmd_id)
        return evacuation

    return recorded(services, actor, "approve", {"request": evacuation_id}, work, Point.EVACUATION_DECIDE)


def deny(
    services: Services, evacuation_id: str, *, actor: Actor, reason: str, cmd_id: str, round_: int | None = None
) -> Evacuation:
    """An approver ends every member that waits: for approvals or for its turn. A run that asks again is aborted, others
    go on. Those of which the person denied a request within the hour only carry an objection; ConflictError where that
    is all of them, or `round_` is no longer the present one."""
    if not reason.strip():
        raise UsageError("A denial needs a reason.")
    told = _Told(DENY, EventKind.EVACUATION_DENIED, reason)
    return _end(services, evacuation_id, actor, told, round_, cmd_id)


def cancel(
    services: Services, evacuation_id: str, *, actor: Actor, cmd_id: str, round_: int | None = None
) -> Evacuation:
    """The requester or an approver takes back every member that waits, as `deny` ends it."""
    told = _Told(CANCEL, EventKind.EVACUATION_CANCELLED, "")
    return _end(services, evacuation_id, actor, told, round_, cmd_id)


def _look(tx: Tx, services: Services, evacuation: Evacuation, actor: Actor, only: Collection[str]) -> _Looked:
    members = members_of(tx, evacuation)
    meant = [request for request in members if not only or request.id in only]
    waiting = [request for request in meant if request.state is RequestState.OPEN]
    refusals = [(request, refused(tx, services, request, actor, None)) for request in waiting]
    may = [request for request, refusal in refusals if refusal is None]
    unfit = tuple(request for request in may if misfit(tx, services, request) is not None)
    fit = tuple(request for request in may if request not in unfit)
    others = tuple(refusal for _, refusal in refusals if refusal is not None)
    return _Looked(members, tuple(waiting), fit, unfit, others)


def _to_type(looked: _Looked, rpo_s: float, typed: str | None) -> str | None:
    """The worst loss of what would be acknowledged; the worst of all that waits is taken as well, since it is no less.

    A terminal does not know whose approval it will be: it asks for the worst of all.
    """
    needed, worst = worst_to_type(looked.fit, rpo_s), worst_to_type(looked.waiting, rpo_s)
    return worst if needed is not None and (typed or "").strip().lower() == worst else needed


def _let_lapse(tx: Tx, services: Services, evacuation: Evacuation) -> DrError | None:
    """End the members whose time is over; the first one's error."""
    late = (one for one in members_of(tx, evacuation) if one.state is RequestState.OPEN and tx.now() >= one.expires_at)
    ended = [lapse(tx, services, request) for request in late]
    return next((error for error in ended if error is not None), None)


def _void_unfit(tx: Tx, services: Services, looked: _Looked) -> DrError | None:
    """Where nothing fits any more, end what does not; the last one's error."""
    ended = [void(tx, services, request) for request in (looked.unfit if not looked.fit else ())]
    return next((error for error in reversed(ended) if error is not None), None)


def _refuse_none(evacuation: Evacuation, looked: _Looked) -> None:
    """Where nothing could be acknowledged: why."""
    if looked.fit:
        return
    raise_refusal(next(iter(looked.refusals), None))
    raise ConflictError(f"Nothing of {evacuation.id} waits for approvals.", hint=_show(evacuation))


def _acknowledge(
    tx: Tx,
    services: Services,
    evacuation: Evacuation,
    looked: _Looked,
    actor: Actor,
    signer: AckSigner,
    evidence: dict[str, str],
    cmd_id: str,
) -> None:
    # As it stood before this press: whoever has to go first has no run by then, so that the others queue behind it.
    among = standings(tx, services.topology, evacuation)
    missing: dict[str, JsonValue] = {}
    beside = {request.application for request in looked.fit}
    for request in looked.fit:
        name = request.application
        queue = waits(among, name, tx.now(), beside)
        own = f"{cmd_id}:{name}"
        missing[name] = acknowledge(tx, services, request, actor, signer, evidence, queue, own).missing
    for request in looked.unfit:  # after the others, who were approved to go with these
        void(tx, services, request)
    losses: dict[str, JsonValue] = {request.application: request.loss_limit_s for request in looked.fit}
    data: dict[str, JsonValue] = {
        "evacuation": evacuation.id,
        "round": round_of(looked.members),
        "missing": missing,
        "accepted_limits_s": losses,
        "void": [request.application for request in looked.unfit],
    }
    append_ops(tx, EventKind.EVACUATION_ACKED, actor, data, cmd_id=cmd_id)


def _end(
    services: Services, evacuation_id: str, actor: Actor, told: _Told, round_: int | None, cmd_id: str
) -> Evacuation:
    def work(tx: Tx) -> Evacuation | DrError:
        evacuation = evacuations.get(tx, evacuation_id)
        if events.done(tx, cmd_id, told.kind) is not None:
            return evacuation
        refuse_another(evacuation.id, members_of(tx, evacuation), round_)
        over = _let_lapse(tx, services, evacuation)
        waiting = [request for request in members_of(tx, evacuation) if request.state in _WAITING]
        if not waiting:
            return over or ConflictError(f"Nothing of {evacuation.id} waits any more.", hint=_show(evacuation))
        done = [(one, end_one(tx, services, one, actor, told.ending, told.reason, None)) for one in waiting]
        ended = [one for one, result in done if not isinstance(result, DrError)]
        if not ended:
            return next(result for _, result in done if isinstance(result, DrError))
        own = [run.id for one in ended if (run := runs.of_request(tx, one.id)) is not None]
        data: dict[str, JsonValue] = {
            "evacuation": evacuation.id,
            "applications": [one.application for one in ended],
            "aborted": [*own],
            "reason": told.reason,
        }
        append_ops(tx, told.kind, actor, data, cmd_id=cmd_id)
        return evacuation

    return recorded(services, actor, told.ending.verb, {"request": evacuation_id}, work, Point.EVACUATION_DECIDE)


def _show(evacuation: Evacuation) -> str:
    return f"`evacuation {evacuation.id}` tells where each application is."


def _rpo_s(services: Services) -> float:
    return services.topology.objectives.rpo.total_seconds()
