"""Say how the target's parameters differ; in forced mode nothing is copied from a region in trouble."""

from dataclasses import dataclass

from dr_core.parameters import by_hand
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, OnlyLooks, Side
from dr_core.plan.kinds.sync_parameters import ParameterPaths, observed_drift, paths_of, reads
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step


def plan(move: Move) -> Step:
    params = paths_of(move)
    return KIND.step(
        move,
        f"Compare parameters under {', '.join(params.paths)} in {move.target} with {move.source}; change nothing",
        params,
        tried=True,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return reads(ParameterPaths.model_validate(step.params), account)


def commands(step: Step) -> Recipe:
    params = ParameterPaths.model_validate(step.params)
    return Recipe(
        show=tuple(line for path in params.paths for line in by_hand.names(path, params.target)),
        note=f"Prints the names that {params.target} has. Nothing is copied from a region in trouble.",
        stuck="Nothing waits for this.",
    )


@dataclass(frozen=True)
class CompareParameters(OnlyLooks):
    """Done when both sides were read; what differs is evidence, not a failure."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        found = observed_drift(self.ports, ParameterPaths.model_validate(step.params))
        return StepObservation(Progress.SATISFIED, found.sentence, found.evidence)


KIND = Kind(
    "compare-parameters",
    does="Names the parameters that differ between the regions.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    # It changes nothing, so that the gates must not wait long for a region that does not answer.
    deadline_s=5.0,
    late=Late.NOTHING,
    actions=("ssm:GetParametersByPath", "ssm:GetParameters"),
    carry_out=CompareParameters,
    by_hand=commands,
    needs=needs,
)
