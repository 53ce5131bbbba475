"""Switch a feature on, by a parameter in the region of the step; docs/custom-steps.md goes through this file."""

from dataclasses import dataclass

from pydantic import BaseModel

from dr_core.aws.cli import asked, aws, is_
from dr_core.aws.faults import aws_errors, is_gone
from dr_core.claim import Claim
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.errands import turned
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.kinds.custom_plugin import PluginParams
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken


class Feature(BaseModel):
    """What `params` holds in dr.yaml."""

    parameter: str
    value: str = "on"


def read(step: Step) -> tuple[PluginParams, Feature]:
    given = PluginParams.model_validate(step.params)
    return given, Feature.model_validate(given.params)


@dataclass(frozen=True)
class SwitchFeature:
    """Done when the parameter has the value: the world is asked, so that any process can tell."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        given, feature = read(step)
        client = self.ports.of(given.account).clients("ssm", given.region)
        try:
            with aws_errors("ssm", given.region, "GetParameter"):
                value = client.get_parameter(Name=feature.parameter)["Parameter"]["Value"]
        except RejectedError as error:
            if not is_gone(error):
                raise
            value = None
        progress = Progress.SATISFIED if value == feature.value else Progress.ABSENT
        return StepObservation(progress, f"{feature.parameter} is {value}", {"value": value})

    def act(self, step: Step, claim: Claim) -> None:
        given, feature = read(step)
        client = self.ports.of(given.account).clients("ssm", given.region)
        with aws_errors("ssm", given.region, "PutParameter"):
            client.put_parameter(Name=feature.parameter, Value=feature.value, Type="String", Overwrite=True)


def commands(step: Step) -> Recipe:
    """The same by hand, for the runbook."""
    given, feature = read(step)
    put = ("--name", feature.parameter, "--value", feature.value, "--type", "String", "--overwrite")
    value = aws("ssm", "get-parameter", "--name", feature.parameter, *asked("Parameter.Value"), region=given.region)
    return Recipe(act=(aws("ssm", "put-parameter", *put, region=given.region),), until=(is_(value, feature.value),))


def undo(taken: Taken) -> tuple[Step, ...] | Stays:
    """The value that was there before, as `observe` has told it; the same kind puts it."""
    given, feature = read(taken.step)
    value = taken.before.get("value")
    if not isinstance(value, str):
        return Stays(f"{feature.parameter} was not there before.", "Delete it where nothing reads it.")
    title = f"{given.name}: put {feature.parameter} back to {value}"
    return turned(taken, title, given.model_copy(update={"params": {**given.params, "value": value}}))


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """The permissions, for preflight."""
    given, feature = read(step)
    arn = f"arn:aws:ssm:{given.region}:{account}:parameter/{feature.parameter.lstrip('/')}"
    return tuple(Need(action, given.region, (arn,)) for action in KIND.actions)


KIND = Kind(
    "feature",
    does="Switches a feature on.",
    segment=Segment.SWITCH,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=60.0,
    late=Late.SAME_AGAIN,
    actions=("ssm:PutParameter", "ssm:GetParameter"),
    carry_out=SwitchFeature,
    by_hand=commands,
    needs=needs,
    back="Put the value that was there before.",
    undo=undo,
)
