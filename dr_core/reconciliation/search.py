"""What is looked for after a forced run, which run it belongs to, and when it counts as not there. Pure.

"Before creating the new storage volume in the old primary Region, Aurora tries to take a snapshot of the old storage
volume at the point of failure", named `rds:unplanned-global-failover-CLUSTER-TIMESTAMP`; it is "a system snapshot
that's subject to the backup retention period configured on the old primary cluster":
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dr_core.database.snapshots import Snapshot
from dr_core.execution.model import Run, StepRecord, StepState
from dr_core.observation.model import Observation
from dr_core.plan.step import Mode, Step
from dr_core.reconciliation.model import Item, ItemKind, Kept, Lost
from dr_core.topology.model import Application

PREFIX = "rds:unplanned-global-failover-"
RETAINED = timedelta(days=35)
"""The longest backup retention of Aurora: what was not found by then will not be."""
SOONEST_S, LATEST_S, SELDOM_S = 15.0, 60.0, 900.0
GONE_LOOKS, GONE_AFTER_S = 3, 1800.0
"""How often, and for how long, a snapshot must be missed: one empty answer is none."""
EARLY = timedelta(minutes=5)
"""By how much the service's clock may be behind the store's."""
_MANAGED = "failover-aurora"
_LEFT_BEHIND = frozenset({"detach-aurora", "promote-replica"})


@dataclass(frozen=True)
class Loss:
    """A forced run that took writes from a database: when, and where its old primary was."""

    run: str
    at: datetime
    region: str
    cluster: str
    seconds: float | None
    reason: str
    managed: bool

    @property
    def any(self) -> bool:
        """Whether writes were lost for all that is known."""
        return self.seconds is None or self.seconds > 0

    def lost(self) -> Lost:
        return Lost(region=self.region, cluster=self.cluster, loss_s=self.seconds, loss_reason=self.reason)


def losses(app: Application, runs: Iterable[Run], now: datetime) -> tuple[Loss, ...]:
    """Of the runs of one application, those that may have lost something that can still be found; oldest first."""
    found = (_loss(app, run) for run in runs)
    return tuple(sorted((one for one in found if one and now - one.at < RETAINED), key=lambda one: one.at))


def _loss(app: Application, run: Run) -> Loss | None:
    database = app.database.value if app.database else None
    step = next((s for s in run.plan.steps if s.kind in (_MANAGED, *_LEFT_BEHIND)), None)
    if database is None or step is None or run.plan.mode is not Mode.FORCED:
        return None
    cluster, at = database.parts.get(run.plan.source), _promoted_at(run.record(step.name), step)
    if cluster is None or at is None:
        return None
    return Loss(run.id, at, run.plan.source, cluster, run.loss_s, run.loss_reason, step.kind == _MANAGED)


def _promoted_at(record: StepRecord, step: Step) -> datetime | None:
    """When the promotion may first have taken effect; None where it surely did not."""
    sure = record.state in (StepState.DONE, StepState.REACHED_LATE)
    # A detachment or a promotion that nobody saw done may not have happened; a failover is looked for all the same.
    maybe = step.kind == _MANAGED and record.state in (StepState.RUNNING, StepState.UNCERTAIN)
    return record.started_at if sure or maybe else None


def pause_s(loss: Loss, items: Iterable[Item], now: datetime) -> float:
    """The longer ago, the less often it is looked for: a twentieth of the time since, within bounds."""
    latest_s = SELDOM_S if any(item.run == loss.run for item in items) else LATEST_S
    return min(latest_s, max(SOONEST_S, (now - loss.at).total_seconds() / 20))


def lost_tails(loss: Loss, snapshots: Sequence[Snapshot], later: Sequence[Loss]) -> tuple[Snapshot, ...]:
    """The snapshots that a run has left: taken after it, and before the next one from the same cluster."""
    ends = [one.at for one in later if one.cluster == loss.cluster and one.at > loss.at]
    until = min(ends, default=None)
    return tuple(one for one in snapshots if _is_tail(one, loss) and _between(one.taken_at, loss.at, until))


def _is_tail(snapshot: Snapshot, loss: Loss) -> bool:
    return snapshot.id.lower().startswith(f"{PREFIX}{loss.cluster.lower()}-")


def _between(at: datetime | None, since: datetime, until: datetime | None) -> bool:
    """One whose time RDS does not tell yet is the last run's."""
    if at is None:
        return until is None
    return since - EARLY <= at and (until is None or at < until - EARLY)


def copy_name(snapshot: Snapshot) -> str:
    """The name of the copy: the same for the same snapshot, at most 63 letters, digits and single hyphens.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
    """
    digest = hashlib.sha256(snapshot.arn.encode("utf-8")).hexdigest()[:10]
    words = "-".join(word for word in snapshot.cluster.lower().split("-") if word)
    return f"dr-lost-writes-{words[:36].rstrip('-')}-{digest}"


def second_name(snapshot: Snapshot) -> str:
    """Another name of the same length, for when the first copy has failed: its name is taken."""
    first = copy_name(snapshot)
    return f"{first.rpartition('-')[0]}-{hashlib.sha256(first.encode('utf-8')).hexdigest()[:10]}"


def gone(lost: Lost, looks: int, missing_s: float, now: datetime) -> bool:
    """Whether a snapshot that is not listed is not there any more: its time is over, or it was missed often enough."""
    over = lost.expires_at is not None and now >= lost.expires_at
    return over or (looks >= GONE_LOOKS and missing_s >= GONE_AFTER_S)


def of_snapshot(loss: Loss, snapshot: Snapshot) -> Lost:
    """What an item says of a snapshot that was just found."""
    return loss.lost().model_copy(
        update={
            "snapshot": snapshot.id,
            "arn": snapshot.arn,
            "taken_at": snapshot.taken_at,
            "expires_at": snapshot.expires_at,
            "copy_name": copy_name(snapshot),
            "kept": Kept.WANTED,
        }
    )


def searched(loss: Loss, items: Iterable[Item]) -> bool:
    """Whether nothing is left to be looked for after a run."""
    if not loss.managed:
        return not loss.any or any(item.run == loss.run for item in items)
    own = [item for item in items if item.run == loss.run and item.kind is ItemKind.SNAPSHOT]
    return bool(own) and all(item.settled for item in own)


def not_there(loss: Loss, seen: Observation | None, look_for: timedelta, now: datetime) -> bool:
    """Whether a region that answers, and lists no snapshot, has none: its cluster is rebuilt, or it had time enough.

    The snapshot is taken before the rebuilding begins.
    """
    return loss.any and (rebuilt(loss, seen) or now - loss.at >= look_for)


def rebuilt(loss: Loss, seen: Observation | None) -> bool:
    """Whether the old primary was seen to be a synchronized secondary again."""
    state = seen.database if seen is not None else None
    if state is None or state.failover_status is not None or state.observed_at <= loss.at:
        return False
    own = next((member for member in state.members if member.region == loss.region), None)
    again = own is not None and not own.is_writer and not own.detached
    return again and own is not None and own.synchronized is True and own.status == "available"


def unsearched(found: Iterable[Loss], items: Iterable[Item]) -> tuple[Loss, ...]:
    """Runs of which nobody can say yet what they lost: no item was opened, and something may be lost."""
    known = {item.run for item in items}
    return tuple(loss for loss in found if loss.any and loss.run not in known)
