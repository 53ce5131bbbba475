"""Check what counts: a write through the public name, read back, answered by the target."""

import secrets
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, OnlyLooks, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.verify import by_hand
from dr_core.verify.port import ProbeResult


class ProbeAt(Params):
    """`among`: where several regions serve, any of these may answer; None: the target alone."""

    url: str
    target: str
    among: tuple[str, ...] | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        return self.among or (self.target,)


def plan(move: Move, url: str, after: tuple[str, ...], *, among: tuple[str, ...] | None = None) -> Step:
    taken_by = " or ".join(among or (move.target,))
    return KIND.step(
        move,
        f"Verify that a write through {url} is taken by {taken_by} and can be read back",
        ProbeAt(url=url, target=move.target, among=among),
        after=after,
        of=url.partition("://")[2],
    )


def commands(step: Step) -> Recipe:
    params = ProbeAt.model_validate(step.params)
    return Recipe(
        act=(by_hand.NEW,),
        until=(by_hand.written(params.url, *params.regions), by_hand.read_back(params.url, *params.regions)),
        note="This is what counts: a write through the public name that the new region took and gives back.",
        stuck="Where another region answers, DNS has not moved for you yet: wait for the TTL, or ask from elsewhere.",
    )


def seen(result: ProbeResult, *, done: bool) -> StepObservation:
    """What a probe found; one that did not succeed yet is tried again."""
    evidence: dict[str, JsonValue] = {
        "region": result.region,
        "latency_ms": result.latency_ms,
        "detail": result.detail,
    }
    return StepObservation(Progress.SATISFIED if done else Progress.UNDER_WAY, result.detail, evidence, eta_s=2.0)


@dataclass(frozen=True)
class VerifyWrite(OnlyLooks):
    """Every look writes a new token: an old one that is read back proves nothing about now."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = ProbeAt.model_validate(step.params)
        result = self.ports.probe.write_and_read(params.url, f"dr-{secrets.token_hex(8)}")
        return seen(result, done=result.ok and result.region in params.regions)


KIND = Kind(
    "verify-write",
    does="Writes through the public name and reads it back from the target.",
    segment=Segment.VERIFY,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.DATA,
    deadline_s=VERIFY_S,
    late=Late.SAME_AGAIN,
    actions=(),
    carry_out=VerifyWrite,
    by_hand=commands,
)
