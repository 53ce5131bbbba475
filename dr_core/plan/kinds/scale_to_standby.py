"""Give the old side the size of a standby, once the new side is verified."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import is_
from dr_core.capacity import by_hand
from dr_core.capacity.port import capacity_name
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Side
from dr_core.plan.kinds.scale_target import ACTIONS, SCALE_S, ScaleTo, needs
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Capacity, Sized


def plan(move: Move, entry: Capacity, after: tuple[str, ...]) -> Step:
    size: Sized = entry.value
    name = capacity_name(entry)
    return KIND.step(
        move,
        f"Scale {name} in {move.source} to {size.standby}: it is a standby now",
        ScaleTo(account=move.app.account, entry=entry, region=move.source, count=size.standby),
        after=after,
        of=name,
        undo=f"Scale {name} in {move.source} to zero",
    )


def commands(step: Step) -> Recipe:
    params = ScaleTo.model_validate(step.params)
    return Recipe(
        act=(by_hand.resize(params.entry, params.region, params.count),),
        until=(is_(by_hand.size(params.entry, params.region, "runningCount"), str(params.count)),),
        stuck="Nothing waits for this: the application works in its new region.",
    )


@dataclass(frozen=True)
class ScaleToStandby:
    """Done when exactly the standby's count is asked for and runs."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ScaleTo.model_validate(step.params)
        state = self.ports.of(params.account).capacity.state(params.entry, params.region)
        evidence: dict[str, JsonValue] = {"desired": state.desired, "running": state.running, "wanted": params.count}
        detail = f"{state.running} of {params.count} run"
        if state.desired != params.count:
            return StepObservation(Progress.ABSENT, f"{detail}, {state.desired} are asked for", evidence)
        progress = Progress.SATISFIED if state.running == params.count else Progress.UNDER_WAY
        return StepObservation(progress, detail, evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ScaleTo.model_validate(step.params)
        self.ports.of(params.account).capacity.scale(params.entry, params.region, params.count)


KIND = Kind(
    "scale-to-standby",
    does="Brings the old side to its standby size.",
    segment=Segment.SETTLE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=SCALE_S,
    late=Late.SAME_AGAIN,
    actions=ACTIONS,
    carry_out=ScaleToStandby,
    by_hand=commands,
    needs=needs,
    back="Scale it to zero again.",
)
