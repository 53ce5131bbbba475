"""Change the writer of an Aurora global database without loss. The service fences the old writer."""

from dataclasses import dataclass, replace

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.database import by_hand
from dr_core.errors import DrError, UnreachableError
from dr_core.observation.model import DatabaseState
from dr_core.plan.catalogue import Progress, StepObservation, refused_unless_under_way
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import outcome_of, progress_of
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.stores import AuroraGlobal

PROMOTE = "promote"
"""What the step is called, whichever way the writer changes."""
# Aurora takes minutes, much longer with many connections or a far behind secondary.
PROMOTE_S = 1800.0


class Promotion(Params):
    """`detached`: the target leaves the global cluster, and nothing fences the source."""

    database: AuroraGlobal
    source: str
    target: str
    detached: bool | None = None


def promotion(move: Move, database: AuroraGlobal, *, detached: bool = False) -> Promotion:
    return Promotion(
        account=move.app.account,
        database=database,
        source=move.source,
        target=move.target,
        detached=True if detached else None,
    )


def plan(move: Move, database: AuroraGlobal, after: tuple[str, ...]) -> Step:
    return KIND.step(
        move,
        f"Make {move.target} the writer of global cluster {database.global_cluster} (nothing is lost)",
        promotion(move, database),
        after=after,
        name=PROMOTE,
        undo=f"Switch global cluster {database.global_cluster} back to {move.source}",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    """A switchover back, which loses nothing either. Where the writer has not moved, there is nothing to do for it."""
    params, back = Promotion.model_validate(taken.step.params), taken.back
    title = f"Make {back.target} the writer of global cluster {params.database.global_cluster} again (nothing is lost)"
    switched = params.model_copy(update={"source": back.source, "target": back.target})
    return (taken.make(KIND.name, title, switched, name=PROMOTE),)


def clusters(params: Promotion, account: str) -> tuple[str, ...]:
    """The global cluster and the member that becomes its writer."""
    member = f"arn:aws:rds:{params.target}:{account}:cluster:{params.database.clusters[params.target].lower()}"
    return (f"arn:aws:rds::{account}:global-cluster:{params.database.global_cluster.lower()}", member)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = Promotion.model_validate(step.params)
    return (Need("rds:SwitchoverGlobalCluster", params.source, clusters(params, account)),)


def told(ports: Ports, params: Promotion) -> dict[str, JsonValue]:
    """What the service said about the end of the change; a service that does not answer leaves it unknown."""
    try:
        return outcome_of(ports.of(params.account).database.events(params.database, params.target))
    except DrError as error:
        return {"data_loss_allowed": None, "service_said": None, "service_said_reason": error.message}


def commands(step: Step) -> Recipe:
    params = Promotion.model_validate(step.params)
    return Recipe(
        act=(
            by_hand.named(params.database, params.target),
            by_hand.move(params.database, "switchover-global-cluster", params.source),
        ),
        until=(by_hand.moved(params.database, params.target),),
        show=(by_hand.look(params.database, params.target),),
        note="RDS stops writes, waits for replication and moves the writer: nothing is lost.",
        stuck=f"Where {params.source} dies in the middle, leave this paper and take the forced one to {params.target}.",
    )


@dataclass(frozen=True)
class SwitchoverAurora:
    """Done when the target, and nobody else, is the writer and no change of writer is under way."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Promotion.model_validate(step.params)
        seen = progress_of(self._state(params), params.target)
        if seen.progress is not Progress.SATISFIED:
            return seen
        return replace(seen, evidence={**seen.evidence, **told(self.ports, params)})

    def act(self, step: Step, claim: Claim) -> None:
        params = Promotion.model_validate(step.params)
        # RDS refuses a second call while the first one works; that refusal must not fail the step.
        with refused_unless_under_way(self, step):
            self.ports.of(params.account).database.switchover(
                params.database, source=params.source, target=params.target
            )

    def _state(self, params: Promotion) -> DatabaseState:
        database = self.ports.of(params.account).database
        try:
            return database.state(params.database, via=params.source, details=False)
        except UnreachableError:
            # The source may die in the middle; the target tells the same story.
            return database.state(params.database, via=params.target, details=False)


KIND = Kind(
    "switchover-aurora",
    does="Makes the target the writer of an Aurora global cluster, without loss.",
    segment=Segment.PROMOTE,
    region=Side.TARGET,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=PROMOTE_S,
    late=Late.REFUSED,
    actions=("rds:SwitchoverGlobalCluster",),
    carry_out=SwitchoverAurora,
    by_hand=commands,
    needs=needs,
    back="Switch over back.",
    undo=undo,
)
