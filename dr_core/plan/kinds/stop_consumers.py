"""Let a consumer of the old side take no more work, so that no two regions ever consume."""

import shlex
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import BRIEFLY
from dr_core.claim import Claim
from dr_core.consumers import by_hand
from dr_core.consumers.actions import READS, TURNS_OFF, Calls, context, resources
from dr_core.consumers.port import consumer_name, in_words
from dr_core.observation.model import ConsumerState, Flow
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S, Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.capacity import Consumer

# How long a mapping takes to be disabled stands on no page; a function may have its batch in hand for 15 minutes:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
TURN_S = 900.0
IN_HAND = "What was taken before may still be worked on, by a Lambda function for as long as its timeout."


class Consuming(Params):
    """An entry of the topology's `consumers` in a region."""

    entry: Consumer
    region: str


class Starting(Consuming):
    """`behind`: the region that must not be seen to consume before; None where nobody waits for the old side."""

    behind: str | None = None


def plan(move: Move, entry: Consumer, after: tuple[str, ...]) -> Step:
    attempt = f", if it answers within {BEST_EFFORT_S:g} s" if move.forced else ""
    return KIND.step(
        move,
        f"Stop {in_words(entry)} in {move.source}{attempt}",
        Consuming(account=move.app.account, entry=entry, region=move.source),
        after=after,
        of=consumer_name(entry),
        tried=move.forced,
        deadline_s=BEST_EFFORT_S if move.forced else None,
        undo=f"Start {in_words(entry)} in {move.source} again",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    """Started again where it was stopped, once the other side is not seen to consume."""
    params = Consuming.model_validate(taken.step.params)
    title = f"Start {in_words(params.entry)} in {params.region} again"
    starting = Starting(account=params.account, entry=params.entry, region=params.region, behind=taken.back.source)
    return (taken.make("start-consumers", title, starting, of=consumer_name(params.entry)),)


def turned(step: Step) -> tuple[str, str]:
    """What a step of any kind that turns a consumer on or off has to do with: its name, and its region."""
    params = Consuming.model_validate(step.params)
    return consumer_name(params.entry), params.region


def needed(params: Consuming, account: str, *tables: Calls) -> tuple[Need, ...]:
    """The calls that the tables name for such an entry, each on what it acts on."""
    return tuple(
        Need(action, params.region, on, context(params.entry, action, params.region, account))
        for table in tables
        for action in table[params.entry.kind]
        if (on := resources(params.entry, action, params.region, account))
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return needed(Consuming.model_validate(step.params), account, READS, TURNS_OFF)


def commands(step: Step) -> Recipe:
    params = Consuming.model_validate(step.params)
    entry, region = params.entry, params.region
    if step.best_effort:
        stop = " && ".join(by_hand.turn(entry, region, *BRIEFLY, on=False))
        unfenced = shlex.quote(f"{region} did not answer: it is unfenced")
        return Recipe(
            act=(f"(export AWS_MAX_ATTEMPTS=1; {stop}) || echo {unfenced}",),
            note=f"Tried once. A region that does not answer is not waited for. {IN_HAND}",
            stuck=f"Write down that {region} is unfenced, and do this as soon as it answers: till then it may consume.",
        )
    return Recipe(
        act=by_hand.turn(entry, region, on=False),
        until=(by_hand.is_turned(entry, region, on=False),),
        note=IN_HAND,
        stuck="A mapping that is just being changed refuses: wait for it, and begin this step again.",
    )


def evidence_of(state: ConsumerState) -> dict[str, JsonValue]:
    return {"flow": state.flow.value if state.flow else None, "detail": state.detail}


@dataclass(frozen=True)
class StopConsumers:
    """Done when nothing of it takes work any more."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Consuming.model_validate(step.params)
        state = self.ports.of(params.account).consumers.state(params.entry, params.region)
        if state.flow is Flow.OFF:
            return StepObservation(Progress.SATISFIED, f"it takes no more work ({state.detail})", evidence_of(state))
        moving = state.flow in (Flow.STOPPING, Flow.BUSY)
        return StepObservation(Progress.UNDER_WAY if moving else Progress.ABSENT, state.detail, evidence_of(state))

    def act(self, step: Step, claim: Claim) -> None:
        params = Consuming.model_validate(step.params)
        self.ports.of(params.account).consumers.turn_off(params.entry, params.region, claim)


KIND = Kind(
    "stop-consumers",
    does="Lets a consumer of the source take no more work: event sources, a rule, a schedule or a poller.",
    segment=Segment.FENCE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=TURN_S,
    late=Late.SAME_AGAIN,
    actions=tuple(action for kind in READS for action in (*READS[kind], *TURNS_OFF[kind])),
    carry_out=StopConsumers,
    by_hand=commands,
    needs=needs,
    back="Start it again in the source.",
    undo=undo,
)
