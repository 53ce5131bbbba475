"""Carry out a step kind of another package. Whatever goes wrong in it leaves as an error that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import Field, JsonValue

from dr_core.claim import Claim
from dr_core.custom.errand import Verb
from dr_core.custom.redaction import one_line
from dr_core.errors import DrError
from dr_core.plan import errands, plugins
from dr_core.plan.catalogue import PerRun, StepKind, StepObservation, observed
from dr_core.plan.errands import ErrandParams
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken
from dr_core.topology.custom import CustomPlugin


class PluginParams(ErrandParams):
    """What a plug-in's step holds: where and for what, and in `params` what `dr.yaml` gives it."""

    kind: str
    params: dict[str, JsonValue] = Field({})


def plan(move: Move, entry: CustomPlugin, after: tuple[str, ...]) -> Step:
    params = PluginParams(kind=entry.kind, params=entry.params, **errands.given(move, entry, Verb.ACT))
    with naming(entry.kind):
        kind = plugins.load(entry.kind)
    title = f"{entry.name}: {kind.does.rstrip('.')}, in {errands.region_of(move, entry)}"
    step = errands.placed(KIND, move, entry, title, params, after, kind.back or None)
    return step.model_copy(update={"plane": kind.plane})


def undo(taken: Taken) -> tuple[Step, ...] | Stays:
    """As the package says; one that only says it in words is taken back by people."""
    params = PluginParams.model_validate(taken.step.params)
    with naming(params.kind):
        kind = plugins.load(params.kind)
        if kind.undo is not None:
            return kind.undo(taken)
    return Stays(f"The package of {params.name} carries out no undo.", kind.back or "Ask those who wrote it.")


def needs(step: Step, account: str) -> tuple[Need, ...]:
    name = PluginParams.model_validate(step.params).kind
    with naming(name):
        kind = plugins.load(name)
        return kind.needs(step, account) if kind.needs else ()


def commands(step: Step) -> Recipe:
    name = PluginParams.model_validate(step.params).kind
    with naming(name):
        return plugins.load(name).by_hand(step)


@dataclass(frozen=True)
class CustomPluginStep(PerRun):
    """Whatever the plug-in does with the ports that it is given."""

    ports: Ports
    carriers: dict[str, StepKind] = field(default_factory=dict)

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        name = PluginParams.model_validate(step.params).kind
        with naming(name):
            seen = observed(self._carrier(name), step, claim)
            if not isinstance(seen, StepObservation):
                raise TypeError(f"observe answered a {type(seen).__name__}, and not a StepObservation")
            return seen

    def act(self, step: Step, claim: Claim) -> None:
        name = PluginParams.model_validate(step.params).kind
        with naming(name):
            self._carrier(name).act(step, claim)

    def _carrier(self, name: str) -> StepKind:
        """One for all looks: a plug-in may remember something between them."""
        if name not in self.carriers:
            self.carriers[name] = plugins.load(name).carry_out(self.ports)
        return self.carriers[name]


@contextmanager
def naming(name: str) -> Iterator[None]:
    """What a plug-in raises leaves as one of our errors. Its outcome is unknown: it may have done something before."""
    try:
        yield
    except DrError:
        raise
    except Exception as error:
        fault = plugins.PluginError(f"Plug-in {name} broke: {type(error).__name__}: {one_line(str(error), 160)}")
        fault.outcome_unknown = True
        raise fault from error


KIND = Kind(
    "custom-plugin",
    does="Carries out a step kind of another package.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.SAME_AGAIN,
    actions=(),
    carry_out=CustomPluginStep,
    by_hand=commands,
    needs=needs,
    back="As the package says.",
    undo=undo,
)
