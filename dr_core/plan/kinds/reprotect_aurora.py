"""Wait until the target's cluster is a member of the global cluster again, with the writer's data, and writes nothing.

After a managed failover Aurora adds the old primary back by itself as soon as its region is healthy, and rebuilds it
from the new writer, which takes "a few minutes to several hours":
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.database import by_hand
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import MemberState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, OnlyLooks, Side
from dr_core.plan.kinds.switchover_aurora import Promotion, promotion
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, member_in, writers
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.stores import AuroraGlobal

REBUILD_S = 4 * 3600.0
LOOK_S = 10.0


def plan(move: Move, database: AuroraGlobal, after: tuple[str, ...]) -> Step:
    cluster = database.clusters[move.target]
    return KIND.step(
        move,
        f"Wait until {cluster} in {move.target} is a healthy secondary of global cluster {database.global_cluster}",
        promotion(move, database),
        after=after,
    )


def commands(step: Step) -> Recipe:
    params = Promotion.model_validate(step.params)
    database, target = params.database, params.target
    return Recipe(
        until=(by_hand.is_rebuilt(database, params.source, target),),
        show=(by_hand.look(database, params.source),),
        note=f"Aurora adds {target} back by itself when it is healthy, and rebuilds it: minutes to hours.",
        stuck=f"Where {target} is listed as no member, it was taken out: build the global cluster again first.",
    )


@dataclass(frozen=True)
class ReprotectAurora(OnlyLooks):
    """Decided by the source, which writes; the target is asked too, and must not call itself a writer."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Promotion.model_validate(step.params)
        database = self.ports.of(params.account).database
        state = database.state(params.database, via=params.source)
        own, present = member_in(state, params.target), writers(state)
        if own is None or own.detached:
            name = params.database.clusters[params.target]
            raise RejectedError(
                f"{name} in {params.target} is no member of global cluster {params.database.global_cluster}: Aurora "
                "does not add back what was taken out."
            )
        evidence: dict[str, JsonValue] = {**evidence_of(state), "status": own.status, "synchronized": own.synchronized}
        if present == (params.target,):
            return StepObservation(Progress.SATISFIED, f"{params.target} is the writer already", evidence)
        if state.failover_status is not None:
            return _waits(f"FailoverState is {state.failover_status}", evidence)
        if own.status is None:
            raise UnreachableError(f"RDS in {params.target} does not tell how {own.cluster} is.")
        claimed = writers(database.state(params.database, via=params.target, details=False))
        evidence |= {"target_says": list(claimed)}
        if params.target in present or params.target in claimed:
            return _waits(f"{params.target} calls itself a writer, and {', '.join(present)} is one", evidence)
        if present != (params.source,):
            return _waits(f"the writer is {', '.join(present) or 'nobody'}, not {params.source} alone", evidence)
        if (missing := _missing(own)) is not None:
            return _waits(f"{own.cluster} in {params.target} {missing}", evidence)
        told = " with the writer's data" if own.synchronized else "; whether it is synchronized is not told"
        return StepObservation(Progress.SATISFIED, f"{own.cluster} is an available secondary{told}", evidence)


def _missing(own: MemberState) -> str | None:
    if own.synchronized is False:
        return "is being rebuilt from the writer"
    return None if own.status == "available" else f"is {own.status}"


def _waits(detail: str, evidence: dict[str, JsonValue]) -> StepObservation:
    return StepObservation(Progress.UNDER_WAY, detail, evidence, eta_s=LOOK_S)


KIND = Kind(
    "reprotect-aurora",
    does="Waits until the old primary is a synchronized, available secondary again, and no writer.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=REBUILD_S,
    late=Late.NOTHING,
    actions=(),
    carry_out=ReprotectAurora,
    by_hand=commands,
)
