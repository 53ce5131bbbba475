"""Check what counts: a write through the public name, read back, answered by the target."""

import secrets
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.plan import deadlines
from dr_core.plan.catalogue import Claim, Progress, StepObservation
from dr_core.plan.move import Move, Params, slug
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.verify import by_hand

KIND = "verify-write"


class ProbeAt(Params):
    url: str
    target: str


def plan(move: Move, url: str, after: tuple[str, ...]) -> Step:
    return Step(
        name=f"{KIND}-{slug(url.partition('://')[2])}",
        kind=KIND,
        title=f"Verify that a write through {url} is taken by {move.target} and can be read back",
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
    return Recipe(
        act=(by_hand.NEW,),
        until=(by_hand.written(params.url, params.target), by_hand.read_back(params.url, params.target)),
        note="This is what counts: a write through the public name that the new region took and gives back.",
        stuck="Where another region answers, DNS has not moved for you yet: wait for the TTL, or ask from elsewhere.",
    )


@dataclass(frozen=True)
class VerifyWrite:
    """Every look writes a new token: an old one that is read back proves nothing about now."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ProbeAt.model_validate(step.params)
        result = self.ports.probe.write_and_read(params.url, f"dr-{secrets.token_hex(8)}")
        evidence: dict[str, JsonValue] = {
            "region": result.region,
            "latency_ms": result.latency_ms,
            "detail": result.detail,
        }
        done = result.ok and result.region == params.target
        return StepObservation(Progress.SATISFIED if done else Progress.UNDER_WAY, result.detail, evidence, eta_s=2.0)

    def act(self, step: Step, claim: Claim) -> None:
        """Nothing to start: observing is all of it."""
