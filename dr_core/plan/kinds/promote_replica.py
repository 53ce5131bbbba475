"""Make the target's RDS read replica a database that takes writes. Replication ends, and nobody fences the old source.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html: RDS stops the replication and reboots the
replica, which takes several minutes or longer; a replica that is being backed up is not promoted.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from dr_core.capacity.sizes import writes
from dr_core.claim import Claim
from dr_core.consumers.port import in_words
from dr_core.database import replica_by_hand as by_hand
from dr_core.database.read_replicas import CHANGING
from dr_core.errors import RejectedError
from dr_core.observation.model import DatabaseState
from dr_core.plan.catalogue import PerRun, Progress, StepObservation, refused_unless_under_way
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.kinds.stop_consumers import IN_HAND
from dr_core.plan.kinds.switchover_aurora import PROMOTE, PROMOTE_S
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.promotion import evidence_of, last_lag, member_in
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.stores import RdsReplica

FROM_ELSEWHERE = "copies-from-elsewhere"
"""The override by which a request promotes a replica of another region than the one that is left."""

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_MariaDB.Replication.ReadReplicas.Monitor.html (and MySQL
# alike): ReplicaLag is Seconds_Behind_Master, by how much what was received is not applied yet
# (https://dev.mysql.com/doc/refman/8.4/en/show-replica-status.html); what was not received is in no figure.
COUNTS_WHAT_ARRIVED = ("mysql", "mariadb")


class ReplicaPromotion(Params):
    """`complete`: only when the replica has everything. `copy_of`: the region that it must copy from, if any.

    `fenced`: steps before this one stop the writers that dr.yaml names; without any, what is lost is not known.
    `in_hand`: what takes no more work by then, and may still write of what it took before.
    """

    database: RdsReplica
    source: str
    target: str
    complete: bool
    fenced: bool
    in_hand: tuple[str, ...] = ()
    copy_of: str | None = None


def plan(move: Move, database: RdsReplica, after: tuple[str, ...]) -> Step:
    in_hand = tuple(in_words(entry) for entry in move.app.consumers if entry.ecs_poller is None)
    kept = "what is still in hand then may be" if in_hand else "nothing is"
    how = f"once it has everything ({kept} lost"
    if move.forced:
        how = "with what it has (loses what was not replicated"
    return KIND.step(
        move,
        f"Promote {database.instances[move.target]} in {move.target} {how}; replication ends)",
        ReplicaPromotion(
            account=move.app.account,
            database=database,
            source=move.source,
            target=move.target,
            complete=not move.forced,
            fenced=any(writes(entry) for entry in move.app.capacity),
            in_hand=in_hand,
            copy_of=None if FROM_ELSEWHERE in move.overrides else move.source,
        ),
        after=after,
        name=PROMOTE,
    )


def instance(database: RdsReplica, region: str, account: str) -> str:
    """The ARN of the region's instance, which RDS keeps in lower case."""
    return f"arn:aws:rds:{region}:{account}:db:{database.instances[region].lower()}"


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = ReplicaPromotion.model_validate(step.params)
    return (Need("rds:PromoteReadReplica", params.target, (instance(params.database, params.target, account),)),)


def commands(step: Step) -> Recipe:
    params = ReplicaPromotion.model_validate(step.params)
    database, target = params.database, params.target
    note = f"Replication ends for good; the way back needs a new replica. Nothing fences {params.source}."
    if params.complete:
        note = (
            "Promote only when nothing has been written for two minutes and the newest figure is smaller than the time "
            f"since the last write: then {database.instances[target]} has everything. {note}"
        )
    return Recipe(
        act=(by_hand.lag(database, target), by_hand.backups(database, target), by_hand.promote(database, target)),
        until=(by_hand.promoted(database, target),),
        show=(by_hand.look(database, target),),
        note=note,
        stuck="RDS refuses while the replica is backed up or changed otherwise: ask again every minute.",
    )


