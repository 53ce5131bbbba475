"""What each verb does: the same functions that Slack's commands use, by the same roles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dr_core.approvals import ack, authority, cooldown, escalation, renewal, reviews
from dr_core.approvals.authority import Role
from dr_core.approvals.break_glass import Typed, break_glass
from dr_core.approvals.model import Actor
from dr_core.approvals.open import open_request
from dr_core.approvals.rolling_back import roll_back
from dr_core.drills import asking
from dr_core.errors import ConflictError, RefusedError, UsageError
from dr_core.evacuation import deciding, renewing
from dr_core.evacuation.binding import digest_of, round_of
from dr_core.evacuation.model import is_evacuation
from dr_core.evacuation.opening import open_evacuation
from dr_core.evacuation.reading import members_of
from dr_core.evacuation.survey import Asked
from dr_core.execution import brake, control
from dr_core.freeze import lifting
from dr_core.incidents import book, closing, notes
from dr_core.plan.step import Mode
from dr_core.reconciliation import signing
from dr_core.releases import model as releasing
from dr_core.releases.asking import Proposal
from dr_core.releases.asking import ask as ask_for_release
from dr_core.services import Services
from dr_core.store import evacuations, events, requests, roster
from dr_core.store.engine import Tx
from dr_core.terminal.claim import Claim, Verb


class NotPermittedError(RefusedError):
    """Whoever typed it has no role for the verb: nothing was asked of the approvals, which have told nothing of it."""


@dataclass(frozen=True)
class Order:
    """A claim by somebody who was proven to have made it. `evidence` is what goes into a signed acknowledgement."""

    claim: Claim
    actor: Actor
    evidence: Mapping[str, str]

    @property
    def cmd_id(self) -> str:
        """The same for every try, so that its effect happens once."""
        return f"terminal:{self.claim.nonce}"


@dataclass(frozen=True)
class Done:
    """What to look at afterwards, where there is something."""

    request: str | None = None
    evacuation: str | None = None
    run: str | None = None
    incident: str | None = None
    drill: str | None = None


def carry_out(services: Services, order: Order) -> Done:
    """Do it, once for each nonce. Raises what Slack's command would raise."""
    services.store.read(lambda tx: _permit(tx, services, order))
    if order.claim.seen is not None:
        services.store.read(lambda tx: _as_seen(tx, order))
    return USES[order.claim.verb].carry_out(services, order)


def _permit(tx: Tx, services: Services, order: Order) -> None:
    known, now = roster.load(tx), tx.now()
    nobody = authority.refusal(known, order.actor, now)
    if nobody is not None:
        raise NotPermittedError(nobody)
    allowed = USES[order.claim.verb].roles
    if not allowed & authority.roles(services.topology, known, order.actor, now):
        names = " or ".join(sorted(role.value for role in allowed))
        raise NotPermittedError(
            f"`{order.claim.verb.value}` needs the role {names}, which {order.actor.display} lacks."
        )


def _as_seen(tx: Tx, order: Order) -> None:
    """What was signed is about one round of one plan: another one has to be looked at and signed anew."""
    seen = order.claim.of_request
    if events.known(tx, order.cmd_id) is not None:
        return
    digest, round_ = _present(tx, seen.request)
    if digest != seen.digest:
        raise ConflictError(f"{seen.request} asks for another plan than the one you looked at.", hint="Look again.")
    if round_ != seen.round:
        raise ConflictError(
            f"You looked at round {seen.round} of {seen.request}; round {round_} is the present one.",
            hint="Look again, then repeat the command.",
        )


def _present(tx: Tx, named: str) -> tuple[str, int]:
    """Digest and round of a request, or of an evacuation."""
    if is_evacuation(named):
        members = members_of(tx, evacuations.get(tx, named))
        return digest_of(members), round_of(members)
    request = requests.get(tx, named)
    return request.digest, request.round


def _failover(services: Services, order: Order) -> Done:
    claim = order.claim
    if claim.forced and not claim.reason.strip():
        raise UsageError("A forced failover needs a reason: those who approve accept a loss for it.")
    if claim.every:
        return _evacuate(services, order)
    return _open(services, order, claim.target, Mode.FORCED if claim.forced else Mode.PLANNED)


def _evacuate(services: Services, order: Order) -> Done:
    claim = order.claim
    mode = Mode.FORCED if claim.forced else Mode.PLANNED
    wanted = Asked(str(claim.target), claim.source, mode, claim.overrides)
    new = open_evacuation(services, wanted, actor=order.actor, reason=claim.reason, cmd_id=order.cmd_id)
    return Done(evacuation=new.id)


def _failback(services: Services, order: Order) -> Done:
    return _open(services, order, None, Mode.PLANNED)


def _rollback(services: Services, order: Order) -> Done:
    claim = order.claim
    request = roll_back(
        services,
        str(claim.run),
        actor=order.actor,
        reason=claim.reason,
        overrides=claim.overrides,
        cmd_id=order.cmd_id,
    )
    return Done(request=request.id)


