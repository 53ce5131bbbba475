"""Take the writers away on the old side, and what would bring them back, so that two regions never write at once."""

import shlex
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import BRIEFLY, is_
from dr_core.capacity import by_hand
from dr_core.capacity.port import Scaling, capacity_name
from dr_core.capacity.sizes import at_work
from dr_core.claim import Claim
from dr_core.observation.model import CapacityState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S, Kind, Late, Need, Side
from dr_core.plan.kinds.scale_target import LOOKS, ScaleTo, at_work_again, needs_of, seen
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Capacity

FENCES = (
    *LOOKS[:5],
    "application-autoscaling:RegisterScalableTarget",
    "ecs:UpdateService",
    "autoscaling:SuspendProcesses",
    "autoscaling:UpdateAutoScalingGroup",
    "eks:UpdateNodegroupConfig",
)


# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html: the running count is of tasks that are
# RUNNING, and so not of those that are DEACTIVATING or STOPPING
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html).
STOPPING = "ECS does not count a task that is being stopped, which ends its work until its stopTimeout."
STAYS = "Instances that are in Standby, or protected from scale in, stay: end them by hand."


def plan(move: Move, entry: Capacity, after: tuple[str, ...]) -> Step:
    name = capacity_name(entry)
    tried = f", if it answers within {BEST_EFFORT_S:g} s" if move.forced else ""
    return KIND.step(
        move,
        f"Scale {name} in {move.source} to zero and keep it there, so that nothing writes there{tried}",
        ScaleTo(account=move.app.account, entry=entry, region=move.source, count=0),
        after=after,
        of=name,
        tried=move.forced,
        deadline_s=BEST_EFFORT_S if move.forced else None,
        undo=f"Scale {name} in {move.source} back to {at_work(entry)}",
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return needs_of(step, account, FENCES)


def commands(step: Step) -> Recipe:
    params = ScaleTo.model_validate(step.params)
    if step.best_effort:
        fence = " && ".join(by_hand.fence(params.entry, params.region, *BRIEFLY))
        unfenced = shlex.quote(f"{params.region} did not answer: it is unfenced")
        return Recipe(
            act=(f"(export AWS_MAX_ATTEMPTS=1; {fence}) || echo {unfenced}",),
            note="Tried once. A region that does not answer is not waited for.",
            stuck=f"Write down that {params.region} is unfenced, and do this as soon as it answers: until then it may "
            "write.",
        )
    return Recipe(
        act=by_hand.fence(params.entry, params.region),
        until=(is_(by_hand.left(params.entry, params.region), "0"),),
        stuck=STOPPING if params.entry.ecs else STAYS,
    )


@dataclass(frozen=True)
class FenceSource:
    """Done when nothing is asked for, nothing runs any more, and nothing would start by itself."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ScaleTo.model_validate(step.params)
        capacity = self.ports.of(params.account).capacity
        state, bounds = capacity.state(params.entry, params.region), capacity.bounds(params.entry, params.region)
        evidence = seen(state, bounds) | _lingers(state)
        told = f": {state.reason}" if state.reason else ""
        if state.changing:
            return StepObservation(Progress.UNDER_WAY, f"{_there(state)}{told}", evidence)
        if state.desired != 0:
            return StepObservation(Progress.ABSENT, f"{state.desired} are asked for", evidence)
        if bounds is not None and bounds.scaling is not Scaling.SUSPENDED:
            return StepObservation(Progress.ABSENT, f"automatic scaling is {bounds.scaling}", evidence)
        if state.running != 0 or state.lingering:
            return StepObservation(Progress.UNDER_WAY, f"{_there(state)}{told}", evidence)
        ends = f". {STOPPING}" if params.entry.ecs else ""
        return StepObservation(Progress.SATISFIED, f"nothing runs, and nothing starts by itself{ends}", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ScaleTo.model_validate(step.params)
        self.ports.of(params.account).capacity.fence(params.entry, params.region, claim)


def _there(state: CapacityState) -> str:
    """What may still write: instances drain, and wait for lifecycle hooks, after they have left the service."""
    return ", ".join((f"{state.running} still run", *(f"{count} {name}" for name, count in state.lingering.items())))


def _lingers(state: CapacityState) -> dict[str, JsonValue]:
    return {"lingering": dict(state.lingering)} if state.lingering else {}


KIND = Kind(
    "fence-source",
    does="Takes the source's writers away: its services go to zero, and automatic scaling is suspended.",
    segment=Segment.FENCE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.SAME_AGAIN,
    actions=FENCES,
    carry_out=FenceSource,
    by_hand=commands,
    needs=needs,
    back="Scale the source back to its working size.",
    undo=at_work_again,
)
