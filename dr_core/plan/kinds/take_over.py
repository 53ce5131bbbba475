"""Switch traffic to a standby by its take-over object: needs neither the failed region nor us-east-1."""

from dataclasses import dataclass

from dr_core.plan import deadlines
from dr_core.plan.catalogue import Claim, Progress, StepObservation
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe, is_
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.model import StandbyTakesOver
from dr_core.traffic import by_hand

KIND = "take-over"


class Takeover(Params):
    switch: StandbyTakesOver
    region: str


def plan(move: Move, switch: StandbyTakesOver, after: tuple[str, ...]) -> Step:
    there = f"s3://{switch.bucket[move.target]}/{switch.key}"
    return Step(
        name=f"{KIND}-{move.target}",
        kind=KIND,
        title=f"Put the take-over object {there}: health check {switch.health_check} sends traffic to {move.target}",
        after=after,
        segment=Segment.SWITCH,
        region=move.target,
        home_region=move.target,
        plane=Plane.DATA,
        params=Takeover(account=move.app.account, switch=switch, region=move.target).stored(),
        deadline_s=deadlines.TAKEOVER_S,
        undo=f"Delete {there}",
    )


def commands(step: Step) -> Recipe:
    params = Takeover.model_validate(step.params)
    return Recipe(
        act=(by_hand.put_object(params.switch, params.region),),
        until=(is_(by_hand.count_objects(params.switch, params.region), "1"),),
        note="An empty object is enough: only whether it is there counts.",
    )


@dataclass(frozen=True)
class TakeOver:
    """Done when the object is there; that DNS follows is what verification asks."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Takeover.model_validate(step.params)
        there = self.ports.of(params.account).takeover.taken_over(params.switch, params.region)
        if there:
            return StepObservation(Progress.SATISFIED, "the take-over object is there", {"present": True})
        return StepObservation(Progress.ABSENT, "the take-over object is not there", {"present": False})

    def act(self, step: Step, claim: Claim) -> None:
        params = Takeover.model_validate(step.params)
        self.ports.of(params.account).takeover.take_over(params.switch, params.region, claim)
