"""Let a consumer of the new side take work, once the old side's is stopped."""

from dataclasses import dataclass

from dr_core.claim import Claim
from dr_core.consumers import by_hand
from dr_core.consumers.actions import READS, TURNS_ON
from dr_core.consumers.port import consumer_name, in_words
from dr_core.errors import DrError
from dr_core.observation.model import Flow
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.kinds.stop_consumers import TURN_S, Consuming, Starting, evidence_of, needed
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.capacity import Consumer


def plan(move: Move, entry: Consumer, after: tuple[str, ...]) -> Step:
    unfenced = f", even while {move.source} is unfenced" if move.forced else ""
    behind = None if move.forced else move.source
    return KIND.step(
        move,
        f"Start {in_words(entry)} in {move.target}{unfenced}",
        Starting(account=move.app.account, entry=entry, region=move.target, behind=behind),
        after=after,
        of=consumer_name(entry),
        # A region that was never made ready for it must not keep the run, and all that belongs to it, open for ever.
        tried=move.forced,
        undo=f"Stop {in_words(entry)} in {move.target} again",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    given = Starting.model_validate(taken.step.params)
    params = Consuming(account=given.account, entry=given.entry, region=given.region)
    title = f"Stop {in_words(params.entry)} in {params.region} again"
    return (taken.make("stop-consumers", title, params, of=consumer_name(params.entry)),)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return needed(Starting.model_validate(step.params), account, READS, TURNS_ON)


def commands(step: Step) -> Recipe:
    params = Starting.model_validate(step.params)
    entry, region = params.entry, params.region
    first = f"Only after it is stopped in {params.behind}. " if params.behind else ""
    return Recipe(
        act=by_hand.turn(entry, region, on=True),
        until=(by_hand.is_turned(entry, region, on=True),),
        note=f"{first}Events that were kept while nothing consumed are taken now.".strip(),
        stuck="A mapping that is just being changed refuses: wait for it, and begin this step again.",
    )


@dataclass(frozen=True)
class StartConsumers:
    """Done when all of it takes work. In a planned run not begun while the old side is seen to consume.

    An old side that does not answer any more is not waited for: the step that stopped it has seen it stopped.
    """

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Starting.model_validate(step.params)
        consumers = self.ports.of(params.account).consumers
        state = consumers.state(params.entry, params.region)
        evidence = evidence_of(state)
        if state.flow is Flow.ON:
            return StepObservation(Progress.SATISFIED, f"it takes work ({state.detail})", evidence)
        if state.flow in (Flow.STARTING, Flow.BUSY):
            return StepObservation(Progress.UNDER_WAY, state.detail, evidence)
        if params.behind is not None and self._consumes(params, params.behind):
            return StepObservation(Progress.UNDER_WAY, f"not begun: {params.behind} consumes again", evidence)
        return StepObservation(Progress.ABSENT, state.detail, evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Starting.model_validate(step.params)
        self.ports.of(params.account).consumers.turn_on(params.entry, params.region, claim)

    def _consumes(self, params: Starting, region: str) -> bool:
        try:
            return self.ports.of(params.account).consumers.state(params.entry, region).flow is not Flow.OFF
        except DrError:
            return False


KIND = Kind(
    "start-consumers",
    does="Lets a consumer of the target take work; in planned mode not while the source is seen to consume.",
    segment=Segment.SWITCH,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=TURN_S,
    late=Late.SAME_AGAIN,
    actions=tuple(action for kind in READS for action in (*READS[kind], *TURNS_ON[kind])),
    carry_out=StartConsumers,
    by_hand=commands,
    needs=needs,
    back="Stop it again in the target.",
    undo=undo,
)
