"""Check that the target's own health endpoint says so."""

from dataclasses import dataclass

from dr_core.plan.catalogue import StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, OnlyLooks, Side
from dr_core.plan.kinds.verify_write import ProbeAt, seen
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.verify import by_hand


def plan(move: Move, url: str, after: tuple[str, ...]) -> Step:
    return KIND.step(
        move,
        f"Verify that {url} says that {move.target} is healthy",
        ProbeAt(url=url, target=move.target),
        after=after,
        of=url.partition("://")[2],
    )


def commands(step: Step) -> Recipe:
    params = ProbeAt.model_validate(step.params)
    return Recipe(until=(by_hand.healthy(params.url),), show=(by_hand.get(params.url),))


@dataclass(frozen=True)
class VerifyHealth(OnlyLooks):
    """Done when the endpoint is healthy and does not name another region."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ProbeAt.model_validate(step.params)
        result = self.ports.probe.health(params.url)
        return seen(result, done=result.ok and result.region in (None, params.target))


KIND = Kind(
    "verify-health",
    does="Waits until the target's health endpoint answers well.",
    segment=Segment.VERIFY,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.DATA,
    deadline_s=VERIFY_S,
    late=Late.NOTHING,
    actions=(),
    carry_out=VerifyHealth,
    by_hand=commands,
)
