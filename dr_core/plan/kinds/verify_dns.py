"""Check that DNS, as resolvers see it, answers the target and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, Need, OnlyLooks, Published, Side
from dr_core.plan.kinds.switch_records import ROUTE53_HOME, SwitchTo, zone
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.traffic import Route53Records
from dr_core.traffic import by_hand
from dr_core.verify.answers import Answering, addresses_by_region, answering


def plan(move: Move, records: Route53Records, after: tuple[str, ...]) -> Step:
    return KIND.step(
        move,
        f"Verify that resolvers answer {records.name} with {move.target}",
        SwitchTo(account=move.app.account, records=records, target=move.target),
        after=after,
        of=records.name,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return (Need("route53:ListResourceRecordSets", None, zone(step)),)


def commands(step: Step) -> Recipe:
    params = SwitchTo.model_validate(step.params)
    return Recipe(
        act=by_hand.expected(params.records, params.target),
        until=(by_hand.answered(params.records),),
        show=(by_hand.asked_of_dns(params.records),),
        note=f"`$wanted` is what the record of {params.target} stands for.",
        stuck="A load balancer's addresses change, and resolvers keep an answer for its TTL: compare by eye. Where the "
        "write below comes back from the target, clients get there.",
    )


@dataclass(frozen=True)
class VerifyDns(OnlyLooks):
    """Done when every resolver that answers, and at least one, gives only the target's addresses."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = SwitchTo.model_validate(step.params)
        return heard(
            self.ports.of(params.account),
            params.records,
            lambda found: found.regions != (params.target,) or bool(found.strangers),
            f"answer {params.target}",
        )


def heard(ports: Ports, records: Route53Records, amiss: Callable[[Answering], bool], told: str) -> StepObservation:
    """What the resolvers answer for a name: done when at least one answers, and none of those that do is `amiss`.

    `told`: what they do then, in words.
    """
    by_region = addresses_by_region(ports.records.addresses(records), records.type, ports.resolver)
    said, answers = dict[str, JsonValue](), ports.resolver.answers(records.name, records.type)
    count, elsewhere = 0, list[str]()
    for answer in answers:
        if answer.values is None:
            said[answer.server] = {"answer": None, "reason": answer.reason}
            continue
        found = answering(answer.values, by_region)
        said[answer.server] = {"answer": found.sentence, "ttl_s": answer.ttl_s}
        count += 1
        if amiss(found):
            elsewhere.append(f"{answer.server} answers {found.sentence} (TTL {answer.ttl_s} s)")
    evidence: dict[str, JsonValue] = {"resolvers": said}
    if elsewhere or not count:
        reason = "; ".join(elsewhere) or "no resolver answered"
        return StepObservation(Progress.UNDER_WAY, reason, evidence, eta_s=2.0)
    return StepObservation(Progress.SATISFIED, f"{count} of {len(answers)} resolvers {told}", evidence)


KIND = Kind(
    "verify-dns",
    does="Waits until resolvers answer the public name with the target.",
    segment=Segment.VERIFY,
    region=Side.TARGET,
    # Which address is whose is read from Route 53, whose API lives in us-east-1; the answers are data plane.
    home=ROUTE53_HOME,
    plane=Plane.CONTROL,
    deadline_s=VERIFY_S,
    late=Late.NOTHING,
    actions=("route53:ListResourceRecordSets",),
    carry_out=VerifyDns,
    by_hand=commands,
    needs=needs,
    published=Published(72.0, "published: failover by Route 53 was measured at 57 s and 72 s"),
)
