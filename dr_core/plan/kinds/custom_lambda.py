"""Have a Lambda function of the team do its part, and ask another one whether it is done."""

from dataclasses import dataclass, field

from dr_core.claim import Claim
from dr_core.custom import by_hand
from dr_core.custom.errand import Verb
from dr_core.custom.lambda_functions import ACTION
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
from dr_core.topology.custom import CustomLambda


class Invocation(ErrandParams):
    """`verify` None: the function's own answer is the result. `undo` None: nothing takes it back."""

    function: str
    verify: str | None = None
    undo: str | None = None


def plan(move: Move, entry: CustomLambda, after: tuple[str, ...]) -> Step:
    region = errands.region_of(move, entry)
    given = errands.given(move, entry, Verb.ACT)
    params = Invocation(function=entry.function, verify=entry.verify, undo=entry.undo, **given)
    undo = f"Invoke {entry.undo} in {region}" if entry.undo else None
    return errands.placed(KIND, move, entry, f"{entry.name}: invoke {entry.function} in {region}", params, after, undo)


def undo(taken: Taken) -> tuple[Step, ...] | Stays:
    params = Invocation.model_validate(taken.step.params)
    if params.undo is None:
        return errands.no_way_back(params.name)
    title = f"{params.name}: invoke {params.undo} in {params.region}, which takes it back"
    changed = {"function": params.undo, "undo": None, "verb": Verb.UNDO}
    return errands.turned(taken, title, params.model_copy(update=changed))


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = Invocation.model_validate(step.params)
    names = dict.fromkeys(name for name in (params.function, params.verify) if name)
    return (Need(ACTION, params.region, tuple(function_arn(name, params.region, account) for name in names)),)


def function_arn(name: str, region: str, account: str) -> str:
    """The topology may name a function by its ARN, which another region does not have."""
    return name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{account}:function:{name}"


def commands(step: Step) -> Recipe:
    params = Invocation.model_validate(step.params)
    told = params.model_dump(include={"application", "source", "target", "mode"})
    where, queued = (params.region, step.name, told), params.verify is not None
    until = by_hand.has_answered()
    if params.verify is not None:
        until = by_hand.says_done(by_hand.invoke(params.verify, *where, Verb.VERIFY, params.verb))
    return Recipe(
        act=(by_hand.NEW, by_hand.invoke(params.function, *where, params.verb, queued=queued)),
        until=(until,),
        note="Sent again with the same token, it has no second effect.",
        stuck="Where the function failed, mend it and invoke it again, with the same `$token`.",
    )


@dataclass(frozen=True)
class CustomLambdaStep(PerRun):
    """Done when its check says so; without one, when it answered this process."""

    ports: Ports
    sent: Sent = field(default_factory=Sent)

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        params = Invocation.model_validate(step.params)
        errand = errand_of(step, params, claim)
        sent = self.sent.answer(errand.token)
        if params.verify is None:
            return errands.by_answer(sent)
        functions = self.ports.of(params.account).functions
        return errands.by_check(functions.ask(params.verify, params.region, errand.checked()), sent)

    def act(self, step: Step, claim: Claim) -> None:
        params = Invocation.model_validate(step.params)
        errand = errand_of(step, params, claim)
        functions = self.ports.of(params.account).functions
        answer = functions.send(params.function, params.region, errand, wait=params.verify is None)
        self.sent.note(errand.token, errands.taken(answer))


KIND = Kind(
    "custom-lambda",
    does="Invokes a Lambda function of the team's own.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.DATA,
    deadline_s=300.0,
    late=Late.SAME_AGAIN,
    actions=(ACTION,),
    carry_out=CustomLambdaStep,
    by_hand=commands,
    needs=needs,
    back="Invoke the step's `undo`, where it has one.",
    undo=undo,
)
