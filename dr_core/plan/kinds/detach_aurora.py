"""Take the target out of its global cluster, where managed failover is impossible: it writes, and the topology breaks.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html, "Performing
manual failovers": for when managed failover isn't an option, such as incompatible engine versions.
"""

from dataclasses import dataclass

from dr_core.claim import Claim
from dr_core.database import by_hand
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation, refused_unless_under_way
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.kinds.switchover_aurora import PROMOTE, PROMOTE_S, Promotion, clusters, promotion
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, last_lag, member_in
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.stores import AuroraGlobal

DETACH = "detach"
"""The override by which a forced request asks for it in the place of the managed failover."""


def plan(move: Move, database: AuroraGlobal, after: tuple[str, ...]) -> Step:
    cluster = database.clusters[move.target]
    return KIND.step(
        move,
        f"Take {cluster} in {move.target} out of global cluster {database.global_cluster}, so that it writes by itself "
        "(loses what was not replicated; the global cluster must be built again)",
        promotion(move, database, detached=True),
        after=after,
        name=PROMOTE,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = Promotion.model_validate(step.params)
    return (Need("rds:RemoveFromGlobalCluster", params.target, clusters(params, account)),)


def commands(step: Step) -> Recipe:
    params = Promotion.model_validate(step.params)
    return Recipe(
        act=(by_hand.named(params.database, params.target), by_hand.detach(params.database, params.target)),
        until=(by_hand.alone(params.database, params.target),),
        show=(by_hand.look(params.database, params.source),),
        note="What was not replicated is lost, and it cannot be taken back: the global cluster has to be built again. "
        f"Nothing fences {params.source}: stop what writes there first, if it can be reached.",
        stuck="While the global cluster changes its writer RDS refuses this: ask again every minute.",
    )


@dataclass(frozen=True)
class DetachAurora:
    """Done when the target's cluster stands alone and has a writer of its own."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Promotion.model_validate(step.params)
        database = self.ports.of(params.account).database
        state = database.state(params.database, via=params.target, details=False)
        evidence, own = evidence_of(state), member_in(state, params.target)
        if own is None:
            raise RejectedError(f"There is no cluster {params.database.clusters[params.target]} in {params.target}.")
        if not own.detached:
            return StepObservation(Progress.ABSENT, f"{own.cluster} is a member of the global cluster", evidence)
        if not own.is_writer:
            return StepObservation(Progress.UNDER_WAY, f"{own.cluster} stands alone and has no writer yet", evidence)
        evidence |= last_lag(database.lag(params.database, params.target, source=params.source))
        evidence |= {"data_loss_allowed": True}
        return StepObservation(Progress.SATISFIED, f"{own.cluster} stands alone and takes writes", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Promotion.model_validate(step.params)
        # RDS refuses to take out what is out already; that refusal must not fail the step.
        with refused_unless_under_way(self, step):
            self.ports.of(params.account).database.detach(params.database, target=params.target)


KIND = Kind(
    "detach-aurora",
    does="Takes the target's cluster out of its Aurora global cluster, so that it takes writes by itself.",
    segment=Segment.PROMOTE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=PROMOTE_S,
    late=Late.REFUSED,
    actions=("rds:RemoveFromGlobalCluster",),
    carry_out=DetachAurora,
    by_hand=commands,
    needs=needs,
    irreversible=True,
    instead="Build the global cluster again around the cluster that has the data, and then ask for a failover back.",
)
