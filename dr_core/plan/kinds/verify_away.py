"""Check that DNS, as resolvers see it, answers a region no more, whichever of the others it answers."""

from dataclasses import dataclass

from dr_core.plan.catalogue import StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, Need, OnlyLooks, Published, Side
from dr_core.plan.kinds.switch_records import ROUTE53_HOME
from dr_core.plan.kinds.verify_dns import heard
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.traffic import Route53Records
from dr_core.traffic import by_hand


class Away(Params):
    records: Route53Records
    region: str


def plan(move: Move, records: Route53Records, after: tuple[str, ...]) -> Step:
    return KIND.step(
        move,
        f"Verify that resolvers do not answer {records.name} with {move.source} any more",
        Away(account=move.app.account, records=records, region=move.source),
        after=after,
        of=records.name,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    zone = Away.model_validate(step.params).records.hosted_zone
    return (Need("route53:ListResourceRecordSets", None, (f"arn:aws:route53:::hostedzone/{zone}",)),)


def commands(step: Step) -> Recipe:
    params = Away.model_validate(step.params)
    return Recipe(
        act=by_hand.expected(params.records, params.region),
        until=(f"! {by_hand.answered(params.records)}",),
        show=(by_hand.asked_of_dns(params.records),),
        note=f"`$wanted` is what the record of {params.region} stands for: it is what must not be answered.",
        stuck="Resolvers keep an answer for its TTL: ask again after that, and from elsewhere.",
    )


@dataclass(frozen=True)
class VerifyAway(OnlyLooks):
    """Done when every resolver that answers, and at least one, answers regions of the application but this one."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Away.model_validate(step.params)
        return heard(
            self.ports.of(params.account),
            params.records,
            lambda found: params.region in found.regions or bool(found.strangers) or not found.regions,
            f"answer other regions than {params.region}",
        )


KIND = Kind(
    "verify-away",
    does="Waits until resolvers answer the public name with the source no more.",
    segment=Segment.VERIFY,
    region=Side.SOURCE,
    # Which address is whose is read from Route 53, whose API lives in us-east-1; the answers are data plane.
    home=ROUTE53_HOME,
    plane=Plane.CONTROL,
    deadline_s=VERIFY_S,
    late=Late.NOTHING,
    actions=("route53:ListResourceRecordSets",),
    carry_out=VerifyAway,
    by_hand=commands,
    needs=needs,
    published=Published(72.0, "published: failover by Route 53 was measured at 57 s and 72 s"),
)
