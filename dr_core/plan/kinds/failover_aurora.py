"""Make the target the writer and give up what was not replicated to it. Needs nothing of the source."""

from dataclasses import dataclass, replace

from dr_core.claim import Claim
from dr_core.database import by_hand
from dr_core.errors import RejectedError, UnreachableError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Published, Side
from dr_core.plan.kinds.switchover_aurora import PROMOTE, PROMOTE_S, Promotion, clusters, promotion, told
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, last_lag, progress_of, without_loss
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.stores import AuroraGlobal


def plan(move: Move, database: AuroraGlobal, after: tuple[str, ...]) -> Step:
    return KIND.step(
        move,
        f"Make {move.target} the writer of global cluster {database.global_cluster} (loses what was not replicated)",
        promotion(move, database),
        after=after,
        name=PROMOTE,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = Promotion.model_validate(step.params)
    return (Need("rds:FailoverGlobalCluster", params.target, clusters(params, account)),)


def commands(step: Step) -> Recipe:
    params = Promotion.model_validate(step.params)
    return Recipe(
        act=(
            by_hand.named(params.database, params.target),
            by_hand.move(params.database, "failover-global-cluster", params.target, "--allow-data-loss"),
        ),
        until=(by_hand.moved(params.database, params.target),),
        show=(by_hand.look(params.database, params.target),),
        note="What was not replicated is lost. It cannot be taken back.",
        stuck="While a switchover is still under way RDS refuses this: ask again every minute. Where it never takes "
        f"it, as with engine versions that differ, the last resort takes {params.target} out of the global cluster, "
        f"which has to be built again afterwards: `{by_hand.detach(params.database, params.target)}`",
    )


@dataclass(frozen=True)
class FailoverAurora:
    """Done when the target, and nobody else, is the writer; the last lag measured before stands in the evidence.

    A switchover that is shown as under way is no progress of this step: its primary may have died in the middle. The
    failover is asked for until RDS takes it.
    """

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Promotion.model_validate(step.params)
        database = self.ports.of(params.account).database
        state = database.state(params.database, via=params.target, details=False)
        if without_loss(state):
            # The planned run that this one supersedes: it may never end, and it is not this step's doing.
            detail = f"FailoverState still tells of a switchover ({state.failover_status}); it is not waited for"
            return StepObservation(Progress.ABSENT, detail, evidence_of(state))
        seen = progress_of(state, params.target)
        if seen.progress is not Progress.SATISFIED:
            return seen
        measured = last_lag(database.lag(params.database, params.target, source=params.source))
        return replace(seen, evidence={**seen.evidence, **told(self.ports, params), **measured})

    def act(self, step: Step, claim: Claim) -> None:
        params = Promotion.model_validate(step.params)
        database = self.ports.of(params.account).database
        try:
            database.failover(params.database, target=params.target)
        except RejectedError as error:
            state = database.state(params.database, via=params.target, details=False)
            if without_loss(state):
                raise UnreachableError(
                    f"RDS takes no failover while FailoverState is {state.failover_status}: {error.message}"
                ) from error
            # RDS refuses a second call while the first one works; that refusal must not fail the step.
            if progress_of(state, params.target).progress is Progress.ABSENT:
                raise


KIND = Kind(
    "failover-aurora",
    does="Makes the target the writer of an Aurora global cluster and gives up what was not replicated.",
    segment=Segment.PROMOTE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=PROMOTE_S,
    late=Late.REFUSED,
    actions=("rds:FailoverGlobalCluster",),
    carry_out=FailoverAurora,
    by_hand=commands,
    needs=needs,
    published=Published(480.0, "published: an Aurora global failover was measured at about 8 minutes"),
    irreversible=True,
    instead="Ask for a failback as soon as the old region's cluster is a healthy member of the global cluster again.",
)
