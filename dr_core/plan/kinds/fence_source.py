"""Take the writers away on the old side, so that two regions never write at once."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import BRIEFLY, is_, tried
from dr_core.capacity import by_hand
from dr_core.capacity.port import capacity_name
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S, Kind, Late, Side
from dr_core.plan.kinds.scale_target import ACTIONS, ScaleTo, needs
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Capacity, Sized


def plan(move: Move, entry: Capacity, after: tuple[str, ...]) -> Step:
    size: Sized = entry.value
    name = capacity_name(entry)
    tried = f", if it answers within {BEST_EFFORT_S:g} s" if move.forced else ""
    return KIND.step(
        move,
        f"Scale {name} in {move.source} to zero, so that nothing writes there{tried}",
        ScaleTo(account=move.app.account, entry=entry, region=move.source, count=0),
        after=after,
        of=name,
        tried=move.forced,
        deadline_s=BEST_EFFORT_S if move.forced else None,
        undo=f"Scale {name} in {move.source} back to {size.active}",
    )


def commands(step: Step) -> Recipe:
    params = ScaleTo.model_validate(step.params)
    if step.best_effort:
        resize = by_hand.resize(params.entry, params.region, 0, *BRIEFLY)
        return Recipe(
            act=(tried(resize, f"{params.region} did not answer: it is unfenced"),),
            note="Tried once. A region that does not answer is not waited for.",
            stuck=f"Write down that {params.region} is unfenced, and do this as soon as it answers: until then it may "
            "write.",
        )
    return Recipe(
        act=(by_hand.resize(params.entry, params.region, 0),),
        until=(is_(by_hand.size(params.entry, params.region, "runningCount"), "0"),),
    )


@dataclass(frozen=True)
class FenceSource:
    """Done when nothing is asked for and nothing runs any more."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ScaleTo.model_validate(step.params)
        state = self.ports.of(params.account).capacity.state(params.entry, params.region)
        evidence: dict[str, JsonValue] = {"desired": state.desired, "running": state.running}
        if state.desired != 0:
            return StepObservation(Progress.ABSENT, f"{state.desired} are asked for", evidence)
        if state.running != 0:
            return StepObservation(Progress.UNDER_WAY, f"{state.running} still run", evidence)
        return StepObservation(Progress.SATISFIED, "nothing runs", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ScaleTo.model_validate(step.params)
        self.ports.of(params.account).capacity.scale(params.entry, params.region, 0)


KIND = Kind(
    "fence-source",
    does="Takes the source's writers away: its services go to zero.",
    segment=Segment.FENCE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.SAME_AGAIN,
    actions=ACTIONS,
    carry_out=FenceSource,
    by_hand=commands,
    needs=needs,
    back="Scale the source back to its working size.",
)
