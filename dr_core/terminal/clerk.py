"""The workers' counter for terminals: it verifies each submission against its own STS, and only then carries it out.

Any number of workers may stand here. Each takes a submission for a moment, and its effect happens once for each nonce:
two who took the same, or one who died in the middle, do no harm.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from pydantic import JsonValue
from ulid import ULID

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.aws.caller import Caller, ask
from dr_core.aws.faults import aws_errors
from dr_core.aws.session import Purpose
from dr_core.errors import DrError, RefusedError, UnreachableError
from dr_core.execution.impact import ConfirmationError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import submissions
from dr_core.store.engine import Tx
from dr_core.store.submissions import Submission, SubmissionState
from dr_core.terminal.answer import Answer, refused
from dr_core.terminal.claim import Claim, hash_of, read_claim
from dr_core.terminal.identity import Stranger, person_of, proven_actor
from dr_core.terminal.proof import Ask, caller_of, read_proof, sts_of
from dr_core.terminal.verbs import NotPermittedError, Order, carry_out

log = structlog.get_logger(__name__)
TTL = timedelta(seconds=20)
PAUSE = timedelta(seconds=2)
WAITS = timedelta(seconds=60)
"""A terminal waits half of this: what is older was left behind, and is not carried out behind anybody's back."""
NOBODY = Actor(person="terminal:unproven", display="a terminal", face=Face.TERMINAL)
OwnArn = Callable[[], str]


class Clerk:
    """One worker's duty. `services` must hold the workers' signer (`bootstrap.clerk`)."""

    def __init__(self, services: Services, *, asking: Ask = ask, own: OwnArn | None = None) -> None:
        """`asking` sends a signed request to STS, `own` names this process's own caller; tests replace both."""
        if services.signer is None:
            raise ValueError("a clerk signs what it verified")
        self._services = services
        self._ask = asking
        self._own = own or (lambda: own_arn(services))
        self._own_arn: str | None = None

    def once(self) -> int:
        """Decide everything that waits now; how many were decided. Never raises."""
        try:
            waiting = self._services.store.read(submissions.waiting)
        except DrError as error:
            log.warning("submissions_not_read", error=error.message)
            return 0
        return sum(self._serve(nonce) for nonce in waiting)

    def _serve(self, nonce: str) -> bool:
        store = self._services.store
        try:
            taken = store.write(lambda tx: submissions.take(tx, nonce, TTL), Point.TERMINAL_TAKE)
            if taken is None:
                return False
            decided, note = self._tried(taken)
            if decided is not None:
                return store.write(lambda tx: _tell(tx, taken, decided), Point.TERMINAL_ANSWER)
            store.write(lambda tx: submissions.give_back(tx, taken, note, PAUSE), Point.TERMINAL_ANSWER)
        except DrError as error:
            log.warning("submission_not_answered", nonce=nonce, error=error.message)
        except Exception:
            log.exception("submission_not_answered", nonce=nonce)
        return False

    def _tried(self, submission: Submission) -> "tuple[_Decision | None, str]":
        """The decision, or None and why there is none yet: another worker may reach what this one cannot."""
        try:
            return self._decide(submission), ""
        except UnreachableError as error:
            return None, error.message
        except Exception:
            reference = str(ULID())
            log.exception("submission_failed", nonce=submission.nonce, id=reference)
            return None, f"Internal error, id {reference}; the worker's log has the details."

    def _decide(self, submission: Submission) -> "_Decision":
        """Proof, then identity, then the verb. UnreachableError leaves it undecided."""
        claim, arn = None, None
        try:
            claim = read_claim(submission.claim)
            caller = self._verified(submission, claim)
            arn = caller.arn
            person = person_of(self._services.topology, arn, [self._own_caller()])
            if isinstance(person, Stranger):
                raise RefusedError(person.reason)
        except UnreachableError:
            raise
        except DrError as error:
            return _Decision(refused(error, None), claim, NOBODY, arn, EventKind.TERMINAL_REFUSED)
        return self._carried_out(submission, claim, proven_actor(person), caller)

    def _verified(self, submission: Submission, claim: Claim) -> Caller:
        services, proof = self._services, read_proof(submission.proof)
        if claim.nonce != submission.nonce:
            raise RefusedError("The claim was made for another submission.")
        if services.store.read(lambda tx: tx.now()) - submission.submitted_at > WAITS:
            raise RefusedError("Nobody waits for this submission any more.", hint="Type the command again.")
        return caller_of(proof, submission.claim, sts_of(services), services.clock.now(), self._ask)

    def _carried_out(self, submission: Submission, claim: Claim, actor: Actor, caller: Caller) -> "_Decision":
        evidence = {
            "arn": caller.arn,
            "account": caller.account,
            "nonce": claim.nonce,
            "claim": hash_of(submission.claim),
        }
        try:
            self._still_ours(submission)
            done = carry_out(self._services, Order(claim, actor, evidence))
        except UnreachableError:
            raise
        except NotPermittedError as error:
            return _Decision(refused(error, actor.display), claim, actor, caller.arn, EventKind.COMMAND_REFUSED)
        except RefusedError as error:
            return _Decision(refused(error, actor.display), claim, actor, caller.arn, None)
        except ConfirmationError as question:
            return _Decision(refused(question, actor.display), claim, actor, caller.arn, None)
        except DrError as error:
            return _Decision(refused(error, actor.display), claim, actor, caller.arn, EventKind.COMMAND_REFUSED)
        answer = Answer(done=True, person=actor.display, **asdict(done))
        return _Decision(answer, claim, actor, caller.arn, None)

    def _still_ours(self, submission: Submission) -> None:
        """This process may have slept: what another has taken, or the terminal has taken back, is not carried out."""
        held = self._services.store.write(lambda tx: submissions.keep(tx, submission), Point.TERMINAL_TAKE)
        if not held:
            raise UnreachableError("Another worker has it now.")

    def _own_caller(self) -> str:
        if self._own_arn is None:
            self._own_arn = self._own()
        return self._own_arn


