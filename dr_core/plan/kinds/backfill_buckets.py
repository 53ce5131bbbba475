"""Copy home what live replication will never carry, what failed and what is older than its rule, and see it done.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-batch.html
"""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import BRIEFLY, tried
from dr_core.claim import Claim
from dr_core.copies import by_hand
from dr_core.copies.port import BackfillJob
from dr_core.errors import FinalError
from dr_core.plan.catalogue import PerRun, Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Side
from dr_core.plan.kinds import prepare_backfill
from dr_core.plan.kinds.check_rules import BucketsMove
from dr_core.plan.kinds.prepare_backfill import Backfill
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import nothing_left

BACKFILL_S = 1800.0
"""For how long the way home waits. A longer one goes on by itself, and is looked after until it is over."""
LOOK_S = 10.0
_UNDER_WAY = frozenset({"New", "Preparing", "Ready", "Active", "Completing", "Pausing", "Paused", "Suspended"})


def plan(move: Move, params: BucketsMove, role_arn: str, after: tuple[str, ...]) -> Step:
    pair = params.pair
    return KIND.step(
        move,
        f"Copy what is missing of {pair.source} to {pair.target} by Batch Replication, and see that nothing failed",
        Backfill(**dict(params), role_arn=role_arn),
        after=after,
        of=pair.source,
        # Both regions are there: what takes longer goes on beside the rest, and nothing is lost by that.
        tried=True,
        undo="Nothing: what was copied is what was missing",
    )


def commands(step: Step) -> Recipe:
    params = Backfill.model_validate(step.params)
    make = by_hand.backfill(params.pair, params.role_arn, *BRIEFLY, confirmed=False)
    return Recipe(
        act=(tried(make, f"{params.source} did not answer: nothing was copied"),),
        show=(tried(by_hand.backfills(params.pair, params.role_arn), "no job can be listed"),),
        note="The job lists its objects and copies them at once; what it copies is paid for. One that fails because no "
        "keys match has nothing to copy.",
        stuck="Look at the job in the console of S3 Batch Operations: objects that failed are counted there.",
    )


@dataclass(frozen=True)
class BackfillBuckets(PerRun):
    """Done when this run's job has copied everything it listed, or had nothing to list. One object that failed is not
    done: the job says how many, and nobody claims that the bucket is whole."""

    ports: Ports

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        params = Backfill.model_validate(step.params)
        job = self.ports.of(params.account).buckets.backfill(params.pair, params.role_arn, claim)
        if job is None:
            return StepObservation(Progress.ABSENT, "this run has no job yet", {"job": None})
        evidence: dict[str, JsonValue] = {
            "job": job.id,
            "status": job.status,
            "failure": job.failure,
            "objects": job.total,
            "copied": job.copied,
            "failed": job.failed,
        }
        if job.status in _UNDER_WAY:
            told = f"job {job.id} is {job.status}: {job.copied} of {job.total} objects are copied"
            return StepObservation(Progress.UNDER_WAY, told, evidence, eta_s=LOOK_S)
        return StepObservation(Progress.SATISFIED, _whole(job), evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Backfill.model_validate(step.params)
        self.ports.of(params.account).buckets.start_backfill(params.pair, params.role_arn, claim)


def _whole(job: BackfillJob) -> str:
    """What a job that is over has done. FinalError where something it should have copied is not."""
    if job.status == "Complete" and not job.failed:
        return f"job {job.id} has copied all of {job.total} objects"
    if prepare_backfill.found_nothing(job):
        return f"there was nothing to copy: {job.failure}"
    told = f"{job.failed} of {job.total} objects failed" if job.failed else job.failure or "it did not end well"
    raise FinalError(f"Batch Replication job {job.id} is {job.status}: {told}")


KIND = Kind(
    "backfill-buckets",
    does="Copies, on the way home, objects that failed or are older than their rule, and verifies that none is left.",
    segment=Segment.PREPARE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=BACKFILL_S,
    late=Late.SAME_AGAIN,
    actions=prepare_backfill.KIND.actions,
    carry_out=BackfillBuckets,
    by_hand=commands,
    needs=prepare_backfill.needs,
    back="Nothing: what was copied is what was missing.",
    undo=nothing_left,
)
