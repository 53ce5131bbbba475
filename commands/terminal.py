"""An operation typed in a terminal: a worker proves who typed it, carries it out, and the result is shown as anywhere.

Nothing here decides anything: this process's environment, `dr.yaml` and database address are the caller's own.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from commands.context import Context, Outcome
from commands.failover import mode_of
from commands.questions import NeedsAcceptance
from commands.registry import Command
from commands.release import proposal_of
from commands.run import which_run
from commands.unfreeze import lifted
from dr_core.approvals.ack import Review
from dr_core.approvals.decision import must_type
from dr_core.approvals.model import Request, RequestState
from dr_core.aws.caller import Signer
from dr_core.drills.asking import kind_of
from dr_core.errors import ConflictError, DeniedError, RefusedError, UsageError
from dr_core.evacuation.binding import digest_of, round_of, worst_to_type
from dr_core.evacuation.deciding import Review as WholeReview
from dr_core.evacuation.model import is_evacuation
from dr_core.evacuation.reading import members_of
from dr_core.plan.step import Mode
from dr_core.releases import model as releasing
from dr_core.releases.asking import work_out
from dr_core.reports.brake import brake_report
from dr_core.reports.drills import drill_view
from dr_core.reports.evacuation import evacuation_view
from dr_core.reports.incidents import incident_view
from dr_core.reports.listing import Message
from dr_core.reports.reconciliations import reconciliation_list
from dr_core.reports.releases import release_report
from dr_core.reports.request import request_view
from dr_core.reports.reviews import review_list
from dr_core.reports.run import run_view
from dr_core.store import evacuations, requests
from dr_core.terminal.answer import Answer, AnsweredError
from dr_core.terminal.claim import Claim, Seen, Verb, new_nonce
from dr_core.terminal.proof import sign, sts_of
from dr_core.terminal.submit import Patience, submit


def run(context: Context, command: Command) -> Outcome:
    """Claim, sign, hand in, wait. Raises what the worker answered when it is no result."""
    verb, signer = Verb(command.name), _signer(command)
    claim = _claim(context, verb)
    proof = sign(signer, sts_of(context.services), claim.canonical())
    clock = context.services.clock
    patience = Patience(clock.monotonic, time.sleep, _say)
    answer = submit(context.services.store, claim, proof, patience)
    if not answer.done:
        raise AnsweredError(answer)
    return Outcome(command.name, _VERBS[verb].shown(context, claim, answer))


def _signer(command: Command) -> Signer:
    try:
        return Signer()
    except DeniedError as error:
        raise RefusedError(
            f"`{command.name}` is refused: without AWS credentials the terminal is read-only; use Slack, or log in to "
            "AWS as somebody whom dr.yaml names."
        ) from error


def _say(text: str) -> None:
    print(f"dr: {text}", file=sys.stderr)


def _claim(context: Context, verb: Verb) -> Claim:
    found = {"nonce": new_nonce(), "verb": verb, **_VERBS[verb].typed(context, verb)}
    try:
        return Claim.model_validate(found)
    except ValidationError as error:
        raise UsageError(f"`{verb.value}`: {error.errors()[0]['msg']}.") from error


def _failover(context: Context, _verb: Verb) -> dict[str, Any]:
    arguments = context.arguments
    forced, every = mode_of(arguments) is Mode.FORCED, arguments.flag("all")
    return {
        **_asked(context),
        "application": None if every else arguments.given("application"),
        "every": every,
        "target": arguments.given("region"),
        "source": arguments.text("from"),
        "forced": forced,
    }


def _failback(context: Context, _verb: Verb) -> dict[str, Any]:
    return {**_asked(context), "application": context.arguments.given("application")}


def _asked(context: Context) -> dict[str, Any]:
    return {"reason": context.arguments.text("reason") or "", "overrides": context.arguments.many("override")}


def _about_request(context: Context, verb: Verb) -> dict[str, Any]:
    """A request as this terminal's store shows it: its plan must be the one that the digest says."""
    arguments = context.arguments
    if is_evacuation(arguments.given("request")):
        return _about_evacuation(context, verb)
    request = context.services.store.read(lambda tx: requests.get(tx, arguments.given("request")))
    if request.plan.digest() != request.digest:
        raise ConflictError(f"The plan of {request.id} in this store is not the one that its digest names.")
    named = arguments.integer("round")
    if verb in (Verb.APPROVE, Verb.BREAK_GLASS):
        _ask_for_loss(context, verb, request)
    return {
        "seen": Seen(request=request.id, round=named or request.round, digest=request.digest),
        "reason": arguments.text("reason") or "",
        "accept_loss": arguments.text("accept_loss"),
        "application": arguments.text("application"),
    }


