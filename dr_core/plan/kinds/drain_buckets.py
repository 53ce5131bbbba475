"""Wait, in planned mode, for what a bucket's rules still owe; a remainder is shown and follows after the switch."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.copies import by_hand
from dr_core.copies.port import Remainder
from dr_core.plan.catalogue import PerRun, Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, OnlyLooks, Side
from dr_core.plan.kinds.check_rules import BucketsMove
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.replication.cloudwatch import PERIOD_S

DRAIN_S = 4.0 * PERIOD_S
"""The rest of a minute, the whole next one, and two more until CloudWatch tells of that at the latest."""
GATE_S = 900.0
"""Replication Time Control is designed for 15 minutes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html"""
_OLDEST_S = 3.0 * PERIOD_S


def plan(move: Move, params: BucketsMove, after: tuple[str, ...]) -> Step:
    pair = params.pair
    waits = f"for at most {GATE_S if params.spec.gate else DRAIN_S:g} s"
    return KIND.step(
        move,
        f"Wait {waits} until everything in {pair.source} is copied to {pair.target}",
        params,
        after=after,
        of=pair.source,
        # Both regions are there: what is not copied in time is copied later, and nothing is lost by going on.
        tried=True,
        deadline_s=GATE_S if params.spec.gate else None,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    pair = BucketsMove.model_validate(step.params).pair
    return (
        Need("s3:GetReplicationConfiguration", pair.source_region, (f"arn:aws:s3:::{pair.source}",)),
        Need("cloudwatch:GetMetricData", pair.target_region),
    )


def commands(step: Step) -> Recipe:
    return Recipe(
        show=(by_hand.owed(BucketsMove.model_validate(step.params).pair),),
        note="Prints what each rule owes, minute by minute. Nothing is lost by going on with a remainder: it follows.",
        stuck="A rule that owes something and does not get on: look at its role and at the bucket's failed operations.",
    )


@dataclass(frozen=True)
class DrainBuckets(OnlyLooks, PerRun):
    """Done when a fresh figure says that nothing is pending. What is not known is not nothing.

    CloudWatch has one figure a minute, stamped with its beginning: what was written after it is not in it, so its age
    always stands beside it. One that begins before this step looks for the first time may be of before the fence. A
    process that takes over looks for the first time itself.
    """

    ports: Ports
    _begun: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        params = BucketsMove.model_validate(step.params)
        seen = self.ports.of(params.account).buckets.remainder(params.pair)
        begun = self._begun.setdefault((claim.token, step.name), seen.asked_at)
        evidence: dict[str, JsonValue] = {
            "pending_operations": seen.operations,
            "pending_bytes": seen.size_bytes,
            "measured_at": seen.measured_at.isoformat() if seen.measured_at else None,
            "age_seconds": seen.age_s,
            "looked_for_since": begun.isoformat(),
            "reason": seen.reason,
        }
        fresh = seen.age_s is not None and seen.age_s <= _OLDEST_S
        since = seen.measured_at is not None and seen.measured_at >= begun
        progress = Progress.SATISFIED if seen.operations == 0 and fresh and since else Progress.UNDER_WAY
        return StepObservation(progress, said(seen, begun), evidence, eta_s=5.0)


def said(seen: Remainder, begun: datetime) -> str:
    if seen.operations is None or seen.age_s is None:
        return f"what is pending is not known: {seen.reason or 'no datapoint says when'}"
    size = "" if seen.size_bytes is None else f" with {seen.size_bytes} bytes"
    pending = f"{seen.operations} operations{size} are pending" if seen.operations else "nothing is pending"
    stale = ", which is stale" if seen.age_s > _OLDEST_S else ""
    before = seen.measured_at is not None and seen.measured_at < begun
    awaited = f"; a figure that begins after {begun:%H:%M:%S}Z is waited for" if before and not stale else ""
    return f"{pending}, measured {seen.age_s:.0f} s ago{stale}{awaited}"


KIND = Kind(
    "drain-buckets",
    does="Waits until nothing of a bucket is pending any more, and shows the remainder.",
    segment=Segment.SETTLE,
    region=Side.TARGET,
    home=Side.SOURCE,
    plane=Plane.DATA,
    deadline_s=DRAIN_S,
    late=Late.NOTHING,
    actions=("s3:GetReplicationConfiguration", "cloudwatch:GetMetricData"),
    carry_out=DrainBuckets,
    by_hand=commands,
    needs=needs,
)