def _open(services: Services, order: Order, target: str | None, mode: Mode) -> Done:
    request = open_request(
        services,
        application=str(order.claim.application),
        target=target,
        mode=mode,
        actor=order.actor,
        reason=order.claim.reason,
        source=order.claim.source,
        overrides=order.claim.overrides,
        cmd_id=order.cmd_id,
    )
    return Done(request=request.id)


def _approve(services: Services, order: Order) -> Done:
    seen = order.claim.of_request
    if is_evacuation(seen.request):
        deciding.approve(
            services,
            seen.request,
            round=seen.round,
            digest=seen.digest,
            only=seen.only,
            actor=order.actor,
            typed_limit=order.claim.accept_loss,
            evidence=dict(order.evidence),
            cmd_id=order.cmd_id,
        )
        return Done(evacuation=seen.request)
    outcome = ack.approve(
        services,
        seen.request,
        round=seen.round,
        actor=order.actor,
        typed_limit=order.claim.accept_loss,
        evidence=dict(order.evidence),
        cmd_id=order.cmd_id,
    )
    return Done(request=seen.request, run=outcome.run_id)


def _deny(services: Services, order: Order) -> Done:
    seen = order.claim.of_request
    if is_evacuation(seen.request):
        deciding.deny(
            services,
            seen.request,
            actor=order.actor,
            reason=order.claim.reason,
            cmd_id=order.cmd_id,
            round_=seen.round,
        )
        return Done(evacuation=seen.request)
    ack.deny(
        services,
        seen.request,
        actor=order.actor,
        reason=order.claim.reason,
        cmd_id=order.cmd_id,
        round=seen.round,
    )
    return Done(request=seen.request)


def _cancel(services: Services, order: Order) -> Done:
    seen = order.claim.of_request
    if is_evacuation(seen.request):
        deciding.cancel(services, seen.request, actor=order.actor, cmd_id=order.cmd_id, round_=seen.round)
        return Done(evacuation=seen.request)
    ack.cancel(services, seen.request, actor=order.actor, cmd_id=order.cmd_id, round=seen.round)
    return Done(request=seen.request)


def _renew(services: Services, order: Order) -> Done:
    seen = order.claim.of_request
    if is_evacuation(seen.request):
        renewing.renew(services, seen.request, actor=order.actor, cmd_id=order.cmd_id, round_=seen.round)
        return Done(evacuation=seen.request)
    services.store.read(lambda tx: _refuse_twice(tx, order))
    renewal.renew(services, seen.request, actor=order.actor, round=seen.round, cmd_id=order.cmd_id)
    return Done(request=seen.request)


def _refuse_twice(tx: Tx, order: Order) -> None:
    """A claim always names a round, so that nobody can tell what a second one means: it has to wait a moment."""
    if events.known(tx, order.cmd_id) is None:
        request = requests.get(tx, order.claim.of_request.request)
        renewal.refuse_twice(tx, request, order.actor, "To open yet another, type it again in ten seconds.")


def _break_glass(services: Services, order: Order) -> Done:
    claim, seen = order.claim, order.claim.of_request
    outcome = break_glass(
        services,
        seen.request,
        round=seen.round,
        actor=order.actor,
        typed=Typed(claim.reason, str(claim.application), claim.accept_loss),
        evidence=dict(order.evidence),
        cmd_id=order.cmd_id,
    )
    return Done(request=seen.request, run=outcome.run_id)


def _stop(act: Callable[..., object]) -> "_CarryOut":
    """Pause or abort."""

    def carry_out(services: Services, order: Order) -> Done:
        claim = order.claim
        act(
            services,
            str(claim.run),
            actor=order.actor,
            reason=claim.reason,
            confirmed=claim.confirmed,
            cmd_id=order.cmd_id,
        )
        return Done(run=claim.run)

    return carry_out


def _let_go(act: Callable[..., object]) -> "_CarryOut":
    """Resume or take over."""

    def carry_out(services: Services, order: Order) -> Done:
        act(services, str(order.claim.run), actor=order.actor, cmd_id=order.cmd_id)
        return Done(run=order.claim.run)

    return carry_out


def _escalate(services: Services, order: Order) -> Done:
    claim = order.claim
    request = escalation.escalate(
        services,
        str(claim.run),
        actor=order.actor,
        reason=claim.reason,
        overrides=claim.overrides,
        cmd_id=order.cmd_id,
    )
    return Done(request=request.id)


def _brake_on(services: Services, order: Order) -> Done:
    claim = order.claim
    brake.engage(services, actor=order.actor, reason=claim.reason, confirmed=claim.confirmed, cmd_id=order.cmd_id)
    return Done()


def _brake_off(services: Services, order: Order) -> Done:
    brake.release(services, actor=order.actor, cmd_id=order.cmd_id)
    return Done()


