"""Run an SSM Automation document of the team's own, then the one that checks it."""

from dataclasses import dataclass

from pydantic import Field, JsonValue

from dr_core.aws.cli import wait
from dr_core.claim import Claim
from dr_core.custom import by_hand
from dr_core.custom.automations import ACTIONS, filled
from dr_core.custom.errand import Verb, token_for
from dr_core.custom.port import Execution, ExecutionState
from dr_core.errors import RejectedError
from dr_core.plan import errands
from dr_core.plan.catalogue import PerRun, Progress, StepObservation
from dr_core.plan.errands import ErrandParams, errand_of
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken
from dr_core.topology.custom import CustomSsmDocument

_HANDED = "iam:PassRole"
_ROLE = "AutomationAssumeRole"
"""The parameter by which AWS's own documents, and most others, are told the role that they assume."""
_OF_AWS = ("aws", "amazon", "amzn")
"""How only AWS's own documents may begin (CreateDocument)."""


class Document(ErrandParams):
    """`verify` None: that the document ended well is the result. Both get the same `parameters`."""

    document: str
    verify: str | None = None
    undo: str | None = None
    parameters: dict[str, str] = Field({})


def plan(move: Move, entry: CustomSsmDocument, after: tuple[str, ...]) -> Step:
    region = errands.region_of(move, entry)
    params = Document(
        document=entry.document,
        verify=entry.verify,
        undo=entry.undo,
        parameters=dict(entry.parameters),
        **errands.given(move, entry, Verb.ACT),
    )
    undo = f"Run {entry.undo} in {region}" if entry.undo else None
    return errands.placed(KIND, move, entry, f"{entry.name}: run {entry.document} in {region}", params, after, undo)


def undo(taken: Taken) -> tuple[Step, ...] | Stays:
    params = Document.model_validate(taken.step.params)
    if params.undo is None:
        return errands.no_way_back(params.name)
    title = f"{params.name}: run {params.undo} in {params.region}, which takes it back"
    changed = {"document": params.undo, "undo": None, "verb": Verb.UNDO}
    return errands.turned(taken, title, params.model_copy(update=changed))


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html.

    A role that is named among the parameters is handed over, which IAM asks about too.
    """
    params = Document.model_validate(step.params)
    names = dict.fromkeys(name for name in (params.document, params.verify) if name)
    documents = tuple(document_arn(name, params.region, account) for name in names)
    definitions = tuple(f"{one.replace(':document/', ':automation-definition/')}:*" for one in documents)
    executions = f"arn:aws:ssm:{params.region}:{account}:automation-execution/*"
    told = by_hand.errand(step.name, _told(params), params.verb)
    role = "".join(filled(params.parameters, told).get(_ROLE, ()))
    to = (("iam:PassedToService", "ssm.amazonaws.com"),)
    return (
        Need(ACTIONS[0], params.region, (*documents, *definitions, executions)),
        Need(ACTIONS[1], params.region, (executions,)),
        Need(ACTIONS[2], params.region),
        *((Need(_HANDED, params.region, (role,), to),) if role else ()),
    )


def document_arn(name: str, region: str, account: str) -> str:
    """Another account's document is named by its ARN, AWS's own are of no account. One that is run is asked for as a
    document and as a definition of an automation.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html
    """
    owner = "" if name.lower().startswith(_OF_AWS) else account
    return name if name.startswith("arn:") else f"arn:aws:ssm:{region}:{owner}:document/{name}"


def commands(step: Step) -> Recipe:
    params = Document.model_validate(step.params)
    told = _told(params) | {"verb": params.verb.value}
    started = by_hand.start(params.document, params.region, step.name, params.parameters, told)
    checked = (
        (by_hand.start(params.verify, params.region, step.name, params.parameters, told | {"verb": "verify"}),)
        if params.verify
        else ()
    )
    over = by_hand.ended_well(params.region)
    return Recipe(
        act=(by_hand.NEW, started, *((wait(over), *checked) if checked else ())),
        until=(over,),
        show=(by_hand.execution(params.region),),
        stuck="Where it has failed, `FailureMessage` above says why: mend that, and begin this step again.",
    )


def _told(params: Document) -> dict[str, str]:
    return params.model_dump(include={"application", "source", "target", "mode"}, mode="json")


@dataclass(frozen=True)
class CustomSsmStep(PerRun):
    """Done when the newest execution under this run's token has ended well, and then its check's too."""

    ports: Ports

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        params = Document.model_validate(step.params)
        automations = self.ports.of(params.account).automations
        run = automations.newest(params.region, token_for(claim, step.name))
        if run is None or run.state is not ExecutionState.DONE or params.verify is None:
            return _seen(run, params.document)
        check = automations.newest(params.region, token_for(claim, step.name, Verb.VERIFY.value))
        if check is None:
            detail = f"{params.document} ended well; {params.verify} has not begun"
            return StepObservation(Progress.ABSENT, detail, _evidence(run))
        return _seen(check, params.verify, _evidence(run))

    def act(self, step: Step, claim: Claim) -> None:
        """The document; once that has ended well, its check."""
        params = Document.model_validate(step.params)
        errand, token = errand_of(step, params, claim), token_for(claim, step.name)
        automations = self.ports.of(params.account).automations
        if params.verify is None or automations.newest(params.region, token) is None:
            automations.start(params.document, params.region, token, errand, params.parameters)
            return
        check = token_for(claim, step.name, Verb.VERIFY.value)
        automations.start(params.verify, params.region, check, errand.checked(), params.parameters)


def _seen(run: Execution | None, document: str, before: dict[str, JsonValue] | None = None) -> StepObservation:
    if run is None:
        return StepObservation(Progress.ABSENT, f"{document} has not begun")
    evidence = {**_evidence(run), **({"checked": before} if before else {})}
    if run.state is ExecutionState.FAILED:
        raise RejectedError(f"{document} ended as {run.status}: {run.detail or 'it did not say why'} ({run.id})")
    progress = Progress.SATISFIED if run.state is ExecutionState.DONE else Progress.UNDER_WAY
    return StepObservation(progress, f"{document}: {run.status}", evidence)


def _evidence(run: Execution) -> dict[str, JsonValue]:
    return {"execution": run.id, "status": run.status}


KIND = Kind(
    "custom-ssm",
    does="Runs an SSM Automation document of the team's own.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.SAME_AGAIN,
    actions=(*ACTIONS, _HANDED),
    carry_out=CustomSsmStep,
    by_hand=commands,
    needs=needs,
    back="Run the step's `undo` document, where it has one.",
    undo=undo,
)
