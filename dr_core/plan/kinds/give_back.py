"""Remove the take-over object of the old side, so that its health check stops sending traffic there."""

from dataclasses import dataclass

from dr_core.aws.cli import BRIEFLY, is_, tried
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S, Kind, Late, Need, Side
from dr_core.plan.kinds.take_over import TAKEOVER_S, Takeover, objects
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.traffic import StandbyTakesOver
from dr_core.traffic import by_hand


def plan(move: Move, switch: StandbyTakesOver, after: tuple[str, ...]) -> Step:
    there = f"s3://{switch.bucket[move.source]}/{switch.key}"
    return KIND.step(
        move,
        f"Delete the take-over object {there}: "
        f"health check {switch.health_check} stops sending traffic to {move.source}",
        Takeover(account=move.app.account, switch=switch, region=move.source),
        after=after,
        of=move.source,
        # An object that cannot be read any more does not take over either: a dead region gives back by itself.
        tried=move.forced,
        deadline_s=BEST_EFFORT_S if move.forced else None,
        undo=f"Put {there} again",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    """Put again where it was deleted; one that was never there has sent nobody."""
    params = Takeover.model_validate(taken.step.params)
    if taken.found is None:
        return ()
    there = f"s3://{params.switch.bucket[params.region]}/{params.switch.key}"
    title = f"Put the take-over object {there} again: it sends traffic to {params.region}"
    return (taken.make("take-over", title, params, of=params.region),)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return objects(step, KIND.actions)


def commands(step: Step) -> Recipe:
    params = Takeover.model_validate(step.params)
    if step.best_effort:
        delete = by_hand.delete_object(params.switch, params.region, *BRIEFLY)
        return Recipe(
            act=(tried(delete, f"{params.region} did not answer: its take-over object may still be there"),),
            note="Tried once: an object that nobody can read does not take over either.",
            stuck=f"Write it down, and do this as soon as {params.region} answers: the object would bring users back.",
        )
    return Recipe(
        act=(by_hand.delete_object(params.switch, params.region),),
        until=(is_(by_hand.count_objects(params.switch, params.region), "0"),),
    )


@dataclass(frozen=True)
class GiveBack:
    """Done when the object is gone."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Takeover.model_validate(step.params)
        there = self.ports.of(params.account).takeover.taken_over(params.switch, params.region)
        if there:
            return StepObservation(Progress.ABSENT, "the take-over object is still there", {"present": True})
        return StepObservation(Progress.SATISFIED, "the take-over object is gone", {"present": False})

    def act(self, step: Step, claim: Claim) -> None:
        params = Takeover.model_validate(step.params)
        self.ports.of(params.account).takeover.give_back(params.switch, params.region, claim)


KIND = Kind(
    "give-back",
    does="Deletes the object that sends traffic to the source.",
    segment=Segment.SWITCH,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.DATA,
    deadline_s=TAKEOVER_S,
    late=Late.REFUSED,
    # A conditional delete (If-Match) is allowed to nobody who may not read the object.
    actions=("s3:DeleteObject", "s3:GetObject", "s3:ListBucket"),
    carry_out=GiveBack,
    by_hand=commands,
    needs=needs,
    back="Put the object again.",
    undo=undo,
)
