"""Say whether what is written in the target will be carried back. Rules are set up beforehand, never in a run.

`PutBucketReplication` depends on us-east-1:
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.copies import by_hand
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, OnlyLooks, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.replication.port import BucketPair
from dr_core.replication.rules import not_carried
from dr_core.topology.stores import S3Buckets


class BucketsMove(Params):
    """A bucket and its copy, as they stand before the move."""

    spec: S3Buckets
    source: str
    target: str

    @property
    def pair(self) -> BucketPair:
        return self._pair(self.source, self.target)

    @property
    def back(self) -> BucketPair:
        return self._pair(self.target, self.source)

    def _pair(self, source: str, target: str) -> BucketPair:
        buckets = self.spec.buckets
        return BucketPair(buckets[source], source, buckets[target], target, self.spec.prefixes, self.spec.heartbeat)


def copied(move: Move) -> Iterator[BucketsMove]:
    """Every storage that has a bucket on both sides."""
    for entry in move.app.storage:
        if entry.s3 is not None and {move.source, move.target} <= entry.s3.buckets.keys():
            yield BucketsMove(account=move.app.account, spec=entry.s3, source=move.source, target=move.target)


def plan(move: Move, params: BucketsMove) -> Step:
    back = params.back
    return KIND.step(
        move,
        f"Look whether {back.source} is replicated back to {back.target}; change nothing",
        params,
        of=back.source,
        tried=True,
    ).model_copy(update={"follow_up": False})


def needs(step: Step, account: str) -> tuple[Need, ...]:
    back = BucketsMove.model_validate(step.params).back
    return (Need("s3:GetReplicationConfiguration", back.source_region, (f"arn:aws:s3:::{back.source}",)),)


def commands(step: Step) -> Recipe:
    back = BucketsMove.model_validate(step.params).back
    return Recipe(
        show=(by_hand.rules(back),),
        note=f"An enabled rule to {back.target} carries back what is written from now on. Each line ends with whether "
        "changes of replicas go along.",
        stuck="Nothing waits for this. A rule that is missing is added later, and what is older than it is copied by "
        "S3 Batch Replication.",
    )


@dataclass(frozen=True)
class CheckRules(OnlyLooks):
    """Done when the rules were read; what they leave out is evidence, not a failure."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = BucketsMove.model_validate(step.params)
        back = params.back
        gaps = not_carried(self.ports.of(params.account).buckets.rules(back), back)
        evidence: dict[str, JsonValue] = {"from": back.source, "to": back.target, "not_carried_back": list(gaps)}
        if gaps:
            detail = f"{back.source} is not carried back to {back.target} as a whole: {'; '.join(gaps)}"
            return StepObservation(Progress.SATISFIED, detail, evidence)
        return StepObservation(Progress.SATISFIED, f"{back.source} is carried back to {back.target}", evidence)


KIND = Kind(
    "check-rules",
    does="Says whether the target's bucket is replicated back to the source's, and what is left out.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.DATA,
    # It changes nothing, so that the gates must not wait long for a region that does not answer.
    deadline_s=5.0,
    late=Late.NOTHING,
    actions=("s3:GetReplicationConfiguration",),
    carry_out=CheckRules,
    by_hand=commands,
    needs=needs,
)
