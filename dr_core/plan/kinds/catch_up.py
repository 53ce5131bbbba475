"""Wait until the target has everything, for a while and without a break, before anything is taken from the source."""

from dataclasses import dataclass
from datetime import timedelta

from dr_core.catch_up.judge import judge, reach_back
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, OnlyLooks, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step

PATIENCE_S = 3600.0
"""For how much longer than its hold it waits. Nothing was taken away yet: who waited in vain asks again."""
LOOK_S = 5.0
NOT_CAUGHT_UP = "not-caught-up"
"""The code by which a request goes home without waiting for this."""


class CatchUpFor(Params):
    application: str
    region: str
    hold: timedelta


def plan(move: Move, after: tuple[str, ...]) -> Step:
    hold_s = move.hold.total_seconds()
    return KIND.step(
        move,
        f"Wait until every store that gates has been within its objective towards {move.target} for {hold_s:g} s",
        CatchUpFor(application=move.application, region=move.target, hold=move.hold),
        after=after,
        deadline_s=hold_s + PATIENCE_S,
    )


def commands(step: Step) -> Recipe:
    params = CatchUpFor.model_validate(step.params)
    return Recipe(
        note=f"Look at the lag towards {params.region} in CloudWatch, store by store. Go on when each has been within "
        f"its objective for {params.hold.total_seconds():g} s without a break.",
        stuck="Nothing was taken away yet. Find out why it does not catch up before you go on. A new request with "
        f"--override {NOT_CAUGHT_UP} goes home without waiting.",
    )


@dataclass(frozen=True)
class CatchUp(OnlyLooks):
    """Done when the samples of all workers say so. Nothing is remembered here, so that a restart loses no time."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = CatchUpFor.model_validate(step.params)
        if self.ports.tracks is None:
            raise RejectedError("There is no store here to read the measurements from.")
        track = self.ports.tracks.track(params.application, params.region, reach_back(params.hold))
        found = judge(track, params.hold)
        progress = Progress.SATISFIED if found.caught_up else Progress.UNDER_WAY
        eta_s = LOOK_S if found.left_s is None else min(LOOK_S, max(1.0, found.left_s))
        return StepObservation(progress, found.why, found.evidence, eta_s=eta_s)


KIND = Kind(
    "catch-up",
    does="Waits, on the way home, until the target has been within the objectives for the whole hold.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    # What was measured is read from the product's own store.
    home=None,
    plane=Plane.DATA,
    deadline_s=PATIENCE_S,
    late=Late.NOTHING,
    actions=(),
    carry_out=CatchUp,
    by_hand=commands,
)