@dataclass(frozen=True)
class _Decision:
    """An answer with what the trail has to know of it: an event, unless the approvals have written theirs."""

    answer: Answer
    claim: Claim | None
    actor: Actor
    arn: str | None
    kind: EventKind | None


def _tell(tx: Tx, submission: Submission, decision: _Decision) -> bool:
    """The answer and its event in one transaction; nothing where it was decided meanwhile."""
    answer, claim = decision.answer.model_copy(update={"arn": decision.arn}), decision.claim
    state = SubmissionState.ACCEPTED if answer.done else SubmissionState.REFUSED
    if not submissions.decide(tx, submission.nonce, state, answer.model_dump_json(exclude_none=True)):
        return False
    if decision.kind is not None:
        data: dict[str, JsonValue] = {
            "command": claim.verb.value if claim else None,
            "request": claim.seen.request if claim and claim.seen else None,
            "submission": submission.nonce,
            "arn": decision.arn,
            "code": answer.code,
            "reason": answer.message,
        }
        key = f"terminal:{submission.nonce}:refused"
        append_ops(tx, decision.kind, decision.actor, data, cmd_id=key)
    return True


def own_arn(services: Services) -> str:
    """Who this process is for AWS, asked in any region that answers."""
    failed: DrError = UnreachableError("No region's STS says who this worker is.")
    for endpoint in sts_of(services):
        try:
            client = services.aws.client("sts", endpoint.region, purpose=Purpose.OBSERVE, max_attempts=1)
            with aws_errors("sts", endpoint.region, "GetCallerIdentity"):
                return str(client.get_caller_identity()["Arn"])
        except DrError as error:
            failed = error
    raise UnreachableError(f"The worker cannot tell its own identity: {failed.message}") from failed