def _about_evacuation(context: Context, verb: Verb) -> dict[str, Any]:
    """Every member as this terminal's store shows it: what is signed is the round and the plan of each."""
    arguments, evacuation_id = context.arguments, context.arguments.given("request")
    if verb is Verb.BREAK_GLASS:
        raise UsageError(
            "The glass is broken for one application at a time.",
            hint=f"`evacuation {evacuation_id}` names the request of each.",
        )
    members = context.services.store.read(lambda tx: members_of(tx, evacuations.get(tx, evacuation_id)))
    false = next((one for one in members if one.plan.digest() != one.digest), None)
    if false is not None:
        raise ConflictError(f"The plan of {false.id} in this store is not the one that its digest names.")
    round_, digest = round_of(members), digest_of(members)
    meant = arguments.many("only") if verb is Verb.APPROVE else ()
    waiting = tuple(one for one in members if one.state is RequestState.OPEN and (not meant or one.id in meant))
    if verb is Verb.APPROVE and not waiting:
        raise ConflictError(f"Nothing of {evacuation_id} waits for approvals.", hint=f"`evacuation {evacuation_id}`")
    only = tuple(one.id for one in waiting) if verb is Verb.APPROVE else ()
    typed = worst_to_type(waiting, context.services.topology.objectives.rpo.total_seconds())
    if verb is Verb.APPROVE and typed is not None and arguments.text("accept_loss") is None:
        evacuation = context.services.store.read(lambda tx: evacuations.get(tx, evacuation_id))
        raise NeedsAcceptance(WholeReview(evacuation, waiting, round_, digest, typed))
    return {
        "seen": Seen(request=evacuation_id, round=arguments.integer("round") or round_, digest=digest, only=only),
        "reason": arguments.text("reason") or "",
        "accept_loss": arguments.text("accept_loss"),
    }


def _ask_for_loss(context: Context, verb: Verb, request: Request) -> None:
    """A question, so it is asked before a worker is; the worker insists on the same."""
    typed = must_type(request, context.services.topology.objectives.rpo.total_seconds())
    if typed is None or context.arguments.text("accept_loss") is not None or request.state is not RequestState.OPEN:
        return
    if verb is Verb.BREAK_GLASS:
        raise UsageError(f"Breaking the glass of {request.id} accepts a loss.", hint=f"Type it: --accept-loss {typed}")
    raise NeedsAcceptance(Review(request, typed))


def _about_run(context: Context, verb: Verb) -> dict[str, Any]:
    arguments = context.arguments
    return {
        "run": which_run(context, verb.value).id,
        "reason": arguments.text("reason") or "",
        "confirmed": arguments.flag("confirm"),
        "overrides": arguments.many("override"),
    }


def _brake(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"reason": context.arguments.text("reason") or "", "confirmed": context.arguments.flag("confirm")}


def _application(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"application": context.arguments.given("application")}


def _frozen(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"application": context.arguments.given("application"), "reason": context.arguments.given("reason")}


def _review(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"review": context.arguments.given("id"), "reason": context.arguments.given("note")}


def _declared(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"application": context.arguments.text("application"), "reason": context.arguments.given("text")}


def _noted(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"incident": context.arguments.text("incident"), "reason": context.arguments.given("text")}


def _about_incident(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"incident": context.arguments.text("id"), "reason": context.arguments.text("reason") or ""}


def _request(context: Context, _claim: Claim, answer: Answer) -> BaseModel:
    if answer.evacuation is not None:
        return evacuation_view(context.services, answer.evacuation)
    return request_view(context.services, str(answer.request))


