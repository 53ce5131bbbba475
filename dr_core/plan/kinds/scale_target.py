"""Bring the target up to its working size before anything else moves."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import at_least
from dr_core.capacity import by_hand
from dr_core.capacity.port import capacity_name
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Capacity, Sized

SCALE_S = 900.0
ACTIONS = ("ecs:UpdateService", "ecs:DescribeServices")
# Whoever overrides this goes on with less than the wanted capacity.
SHORT = "capacity-short"


class ScaleTo(Params):
    """An entry of the topology's `capacity` and the count it shall have."""

    entry: Capacity
    region: str
    count: int


def plan(move: Move, entry: Capacity) -> Step:
    size: Sized = entry.value
    name = capacity_name(entry)
    return KIND.step(
        move,
        f"Scale {name} in {move.target} to at least {size.active}",
        ScaleTo(account=move.app.account, entry=entry, region=move.target, count=size.active),
        of=name,
        tried=SHORT in move.overrides,
        undo=f"Scale {name} in {move.target} back to {size.standby}",
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = ScaleTo.model_validate(step.params)
    name = f"arn:aws:ecs:{params.region}:{account}:service/{capacity_name(params.entry)}"
    return tuple(Need(action, params.region, (name,)) for action in ACTIONS)


def commands(step: Step) -> Recipe:
    params = ScaleTo.model_validate(step.params)
    resize = by_hand.resize(params.entry, params.region, params.count)
    enough = at_least(by_hand.size(params.entry, params.region, "desiredCount"), params.count)
    return Recipe(
        act=(f"{enough} || {resize}",),
        until=(at_least(by_hand.size(params.entry, params.region, "runningCount"), params.count),),
        stuck="Where the region has no capacity, go on with what runs, and say that it is less.",
    )


@dataclass(frozen=True)
class ScaleTarget:
    """Done when at least the wanted count runs; never takes anything away."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ScaleTo.model_validate(step.params)
        state = self.ports.of(params.account).capacity.state(params.entry, params.region)
        desired, running = state.desired or 0, state.running or 0
        evidence: dict[str, JsonValue] = {"desired": state.desired, "running": state.running, "wanted": params.count}
        detail = f"{running} of {params.count} run, {desired} are asked for"
        if desired < params.count:
            return StepObservation(Progress.ABSENT, detail, evidence)
        progress = Progress.SATISFIED if running >= params.count else Progress.UNDER_WAY
        return StepObservation(progress, detail, evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ScaleTo.model_validate(step.params)
        self.ports.of(params.account).capacity.scale(params.entry, params.region, params.count)


KIND = Kind(
    "scale-target",
    does="Brings the target up to its working size.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=SCALE_S,
    late=Late.SAME_AGAIN,
    actions=ACTIONS,
    carry_out=ScaleTarget,
    by_hand=commands,
    needs=needs,
    back="Scale the target back to its standby size.",
)
