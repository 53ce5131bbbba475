"""Check the invariant that matters most: the target is the writer, and nobody else is."""

from dataclasses import dataclass

from dr_core.database import by_hand
from dr_core.errors import DrError
from dr_core.observation.model import DatabaseState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, OnlyLooks, Side
from dr_core.plan.kinds.switchover_aurora import Promotion, promotion
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, member_in, writers
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.stores import AuroraGlobal


def plan(move: Move, database: AuroraGlobal, after: tuple[str, ...], *, detached: bool = False) -> Step:
    title = f"Verify that {move.target} is the only writer of global cluster {database.global_cluster}"
    if detached:
        title = f"Verify that cluster {database.clusters[move.target]} in {move.target} takes writes by itself"
    return KIND.step(move, title, promotion(move, database, detached=detached), after=after)


def commands(step: Step) -> Recipe:
    params = Promotion.model_validate(step.params)
    moved = by_hand.alone if params.detached else by_hand.moved
    return Recipe(
        act=(by_hand.named(params.database, params.target),),
        until=(moved(params.database, params.target),),
        show=(by_hand.look(params.database, params.source if params.detached else params.target),),
        stuck=f"Two writers are the worst that can be: stop what writes in {params.source} before anything else.",
    )


@dataclass(frozen=True)
class VerifyWriter(OnlyLooks):
    """Decided by the target's view; the old side is asked too, and "not observed" is said where it does not answer."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Promotion.model_validate(step.params)
        database = self.ports.of(params.account).database
        state = database.state(params.database, via=params.target, details=False)
        evidence = evidence_of(state)
        if not _moved(params, state):
            detail = f"{params.target} says the writer is {', '.join(writers(state)) or 'nobody'}"
            return StepObservation(Progress.UNDER_WAY, detail, evidence, eta_s=2.0)
        try:
            other = writers(database.state(params.database, via=params.source, details=False))
        except DrError as error:
            evidence |= {"old_side": "not observed", "old_side_reason": error.message}
            detail = f"{params.target} is the only writer; {params.source} was not observed"
            return StepObservation(Progress.SATISFIED, detail, evidence)
        evidence |= {"old_side": list(other)}
        if params.source in other and params.detached:
            detail = f"{params.target} takes writes by itself; {params.source} does too, and is not fenced"
            return StepObservation(Progress.SATISFIED, detail, evidence)
        if params.source in other:
            return StepObservation(
                Progress.UNDER_WAY, f"{params.source} still calls itself a writer", evidence, eta_s=2.0
            )
        return StepObservation(
            Progress.SATISFIED, f"{params.target} is the only writer, seen from both sides", evidence
        )


def _moved(params: Promotion, state: DatabaseState) -> bool:
    """What a global cluster that the target has left still lists is none of its matter."""
    if params.detached:
        own = member_in(state, params.target)
        return own is not None and own.detached and own.is_writer
    return state.failover_status is None and writers(state) == (params.target,)


KIND = Kind(
    "verify-writer",
    does="Waits until the target is the writer, and the only one.",
    segment=Segment.VERIFY,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=VERIFY_S,
    late=Late.NOTHING,
    actions=(),
    carry_out=VerifyWriter,
    by_hand=commands,
)
