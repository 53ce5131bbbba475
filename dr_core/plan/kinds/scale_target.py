"""Bring the target up to its working size before anything else moves."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.capacity import by_hand
from dr_core.capacity.actions import actions_on
from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.capacity.sizes import at_work, enough, waiting, writes
from dr_core.claim import Claim
from dr_core.observation.model import CapacityState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken, count_in
from dr_core.topology.capacity import Capacity

SCALE_S = 900.0
LOOKS = (
    "ecs:DescribeServices",
    "application-autoscaling:DescribeScalableTargets",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeScalingActivities",
    "eks:DescribeNodegroup",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
)
GROWS = (
    *LOOKS,
    "application-autoscaling:RegisterScalableTarget",
    "ecs:UpdateService",
    "autoscaling:ResumeProcesses",
    "autoscaling:UpdateAutoScalingGroup",
    "eks:UpdateNodegroupConfig",
    "rds:CreateDBInstance",
)
# Whoever overrides this goes on with less than the wanted capacity.
SHORT = "capacity-short"


class ScaleTo(Params):
    """An entry of the topology's `capacity` and the count it shall have."""

    entry: Capacity
    region: str
    count: int


def plan(move: Move, entry: Capacity, after: tuple[str, ...] = ()) -> Step:
    """What need not run before the source is fenced holds nothing up, and is only tried."""
    name = capacity_name(entry)
    return KIND.step(
        move,
        f"Scale {name} in {move.target} to at least {at_work(entry)}",
        ScaleTo(account=move.app.account, entry=entry, region=move.target, count=at_work(entry)),
        after=after,
        of=name,
        tried=SHORT in move.overrides or not holds(move, entry),
        undo=f"Scale {name} in {move.target} back to {waiting(entry)}",
    )


def holds(move: Move, entry: Capacity) -> bool:
    """Whether the source is fenced only when the whole size runs in the target; a headless one needs an instance."""
    return enough(entry, forced=move.forced) == at_work(entry) or waiting(entry) == 0


def undo(taken: Taken) -> tuple[Step, ...]:
    """The count before. An application that goes back is fenced here first, as by any planned request."""
    params = ScaleTo.model_validate(taken.step.params)
    entry, name = params.entry, capacity_name(params.entry)
    desired = count_in(taken.before, "desired")
    count = waiting(entry) if desired is None else desired
    # Where the application never left, nothing waits for its standby.
    title = f"Scale {name} in {params.region} to {count}, as it was before"
    at_rest = taken.make(
        "scale-to-standby", title, params.model_copy(update={"count": count}), of=name, tried=not taken.moved
    )
    if not (taken.moved and writes(entry)):
        return (at_rest,)
    title = f"Scale {name} in {params.region} to zero, so that nothing writes there"
    fence = taken.make("fence-source", title, params.model_copy(update={"count": 0}), of=name)
    return (fence, at_rest) if count else (fence,)


def sized(step: Step) -> tuple[str, str]:
    """What a step of any kind that scales gives a size to, as it is observed: its name, and its region."""
    params = ScaleTo.model_validate(step.params)
    return capacity_name(params.entry), params.region


def at_work_again(taken: Taken) -> tuple[Step, ...]:
    """For kinds that take a count away from the source: the count before, and no less than it needs to work there,
    which the gates ask for too."""
    params = ScaleTo.model_validate(taken.step.params)
    name = capacity_name(params.entry)
    found = count_in(taken.before, "desired")
    if found == 0 and not taken.moved:
        return ()
    count = max(found or 0, at_work(params.entry))
    title = f"Scale {name} in {params.region} to at least {count} again"
    return (taken.make("scale-target", title, params.model_copy(update={"count": count}), of=name),)


def needs_of(step: Step, account: str, actions: tuple[str, ...]) -> tuple[Need, ...]:
    """Those of `actions` that the step's kind of capacity has."""
    params = ScaleTo.model_validate(step.params)
    found = actions_on(params.entry, params.region, account)
    return tuple(Need(action, params.region, found[action]) for action in actions if action in found)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return needs_of(step, account, GROWS)


def commands(step: Step) -> Recipe:
    params = ScaleTo.model_validate(step.params)
    return Recipe(
        act=by_hand.grow(params.entry, params.region, params.count),
        until=(by_hand.at_least_running(params.entry, params.region, params.count),),
        stuck="Where the region has no capacity, go on with what runs, and say that it is less.",
    )


def seen(state: CapacityState, bounds: Bounds | None) -> dict[str, JsonValue]:
    """The evidence of every look at a size."""
    found: dict[str, JsonValue] = {"desired": state.desired, "running": state.running}
    if bounds is not None:
        found |= {"least": bounds.least, "most": bounds.most, "scaling": bounds.scaling.value}
    return found | ({"told": state.reason} if state.reason else {})


@dataclass(frozen=True)
class ScaleTarget:
    """Done when at least the wanted count runs and nothing scales it in again; never takes anything away."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ScaleTo.model_validate(step.params)
        capacity = self.ports.of(params.account).capacity
        state, bounds = capacity.state(params.entry, params.region), capacity.bounds(params.entry, params.region)
        desired, running = state.desired or 0, state.running or 0
        evidence = seen(state, bounds) | {"wanted": params.count}
        detail = f"{running} of {params.count} run, {desired} are asked for"
        if running < params.count and state.reason:
            detail = f"{detail}: {state.reason}"
        if state.changing:
            return StepObservation(Progress.UNDER_WAY, detail, evidence)
        if desired < params.count:
            return StepObservation(Progress.ABSENT, detail, evidence)
        if bounds is not None and (bounds.scaling is not Scaling.ON or bounds.least < params.count):
            free = f"automatic scaling is {bounds.scaling} from {bounds.least} to {bounds.most}"
            return StepObservation(Progress.ABSENT, f"{detail}; {free}", evidence)
        progress = Progress.SATISFIED if running >= params.count else Progress.UNDER_WAY
        return StepObservation(progress, detail, evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ScaleTo.model_validate(step.params)
        self.ports.of(params.account).capacity.grow(params.entry, params.region, params.count, claim)


KIND = Kind(
    "scale-target",
    does="Brings the target up to its working size, and keeps automatic scaling from going below it.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=SCALE_S,
    late=Late.SAME_AGAIN,
    actions=GROWS,
    carry_out=ScaleTarget,
    by_hand=commands,
    needs=needs,
    back="Scale the target back to its standby size.",
    undo=undo,
)
