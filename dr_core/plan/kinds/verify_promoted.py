"""Check that the promoted RDS replica takes writes, and the old instance none where that can be had."""

from dataclasses import dataclass

from dr_core.database import replica_by_hand as by_hand
from dr_core.database.read_replicas import CHANGING
from dr_core.errors import DrError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, OnlyLooks, Side
from dr_core.plan.kinds.stop_instance import STOP_S
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, member_in
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.stores import RdsReplica

STAYS = "source-stays-writable"
"""The override by which a request accepts that the old instance cannot be stopped."""


class Promoted(Params):
    """`alone`: the old instance must be seen to take no writes, if it answers."""

    database: RdsReplica
    source: str
    target: str
    alone: bool


def plan(move: Move, database: RdsReplica, after: tuple[str, ...]) -> Step:
    alone = not move.forced and STAYS not in move.overrides
    only = "and nothing else does" if alone else f"and tell whether {database.instances[move.source]} does"
    return KIND.step(
        move,
        f"Verify that {database.instances[move.target]} in {move.target} takes writes, {only}",
        Promoted(account=move.app.account, database=database, source=move.source, target=move.target, alone=alone),
        after=after,
    )


def commands(step: Step) -> Recipe:
    params = Promoted.model_validate(step.params)
    until = [by_hand.promoted(params.database, params.target)]
    if params.alone:
        until.append(by_hand.stopped(params.database, params.source))
    return Recipe(
        until=tuple(until),
        show=(by_hand.look(params.database, params.target),),
        stuck=f"Two writers are the worst that can be: stop what writes in {params.source} before anything else.",
    )


@dataclass(frozen=True)
class VerifyPromoted(OnlyLooks):
    """Decided by the target; the old side is asked too, and "not observed" is said where it does not answer."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Promoted.model_validate(step.params)
        replicas = self.ports.of(params.account).replicas
        state = replicas.state(params.database, via=params.target)
        evidence, own = evidence_of(state), member_in(state, params.target)
        if own is None or not own.is_writer or own.status in CHANGING:
            status = own.status if own is not None else "not told"
            detail = f"{params.target} does not take writes yet: {status}"
            return StepObservation(Progress.UNDER_WAY, detail, evidence, eta_s=2.0)
        try:
            old = member_in(replicas.state(params.database, via=params.source), params.source)
        except DrError as error:
            evidence |= {"old_side": "not observed", "old_side_reason": error.message}
            detail = f"{params.target} takes writes; {params.source} was not observed"
            return StepObservation(Progress.SATISFIED, detail, evidence)
        evidence |= {"old_side": old.status if old is not None else "not told"}
        if old is None or not old.is_writer:
            detail = f"{params.target} takes writes, and {params.source} none"
            return StepObservation(Progress.SATISFIED, detail, evidence)
        if params.alone:
            detail = f"{old.cluster} in {params.source} takes writes too"
            return StepObservation(Progress.UNDER_WAY, detail, evidence, eta_s=5.0)
        detail = f"{params.target} takes writes; {old.cluster} in {params.source} does too, and is not fenced"
        return StepObservation(Progress.SATISFIED, detail, evidence)


KIND = Kind(
    "verify-promoted",
    does="Waits until the promoted RDS instance takes writes, and in a planned run until the old one takes none.",
    segment=Segment.VERIFY,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=STOP_S,
    late=Late.NOTHING,
    actions=(),
    carry_out=VerifyPromoted,
    by_hand=commands,
)
