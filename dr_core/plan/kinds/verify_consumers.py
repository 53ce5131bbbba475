"""Check the invariant of consumers: the target consumes, and no other region does."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import BRIEFLY, tried
from dr_core.consumers import by_hand
from dr_core.consumers.actions import READS
from dr_core.consumers.port import consumer_name, in_words
from dr_core.errors import DrError
from dr_core.observation.model import Flow
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, Need, OnlyLooks, Side
from dr_core.plan.kinds.stop_consumers import Consuming, needed
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Consumer

# In a forced run an old side that has come back is stopped only after the run: this is then verified late, too.
FORCED_S = 60.0
# Whoever overrides this leaves another region than the source and the target as it is.
ELSEWHERE = "consumed-elsewhere"


class Sole(Consuming):
    """`others`: the regions that must not consume."""

    others: tuple[str, ...]


def plan(move: Move, entry: Consumer, after: tuple[str, ...]) -> Step:
    others = tuple(region for region in move.app.regions if region != move.target)
    return KIND.step(
        move,
        f"Verify that {move.target} alone consumes by {in_words(entry)}",
        Sole(
            account=move.app.account,
            entry=entry,
            region=move.target,
            others=(move.source,) if ELSEWHERE in move.overrides else others,
        ),
        after=after,
        of=consumer_name(entry),
        tried=move.forced,
        deadline_s=FORCED_S if move.forced else None,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = Sole.model_validate(step.params)
    everywhere = (params, *(params.model_copy(update={"region": region}) for region in params.others))
    return tuple(need for there in everywhere for need in needed(there, account, READS))


def commands(step: Step) -> Recipe:
    params = Sole.model_validate(step.params)
    return Recipe(
        until=(by_hand.is_turned(params.entry, params.region, on=True),),
        show=tuple(
            tried(by_hand.look(params.entry, region, *BRIEFLY), f"{region} was not observed")
            for region in params.others
        ),
        note="A region that does not answer was not observed: look again as soon as it does.",
        stuck=f"Where {' or '.join(params.others)} still consumes, stop it there before anything else.",
    )


@dataclass(frozen=True)
class VerifyConsumers(OnlyLooks):
    """Decided by the target and by every other region that answers; "not observed" is said of one that does not."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Sole.model_validate(step.params)
        consumers = self.ports.of(params.account).consumers
        state = consumers.state(params.entry, params.region)
        seen: dict[str, JsonValue] = {params.region: state.detail}
        if state.flow is not Flow.ON:
            return StepObservation(Progress.UNDER_WAY, f"{params.region}: {state.detail}", seen, eta_s=2.0)
        consuming, silent = [], []
        for region in params.others:
            try:
                other = consumers.state(params.entry, region)
            except DrError as error:
                silent.append(region)
                seen[region] = f"not observed: {error.message}"
                continue
            seen[region] = other.detail
            consuming += [region] if other.consumes else []
        if consuming:
            return StepObservation(Progress.UNDER_WAY, f"{', '.join(consuming)} consumes, too", seen, eta_s=2.0)
        silence = f"; {', '.join(silent)} was not observed" if silent else ", seen from every region"
        return StepObservation(Progress.SATISFIED, f"{params.region} alone consumes{silence}", seen)


KIND = Kind(
    "verify-consumers",
    does="Waits until the target consumes and no other region that answers does.",
    segment=Segment.VERIFY,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=VERIFY_S,
    late=Late.NOTHING,
    actions=tuple(action for kind in READS for action in READS[kind]),
    carry_out=VerifyConsumers,
    by_hand=commands,
    needs=needs,
)
