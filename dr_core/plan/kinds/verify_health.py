"""Check that the target's own health endpoint says so."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.plan import deadlines
from dr_core.plan.catalogue import Claim, Progress, StepObservation
from dr_core.plan.kinds.verify_write import ProbeAt
from dr_core.plan.move import Move, slug
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.verify import by_hand

KIND = "verify-health"


def plan(move: Move, url: str, after: tuple[str, ...]) -> Step:
    return Step(
        name=f"{KIND}-{slug(url.partition('://')[2])}",
        kind=KIND,
        title=f"Verify that {url} says that {move.target} is healthy",
        after=after,
        segment=Segment.VERIFY,
        region=move.target,
        home_region=move.target,
        plane=Plane.DATA,
        params=ProbeAt(url=url, target=move.target).stored(),
        deadline_s=deadlines.VERIFY_S,
    )


def commands(step: Step) -> Recipe:
    params = ProbeAt.model_validate(step.params)
    return Recipe(until=(by_hand.healthy(params.url),), show=(by_hand.get(params.url),))


@dataclass(frozen=True)
class VerifyHealth:
    """Done when the endpoint is healthy and does not name another region."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ProbeAt.model_validate(step.params)
        result = self.ports.probe.health(params.url)
        evidence: dict[str, JsonValue] = {
            "region": result.region,
            "latency_ms": result.latency_ms,
            "detail": result.detail,
        }
        done = result.ok and result.region in (None, params.target)
        return StepObservation(Progress.SATISFIED if done else Progress.UNDER_WAY, result.detail, evidence, eta_s=2.0)

    def act(self, step: Step, claim: Claim) -> None:
        """Nothing to start: observing is all of it."""
