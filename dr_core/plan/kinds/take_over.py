"""Switch traffic to a standby by its take-over object: needs neither the failed region nor us-east-1."""

from dataclasses import dataclass

from dr_core.aws.cli import is_
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.traffic import StandbyTakesOver
from dr_core.traffic import by_hand

TAKEOVER_S = 60.0


class Takeover(Params):
    switch: StandbyTakesOver
    region: str


def plan(move: Move, switch: StandbyTakesOver, after: tuple[str, ...]) -> Step:
    there = f"s3://{switch.bucket[move.target]}/{switch.key}"
    return KIND.step(
        move,
        f"Put the take-over object {there}: health check {switch.health_check} sends traffic to {move.target}",
        Takeover(account=move.app.account, switch=switch, region=move.target),
        after=after,
        of=move.target,
        undo=f"Delete {there}",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    params = Takeover.model_validate(taken.step.params)
    there = f"s3://{params.switch.bucket[params.region]}/{params.switch.key}"
    title = f"Delete the take-over object {there}, so that nothing sends traffic to {params.region} any more"
    return (taken.make("give-back", title, params, of=params.region),)


def objects(step: Step, actions: tuple[str, ...]) -> tuple[Need, ...]:
    """Each action on the object, but for the listing, which is of its bucket."""
    params = Takeover.model_validate(step.params)
    bucket = f"arn:aws:s3:::{params.switch.bucket[params.region]}"
    there = f"{bucket}/{params.switch.key}"
    return tuple(Need(one, params.region, (bucket if one == "s3:ListBucket" else there,)) for one in actions)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return objects(step, KIND.actions)


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


KIND = Kind(
    "take-over",
    does="Puts the object that makes an inverted health check send traffic to the target.",
    segment=Segment.SWITCH,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.DATA,
    deadline_s=TAKEOVER_S,
    late=Late.REFUSED,
    actions=("s3:PutObject", "s3:ListBucket"),
    carry_out=TakeOver,
    by_hand=commands,
    needs=needs,
    back="Delete the object.",
    undo=undo,
)
