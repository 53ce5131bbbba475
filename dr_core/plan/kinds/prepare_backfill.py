"""Prepare the copying of what live replication will never carry: what failed, and what is older than its rule."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import BRIEFLY, tried
from dr_core.claim import Claim
from dr_core.copies import by_hand
from dr_core.copies.port import BackfillJob
from dr_core.errors import FinalError, RejectedError
from dr_core.plan.catalogue import PerRun, Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S, Kind, Late, Need, Side
from dr_core.plan.kinds.check_rules import BucketsMove
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken

LISTING_S = 120.0
_LISTING = frozenset({"New", "Preparing"})
_FAILED = frozenset({"Failed", "Failing"})
_CANCELLED = frozenset({"Cancelled", "Cancelling"})


class Backfill(BucketsMove):
    role_arn: str


def plan(move: Move, params: BucketsMove, role_arn: str, after: tuple[str, ...]) -> Step:
    pair = params.pair
    return KIND.step(
        move,
        f"Prepare a Batch Replication job for what is missing of {pair.source} in {pair.target}; a person confirms it",
        Backfill(**dict(params), role_arn=role_arn),
        after=after,
        of=pair.source,
        tried=True,
        deadline_s=BEST_EFFORT_S if move.forced else None,
        undo=f"Cancel the job in S3 Batch Operations in {pair.source_region}",
    )


def undo(taken: Taken) -> Stays:
    region = Backfill.model_validate(taken.step.params).source
    return Stays(
        f"A Batch Replication job waits in {region}, and copies nothing before a person confirms it.",
        f"Cancel it in S3 Batch Operations in {region}; what was confirmed has copied what it has copied.",
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """S3 knows no resource for making or listing jobs, whose ids are its own; the role is handed over, which IAM asks
    about too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html: a policy may say to whom.
    """
    params = Backfill.model_validate(step.params)
    jobs = (f"arn:aws:s3:{params.source}:{account}:job/*",)
    on_jobs = (
        Need("s3:CreateJob", params.source),
        Need("s3:ListJobs", params.source),
        Need("s3:DescribeJob", params.source, jobs),
    )
    handed = (("iam:PassedToService", "batchoperations.s3.amazonaws.com"),)
    return (*on_jobs, Need("iam:PassRole", None, (params.role_arn,), handed))


def commands(step: Step) -> Recipe:
    params = Backfill.model_validate(step.params)
    make = by_hand.backfill(params.pair, params.role_arn, *BRIEFLY)
    return Recipe(
        act=(tried(make, f"{params.source} did not answer: no job was prepared"),),
        show=(tried(by_hand.backfills(params.pair, params.role_arn), "no job can be listed"),),
        note="The job lists its objects and then waits. Whoever confirms it in the console of S3 Batch Operations "
        "starts it, and what it copies is paid for.",
        stuck=f"Do this when {params.source} answers again: what failed to be copied lies there.",
    )


@dataclass(frozen=True)
class PrepareBackfill(PerRun):
    """Done when this run's job has its list and waits for a person, or when there is nothing to list.

    A job of an earlier run lists what had failed then, and not what failed since.
    """

    ports: Ports

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        params = Backfill.model_validate(step.params)
        job = self.ports.of(params.account).buckets.backfill(params.pair, params.role_arn, claim)
        if job is None:
            return StepObservation(Progress.ABSENT, "this run has no job yet", {"job": None})
        evidence: dict[str, JsonValue] = {"job": job.id, "status": job.status, "failure": job.failure}
        if job.status in _LISTING:
            return StepObservation(Progress.UNDER_WAY, f"job {job.id} lists its objects", evidence, eta_s=5.0)
        return StepObservation(Progress.SATISFIED, _prepared(job), evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Backfill.model_validate(step.params)
        self.ports.of(params.account).buckets.prepare_backfill(params.pair, params.role_arn, claim)


def found_nothing(job: BackfillJob) -> bool:
    """Whether it failed because there is nothing to copy: S3 has no other word for an empty list."""
    return job.status in _FAILED and "no keys" in job.failure.lower()


def _prepared(job: BackfillJob) -> str:
    """What a job that is past listing means. RejectedError where it failed for another reason than an empty list, or
    where somebody has cancelled it: nobody can confirm it any more."""
    if job.status in _CANCELLED:
        raise FinalError(f"Batch Replication job {job.id} is {job.status}: what it lists is not copied.")
    if job.status not in _FAILED:
        waits = "waits to be confirmed" if job.status == "Suspended" else f"is {job.status}"
        return f"job {job.id} {waits}"
    if found_nothing(job):
        return f"there is nothing to copy: {job.failure}"
    raise RejectedError(f"Batch Replication job {job.id} failed: {job.failure}")


KIND = Kind(
    "prepare-backfill",
    does="Makes a Batch Replication job for objects that failed or are older than their rule; a person confirms it.",
    segment=Segment.SETTLE,
    region=Side.SOURCE,
    home=Side.SOURCE,
    plane=Plane.CONTROL,
    deadline_s=LISTING_S,
    late=Late.SAME_AGAIN,
    actions=("s3:CreateJob", "s3:ListJobs", "s3:DescribeJob", "iam:PassRole"),
    carry_out=PrepareBackfill,
    by_hand=commands,
    needs=needs,
    back="Cancel the job; one that was confirmed has copied what it has copied.",
    undo=undo,
)