def _run(context: Context, _claim: Claim, answer: Answer) -> BaseModel:
    return run_view(context.services, str(answer.run))


def _brake_now(context: Context, _claim: Claim, _answer: Answer) -> BaseModel:
    return brake_report(context.services)


def _cleared(_context: Context, claim: Claim, _answer: Answer) -> BaseModel:
    return Message(text=f"The cooldown of {claim.application} is over: detection may propose a failover again.")


def _thawed(context: Context, claim: Claim, _answer: Answer) -> BaseModel:
    return Message(text=lifted(context.services, str(claim.application)))


def _item(context: Context, _verb: Verb) -> dict[str, Any]:
    return {"item": context.arguments.given("id"), "reason": context.arguments.given("note")}


def _reconciliations(context: Context, _claim: Claim, _answer: Answer) -> BaseModel:
    return reconciliation_list(context.services)


def _reviews(context: Context, _claim: Claim, _answer: Answer) -> BaseModel:
    return review_list(context.services)


def _about_drill(context: Context, _verb: Verb) -> dict[str, Any]:
    kind = kind_of(context.arguments.text("kind"))
    return {"application": context.arguments.given("application"), "kind": kind.value}


def _drill(context: Context, _claim: Claim, answer: Answer) -> BaseModel:
    return drill_view(context.services, str(answer.drill))


def _released(context: Context, verb: Verb) -> dict[str, Any]:
    """A question, where it was not confirmed yet, so it is asked before a worker is."""
    proposal = proposal_of(context, releasing.Verb(verb.value.removeprefix("release ")))
    meant = work_out(context.services, proposal)
    return {
        "application": proposal.application,
        "colour": meant.colour,
        "left_out": proposal.without,
        "overrides": proposal.overrides,
        "confirmed": True,
    }


def _releases(context: Context, claim: Claim, _answer: Answer) -> BaseModel:
    return release_report(context.services, claim.application)


def _incident(context: Context, _claim: Claim, answer: Answer) -> BaseModel:
    return incident_view(context.services, str(answer.incident))


@dataclass(frozen=True)
class _Use:
    """What a verb's claim is made of, and what is shown when it is done."""

    typed: Callable[[Context, Verb], dict[str, Any]]
    shown: Callable[[Context, Claim, Answer], BaseModel]


_VERBS: dict[Verb, _Use] = {
    Verb.FAILOVER: _Use(_failover, _request),
    Verb.FAILBACK: _Use(_failback, _request),
    Verb.ROLLBACK: _Use(_about_run, _request),
    Verb.APPROVE: _Use(_about_request, _request),
    Verb.DENY: _Use(_about_request, _request),
    Verb.CANCEL: _Use(_about_request, _request),
    Verb.RENEW: _Use(_about_request, _request),
    Verb.BREAK_GLASS: _Use(_about_request, _request),
    Verb.RUN_PAUSE: _Use(_about_run, _run),
    Verb.RUN_RESUME: _Use(_about_run, _run),
    Verb.RUN_ABORT: _Use(_about_run, _run),
    Verb.RUN_ESCALATE: _Use(_about_run, _request),
    Verb.RUN_TAKEOVER: _Use(_about_run, _run),
    Verb.BRAKE_ON: _Use(_brake, _brake_now),
    Verb.BRAKE_OFF: _Use(_brake, _brake_now),
    Verb.COOLDOWN_CLEAR: _Use(_application, _cleared),
    Verb.UNFREEZE: _Use(_frozen, _thawed),
    Verb.REVIEW_CLOSE: _Use(_review, _reviews),
    Verb.RECONCILE_SIGN: _Use(_item, _reconciliations),
    Verb.INCIDENT: _Use(_declared, _incident),
    Verb.INCIDENT_CLOSE: _Use(_about_incident, _incident),
    Verb.NOTE: _Use(_noted, _incident),
    Verb.DRILL: _Use(_about_drill, _drill),
    Verb.RELEASE_PROMOTE: _Use(_released, _releases),
    Verb.RELEASE_ROLLBACK: _Use(_released, _releases),
}
