"""Stop the old RDS instance once its replica was promoted, so that two never take writes: nobody else fences it.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html: its storage and backups are kept; RDS
starts it again after seven days, and stops none that has a read replica.
"""

from dataclasses import dataclass

from dr_core.aws.cli import BRIEFLY, tried
from dr_core.claim import Claim
from dr_core.database import replica_by_hand as by_hand
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation, refused_unless_under_way
from dr_core.plan.kind import BEST_EFFORT_S, Kind, Late, Need, Side
from dr_core.plan.kinds.promote_replica import instance
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, member_in
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken
from dr_core.topology.stores import RdsReplica

STOP_S = 900.0
"""A stop takes several minutes, with a second zone more."""


class OldInstance(Params):
    database: RdsReplica
    region: str


def plan(move: Move, database: RdsReplica, after: tuple[str, ...]) -> Step:
    """Only tried: by now the target writes, and users must not wait for the region that they left."""
    name = database.instances[move.source]
    briefly = f", if it answers within {BEST_EFFORT_S:g} s" if move.forced else ""
    return KIND.step(
        move,
        f"Stop instance {name} in {move.source}, so that nothing writes to it{briefly}",
        OldInstance(account=move.app.account, database=database, region=move.source),
        after=after,
        of=name,
        tried=True,
        deadline_s=BEST_EFFORT_S if move.forced else None,
        undo=f"Start instance {name} in {move.source} again",
    )


def undo(taken: Taken) -> Stays:
    """It is stopped only where its replica was promoted, which nothing takes back."""
    params = OldInstance.model_validate(taken.step.params)
    name = params.database.instances[params.region]
    return Stays(
        f"{taken.back.source} takes writes now, and two instances must not.",
        f"Keep {name} stopped until nobody needs what it alone has; RDS starts it again after seven days.",
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = OldInstance.model_validate(step.params)
    return (Need("rds:StopDBInstance", params.region, (instance(params.database, params.region, account),)),)


def commands(step: Step) -> Recipe:
    params = OldInstance.model_validate(step.params)
    stop = by_hand.stop(params.database, params.region, *BRIEFLY)
    otherwise = f"{params.database.instances[params.region]} in {params.region} was not stopped: it may be written to"
    return Recipe(
        act=(tried(stop, otherwise),),
        note="Tried once. RDS starts a stopped instance again after seven days, and stops none that has a replica.",
        stuck=f"Write down that {params.region} takes writes, and do this as soon as it answers.",
    )


@dataclass(frozen=True)
class StopInstance:
    """Done when the instance is stopped, or is a replica by now."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = OldInstance.model_validate(step.params)
        state = self.ports.of(params.account).replicas.state(params.database, via=params.region)
        own = member_in(state, params.region)
        if own is None:
            raise RejectedError(f"RDS in {params.region} does not tell of its own instance.")
        evidence = {**evidence_of(state), "status": own.status}
        if own.copies_from is not None:
            return StepObservation(Progress.SATISFIED, f"{own.cluster} is a replica of {own.copies_from} now", evidence)
        if own.status == "stopped":
            return StepObservation(Progress.SATISFIED, f"{own.cluster} is stopped", evidence)
        if own.status == "stopping":
            return StepObservation(Progress.UNDER_WAY, f"{own.cluster} is stopping", evidence)
        has = f" and has a replica in {', '.join(own.copied_to)}" if own.copied_to else ""
        return StepObservation(Progress.ABSENT, f"{own.cluster} is {own.status}{has}", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = OldInstance.model_validate(step.params)
        # RDS refuses to stop what is stopping; that refusal must not fail the step.
        with refused_unless_under_way(self, step):
            self.ports.of(params.account).replicas.stop(params.database, region=params.region)


KIND = Kind(
    "stop-instance",
    does="Stops the old RDS instance after its replica was promoted, so that nothing writes to it.",
    segment=Segment.FENCE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=STOP_S,
    late=Late.REFUSED,
    actions=("rds:StopDBInstance",),
    carry_out=StopInstance,
    by_hand=commands,
    needs=needs,
    back="Start the instance again, once nothing writes elsewhere.",
    undo=undo,
)
