"""Shift users by weight where every region serves: away from one region, or back to it. The others stay on."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import is_
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Published, Side
from dr_core.plan.kinds.switch_records import ROUTE53_HOME, Weights, stood
from dr_core.plan.move import Move
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.traffic import Route53Records
from dr_core.traffic import by_hand
from dr_core.traffic.actions import on_records
from dr_core.traffic.weights import weights_of
from dr_core.verify.answers import addresses_by_region, answering

EQUAL = 100
"""The weight of each region where the topology names none."""


class Shift(Weights):
    @property
    def off(self) -> set[str]:
        return {region for region, weight in self.weights.items() if weight == 0}


def plan(move: Move, records: Route53Records, after: tuple[str, ...]) -> Step:
    share = records.weights.get(move.target, EQUAL)
    weights = {move.target: share} if move.returning else {move.source: 0, move.target: share}
    if move.returning:
        title = f"Give {move.target} its weight in {records.name} again, {share}; the others stay on"
        undo = f"Give {move.target} weight 0 in {records.name}"
    else:
        title = f"Give {move.source} weight 0 in {records.name}; {move.target} has {share}, the others stay as they are"
        undo = f"Give {move.source} its weight in {records.name} again"
    params = Shift(account=move.app.account, records=records, weights=weights)
    return KIND.step(move, title, params, after=after, of=records.name, undo=undo)


def undo(taken: Taken) -> tuple[Step, ...]:
    """The weights before, of the regions that were given others."""
    params = Shift.model_validate(taken.step.params)
    found = stood(taken.before.get("weights"))
    before = {region: weight for region, weight in found.items() if region in params.weights}
    if taken.found is None or not before:
        return ()
    told = ", ".join(f"{region} {weight}" for region, weight in before.items())
    title = f"Give the records of {params.records.name} the weights that they had: {told}"
    return (taken.make(KIND.name, title, params.model_copy(update={"weights": before}), of=params.records.name),)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    records = Shift.model_validate(step.params).records
    zone = (f"arn:aws:route53:::hostedzone/{records.hosted_zone}",)
    return (
        Need("route53:ChangeResourceRecordSets", None, zone, on_records(records)),
        Need("route53:ListResourceRecordSets", None, zone),
        Need("route53:TestDNSAnswer", None),
    )


def commands(step: Step) -> Recipe:
    params = Shift.model_validate(step.params)
    return Recipe(
        act=(by_hand.weights(params.records, params.weights), by_hand.change(params.records)),
        until=(is_(by_hand.propagated(), "INSYNC"),),
        show=(by_hand.shown(params.records),),
        note=f"At least one region keeps a weight. Route 53 is changed in {ROUTE53_HOME} alone.",
        stuck=f"While {ROUTE53_HOME} is down no record can be changed; go on trying.",
    )


@dataclass(frozen=True)
class ShiftWeights:
    """Done when the records have the weights and the zone answers no region that was taken off."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Shift.model_validate(step.params)
        ports, spec = self.ports.of(params.account), params.records
        now = weights_of(ports.records.records(spec))
        evidence: dict[str, JsonValue] = {"weights": {**now}}
        told = _told(now)
        if not params.weights.items() <= now.items():
            return StepObservation(Progress.ABSENT, f"the weights are {told}", evidence)
        by_region = addresses_by_region(ports.records.addresses(spec), spec.type, ports.resolver)
        answer = answering(ports.records.authoritative(spec), by_region)
        if params.off & set(answer.regions):
            return StepObservation(Progress.UNDER_WAY, f"the zone still answers {answer.sentence}", evidence, eta_s=2.0)
        return StepObservation(Progress.SATISFIED, f"the weights are {told}", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Shift.model_validate(step.params)
        self.ports.of(params.account).records.set_weights(params.records, params.weights, claim)


def _told(weights: Mapping[str, int]) -> str:
    return ", ".join(f"{region} {weight}" for region, weight in weights.items()) or "not there: the records have none"


KIND = Kind(
    "shift-weights",
    does="Gives a region that serves weight 0, or its weight again; at least one region stays on.",
    segment=Segment.SWITCH,
    region=Side.TARGET,
    home=ROUTE53_HOME,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.REFUSED,
    actions=("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets", "route53:TestDNSAnswer"),
    carry_out=ShiftWeights,
    by_hand=commands,
    needs=needs,
    back="Give the weights back.",
    undo=undo,
    published=Published(60.0, "published: Route 53 propagates changes within 60 s as a rule"),
)