def _cooldown_clear(services: Services, order: Order) -> Done:
    cooldown.clear(services, str(order.claim.application), actor=order.actor, cmd_id=order.cmd_id)
    return Done()


def _unfreeze(services: Services, order: Order) -> Done:
    claim = order.claim
    lifting.lift(services, str(claim.application), actor=order.actor, reason=claim.reason, cmd_id=order.cmd_id)
    return Done()


def _review_close(services: Services, order: Order) -> Done:
    claim = order.claim
    found = reviews.close(services, str(claim.review), actor=order.actor, note=claim.reason, cmd_id=order.cmd_id)
    return Done(request=found.request)


def _incident(services: Services, order: Order) -> Done:
    claim = order.claim
    opened = book.declare(
        services, application=claim.application, title=claim.reason, actor=order.actor, cmd_id=order.cmd_id
    )
    return Done(incident=opened.id)


def _incident_close(services: Services, order: Order) -> Done:
    claim = order.claim
    closed = closing.close(services, claim.incident, reason=claim.reason, actor=order.actor, cmd_id=order.cmd_id)
    return Done(incident=closed.id)


def _note(services: Services, order: Order) -> Done:
    claim = order.claim
    noted = notes.add(services, claim.reason, named=claim.incident, actor=order.actor, cmd_id=order.cmd_id)
    return Done(incident=noted.id)


def _drill(services: Services, order: Order) -> Done:
    claim = order.claim
    kind = asking.kind_of(claim.kind)
    asked = asking.ask(services, str(claim.application), kind, actor=order.actor, cmd_id=order.cmd_id)
    return Done(drill=asked.id)


def _reconcile_sign(services: Services, order: Order) -> Done:
    claim = order.claim
    found = signing.sign(services, str(claim.item), actor=order.actor, note=claim.reason, cmd_id=order.cmd_id)
    return Done(run=found.run)


def _release(services: Services, order: Order) -> Done:
    claim = order.claim
    verb = releasing.Verb(claim.verb.value.removeprefix("release "))
    proposal = Proposal(str(claim.application), verb, claim.colour, claim.left_out, claim.overrides)
    ask_for_release(services, proposal, actor=order.actor, cmd_id=order.cmd_id)
    return Done()


_CarryOut = Callable[[Services, Order], Done]


@dataclass(frozen=True)
class Use:
    """Any of `roles` is enough. Finer rules (not your own request, ...) are the approvals' own."""

    roles: frozenset[Role]
    carry_out: _CarryOut


_REQUESTER, _APPROVER, _HOLDER = (frozenset({role}) for role in (Role.REQUESTER, Role.APPROVER, Role.HOLDER))
USES: dict[Verb, Use] = {
    Verb.FAILOVER: Use(_REQUESTER, _failover),
    Verb.FAILBACK: Use(_REQUESTER, _failback),
    Verb.ROLLBACK: Use(_REQUESTER | _APPROVER, _rollback),
    Verb.APPROVE: Use(_APPROVER, _approve),
    Verb.DENY: Use(_APPROVER, _deny),
    Verb.CANCEL: Use(_REQUESTER | _APPROVER, _cancel),
    Verb.RENEW: Use(_REQUESTER | _APPROVER, _renew),
    Verb.BREAK_GLASS: Use(_HOLDER, _break_glass),
    Verb.RUN_PAUSE: Use(_REQUESTER | _APPROVER, _stop(control.pause)),
    Verb.RUN_RESUME: Use(_APPROVER, _let_go(control.resume)),
    Verb.RUN_ABORT: Use(_APPROVER, _stop(control.abort)),
    Verb.RUN_ESCALATE: Use(_REQUESTER | _APPROVER, _escalate),
    Verb.RUN_TAKEOVER: Use(_APPROVER, _let_go(control.takeover)),
    Verb.BRAKE_ON: Use(_REQUESTER | _APPROVER, _brake_on),
    Verb.BRAKE_OFF: Use(_APPROVER, _brake_off),
    Verb.COOLDOWN_CLEAR: Use(_APPROVER, _cooldown_clear),
    Verb.UNFREEZE: Use(_APPROVER, _unfreeze),
    Verb.REVIEW_CLOSE: Use(_APPROVER, _review_close),
    Verb.RECONCILE_SIGN: Use(_APPROVER, _reconcile_sign),
    Verb.INCIDENT: Use(_REQUESTER | _APPROVER, _incident),
    Verb.INCIDENT_CLOSE: Use(_REQUESTER | _APPROVER, _incident_close),
    Verb.NOTE: Use(_REQUESTER | _APPROVER, _note),
    Verb.DRILL: Use(_REQUESTER | _APPROVER, _drill),
    Verb.RELEASE_PROMOTE: Use(_APPROVER, _release),
    Verb.RELEASE_ROLLBACK: Use(_APPROVER, _release),
}
