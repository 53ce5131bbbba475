"""Take the writers away on the old side, so that two regions never write at once."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.capacity import by_hand
from dr_core.capacity.port import capacity_name
from dr_core.plan import deadlines
from dr_core.plan.catalogue import Claim, Progress, StepObservation
from dr_core.plan.kinds.scale_target import ScaleTo
from dr_core.plan.move import Move, slug
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import BRIEFLY, Recipe, is_, tried
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.model import Capacity, Sized

KIND = "fence-source"


def plan(move: Move, entry: Capacity, after: tuple[str, ...]) -> Step:
    size: Sized = entry.value
    name = capacity_name(entry)
    tried = f", if it answers within {deadlines.BEST_EFFORT_S:g} s" if move.forced else ""
    return Step(
        name=f"{KIND}-{slug(name)}",
        kind=KIND,
        title=f"Scale {name} in {move.source} to zero, so that nothing writes there{tried}",
        after=after,
        segment=Segment.FENCE,
        region=move.source,
        home_region=move.source,
        plane=Plane.CONTROL,
        params=ScaleTo(account=move.app.account, entry=entry, region=move.source, count=0).stored(),
        best_effort=move.forced,
        deadline_s=deadlines.BEST_EFFORT_S if move.forced else deadlines.FENCE_S,
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
