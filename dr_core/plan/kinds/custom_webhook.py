"""Tell an HTTPS address of the team's own, signed, and ask another one whether it is done."""

from dataclasses import dataclass, field

from dr_core.claim import Claim
from dr_core.custom import by_hand
from dr_core.custom.errand import Verb
from dr_core.custom.redaction import host_of
from dr_core.custom.sent import Sent
from dr_core.plan import errands
from dr_core.plan.catalogue import PerRun, StepObservation
from dr_core.plan.errands import ErrandParams, errand_of
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken
from dr_core.topology.custom import CustomWebhook


class Post(ErrandParams):
    """`secret` None: the key of the worker's environment signs. `verify` None: a good answer is the result.

    `undo` None: nothing takes it back.
    """

    url: str
    verify: str | None = None
    undo: str | None = None
    secret: str | None = None


def plan(move: Move, entry: CustomWebhook, after: tuple[str, ...]) -> Step:
    given = errands.given(move, entry, Verb.ACT)
    params = Post(url=entry.url, verify=entry.verify, undo=entry.undo, secret=entry.secret, **given)
    undo = f"Tell {host_of(entry.undo)} to take it back" if entry.undo else None
    return errands.placed(KIND, move, entry, f"{entry.name}: tell {host_of(entry.url)}", params, after, undo)


def undo(taken: Taken) -> tuple[Step, ...] | Stays:
    params = Post.model_validate(taken.step.params)
    if params.undo is None:
        return errands.no_way_back(params.name)
    title = f"{params.name}: tell {host_of(params.undo)} to take it back"
    changed = {"url": params.undo, "undo": None, "verb": Verb.UNDO}
    return errands.turned(taken, title, params.model_copy(update=changed))


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """Only the key that signs, where it is a secret of Secrets Manager."""
    params = Post.model_validate(step.params)
    if params.secret is None:
        return ()
    # Secrets Manager ends an ARN with six characters of its own.
    arn = f"arn:aws:secretsmanager:{params.region}:{account}:secret:{params.secret}-??????"
    return (Need("secretsmanager:GetSecretValue", params.region, (arn,)),)


def commands(step: Step) -> Recipe:
    params = Post.model_validate(step.params)
    told = params.model_dump(include={"application", "source", "target", "mode"})
    key = by_hand.key(params.secret, params.region)
    to = _address(params, "url" if params.verb is Verb.ACT else "undo", params.url)
    needed, until = [to.set], tuple[str, ...]()
    if params.verify is not None:
        check = _address(params, "verify", params.verify)
        needed.append(check.set)
        until = (by_hand.posted_and_done(by_hand.post(check, step.name, told, Verb.VERIFY, params.verb)),)
    return Recipe(
        act=(key, *needed, by_hand.TELL, by_hand.NEW, by_hand.post(to, step.name, told, params.verb)),
        until=until,
        note="Addresses may be secret: they are asked for, and stand in dr.yaml. Sent again with the same token, it "
        "has no second effect. Signing needs `openssl`.",
        stuck="An answer other than 2xx is no success: mend what it says, and tell it again with the same `$token`.",
    )


def _address(params: Post, key: str, url: str) -> by_hand.Address:
    return by_hand.address(params.application, params.name, key, host_of(url))


@dataclass(frozen=True)
class CustomWebhookStep(PerRun):
    """Done when its check says so; without one, when it answered this process."""

    ports: Ports
    sent: Sent = field(default_factory=Sent)

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        params = Post.model_validate(step.params)
        errand = errand_of(step, params, claim)
        sent = self.sent.answer(errand.token)
        if params.verify is None:
            return errands.by_answer(sent)
        webhooks = self.ports.of(params.account).webhooks
        return errands.by_check(webhooks.ask(params.verify, params.secret, params.region, errand.checked()), sent)

    def act(self, step: Step, claim: Claim) -> None:
        params = Post.model_validate(step.params)
        errand = errand_of(step, params, claim)
        webhooks = self.ports.of(params.account).webhooks
        self.sent.note(errand.token, errands.taken(webhooks.send(params.url, params.secret, params.region, errand)))


KIND = Kind(
    "custom-webhook",
    does="Tells an HTTPS address of the team's own, signed.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home="where the address leads",
    plane=Plane.DATA,
    deadline_s=300.0,
    late=Late.SAME_AGAIN,
    actions=("secretsmanager:GetSecretValue",),
    carry_out=CustomWebhookStep,
    by_hand=commands,
    needs=needs,
    back="Tell the step's `undo` address, where it has one.",
    undo=undo,
)
