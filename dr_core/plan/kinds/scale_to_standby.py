"""Give the old side the size of a standby, once the new side is verified."""

from dataclasses import dataclass

from dr_core.capacity import by_hand
from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.capacity.sizes import waiting, writes
from dr_core.claim import Claim
from dr_core.observation.model import CapacityState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.kinds.scale_target import GROWS, SCALE_S, ScaleTo, at_work_again, needs_of, seen
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Capacity

RESTS = (*GROWS, "rds:DeleteDBInstance")


def plan(move: Move, entry: Capacity, after: tuple[str, ...]) -> Step:
    name, count = capacity_name(entry), waiting(entry)
    undo = f"Scale {name} in {move.source} to zero" if writes(entry) else f"Make readers of it in {move.source} again"
    return KIND.step(
        move,
        f"Scale {name} in {move.source} to {count}: it is a standby now",
        ScaleTo(account=move.app.account, entry=entry, region=move.source, count=count),
        after=after,
        of=name,
        undo=undo,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return needs_of(step, account, RESTS)


def commands(step: Step) -> Recipe:
    params = ScaleTo.model_validate(step.params)
    return Recipe(
        act=by_hand.stand_by(params.entry, params.region, params.count),
        until=(by_hand.at_rest(params.entry, params.region, params.count),),
        stuck="Nothing waits for this: the application works in its new region.",
    )


@dataclass(frozen=True)
class ScaleToStandby:
    """Done when exactly the standby's count is asked for and runs; what is not ours to take away stays."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ScaleTo.model_validate(step.params)
        capacity = self.ports.of(params.account).capacity
        state, bounds = capacity.state(params.entry, params.region), capacity.bounds(params.entry, params.region)
        wanted = max(params.count, state.kept)
        evidence = seen(state, bounds) | {"wanted": params.count, "kept": state.kept}
        detail = f"{state.running} of {params.count} run"
        if state.kept > params.count:
            detail = f"{detail}; {state.kept} were not made by this product and stay"
        if state.changing:
            return StepObservation(Progress.UNDER_WAY, f"{detail}: {state.reason}", evidence)
        if state.desired != wanted:
            return StepObservation(Progress.ABSENT, f"{detail}, {state.desired} are asked for", evidence)
        if not _rests(bounds, params.count):
            return StepObservation(Progress.ABSENT, f"{detail}; automatic scaling is not that of a standby", evidence)
        return StepObservation(_progress(state, wanted), detail, evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ScaleTo.model_validate(step.params)
        self.ports.of(params.account).capacity.stand_by(params.entry, params.region, params.count, claim)


def _rests(bounds: Bounds | None, count: int) -> bool:
    return bounds is None or (bounds.scaling is Scaling.ON and bounds.least == count)


def _progress(state: CapacityState, wanted: int) -> Progress:
    return Progress.SATISFIED if state.running == wanted else Progress.UNDER_WAY


KIND = Kind(
    "scale-to-standby",
    does="Brings the old side to its standby size, and automatic scaling to a standby's least.",
    segment=Segment.SETTLE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=SCALE_S,
    late=Late.SAME_AGAIN,
    actions=RESTS,
    carry_out=ScaleToStandby,
    by_hand=commands,
    needs=needs,
    back="Scale it back to what it was.",
    undo=at_work_again,
)