@dataclass(frozen=True)
class PromoteReplica(PerRun):
    """Done when the target copies from nobody and is available.

    A planned promotion waits until the replica has applied what was committed before the writers were stopped: its lag,
    taken from the time at which it was measured, says up to when it has everything. Whether it waited is known to the
    process that promoted it; after a crash in between nobody knows, and the loss is unknown.
    """

    ports: Ports
    _asked: dict[str, datetime] = field(default_factory=dict)
    _complete: dict[str, str] = field(default_factory=dict)

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        seen = self.observe(step)
        if seen.progress is not Progress.SATISFIED:
            return seen
        return replace(seen, evidence={**seen.evidence, **self._loss(step, claim, seen.evidence["engine"])})

    def observe(self, step: Step) -> StepObservation:
        """As far as it can be told without a run: nothing of what was lost."""
        params = ReplicaPromotion.model_validate(step.params)
        replicas = self.ports.of(params.account).replicas
        state = replicas.state(params.database, via=params.target)
        evidence, own = evidence_of(state), member_in(state, params.target)
        if own is None:
            raise RejectedError(f"RDS in {params.target} does not tell of its own instance.")
        if own.copies_from is not None and state.failover_status is None:
            return StepObservation(Progress.ABSENT, f"{own.cluster} copies from {own.copies_from}", evidence)
        if own.copies_from is not None or own.status in CHANGING:
            return StepObservation(Progress.UNDER_WAY, f"{own.cluster} is {own.status}", evidence)
        if not own.is_writer:
            raise RejectedError(f"{own.cluster} copies from nobody and is {own.status}: there is nothing to promote.")
        evidence |= {"engine": own.engine, **last_lag(replicas.lag(params.database, params.target))}
        return StepObservation(Progress.SATISFIED, f"{own.cluster} takes writes", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ReplicaPromotion.model_validate(step.params)
        replicas = self.ports.of(params.account).replicas
        state = replicas.state(params.database, via=params.target)
        own = member_in(state, params.target)
        if params.copy_of is not None and own is not None and own.copies_from not in (None, params.copy_of):
            raise RejectedError(f"{own.cluster} copies from {own.copies_from}: what {params.copy_of} has is not in it.")
        if params.complete:
            self._complete[claim.token] = self._completed(params, state, claim)
        # RDS refuses a second call while the first one works; that refusal must not fail the step.
        with refused_unless_under_way(self, step):
            replicas.promote(params.database, target=params.target)

    def _completed(self, params: ReplicaPromotion, state: DatabaseState, claim: Claim) -> str:
        """Why nothing is missing. RejectedError while something may be: the writers were stopped before it is asked."""
        stopped = self._asked.setdefault(claim.token, state.observed_at)
        name = params.database.instances[params.target]
        lag = self.ports.of(params.account).replicas.lag(params.database, params.target)
        if lag.seconds is None or lag.measured_at is None:
            raise RejectedError(f"Not promoted yet: how far {name} is behind is not known: {lag.reason}.")
        applied = lag.measured_at - timedelta(seconds=lag.seconds)
        if applied < stopped:
            raise RejectedError(
                f"Not promoted yet: {name} has everything up to {applied:%H:%M:%S}Z, and is waited for to have "
                f"everything up to {stopped:%H:%M:%S}Z, when nothing wrote any more."
            )
        ran = f"no writer that dr.yaml names ran after {stopped:%H:%M:%S}Z"
        return f"{name} had everything up to {applied:%H:%M:%S}Z, and {ran}"

    def _loss(self, step: Step, claim: Claim, engine: JsonValue) -> dict[str, JsonValue]:
        """RDS says nothing of it."""
        params = ReplicaPromotion.model_validate(step.params)
        if not params.complete:
            return {"data_loss_allowed": True}
        basis = self._complete.get(claim.token) if params.fenced else None
        if basis is not None and engine in COUNTS_WHAT_ARRIVED:
            reason = f"of {engine} ReplicaLag tells what arrived, and not whether everything did"
            return {"data_loss_allowed": None, "data_loss_basis": None, "data_loss_reason": reason}
        if basis is not None and params.in_hand:
            reason = f"{basis}, but {', '.join(params.in_hand)} may have had work in hand. {IN_HAND}"
            return {"data_loss_allowed": None, "data_loss_basis": None, "data_loss_reason": reason}
        return {"data_loss_allowed": None if basis is None else False, "data_loss_basis": basis}


KIND = Kind(
    "promote-replica",
    does="Makes an RDS read replica a database that takes writes; in a planned run only when it has everything.",
    segment=Segment.PROMOTE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=PROMOTE_S,
    late=Late.REFUSED,
    actions=("rds:PromoteReadReplica",),
    carry_out=PromoteReplica,
    by_hand=commands,
    needs=needs,
    irreversible=True,
    instead="Create a read replica in the old region, name it in dr.yaml, and then ask for a failover to it.",
)
