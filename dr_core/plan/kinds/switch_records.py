"""Switch traffic by changing Route 53 records. Its control plane lives in us-east-1 alone."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import is_
from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Published, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Seen, Taken
from dr_core.topology.traffic import Route53Records
from dr_core.traffic import by_hand
from dr_core.traffic.actions import on_records
from dr_core.traffic.port import leading
from dr_core.verify.answers import addresses_by_region, answering

ROUTE53_HOME = "us-east-1"


class SwitchTo(Params):
    records: Route53Records
    target: str


class Weights(Params):
    """The named regions get these weights; a region that is not named keeps its own."""

    records: Route53Records
    weights: dict[str, int]


def plan(move: Move, records: Route53Records, after: tuple[str, ...]) -> Step:
    return KIND.step(
        move,
        f"Send {records.name} to {move.target} by its {records.type} records in zone {records.hosted_zone}",
        SwitchTo(account=move.app.account, records=records, target=move.target),
        after=after,
        of=records.name,
        undo=f"Send {records.name} to {move.source} again",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    """The weights or the role before; an application that goes back takes all users along, whatever was found."""
    params, home = SwitchTo.model_validate(taken.step.params), taken.back.target
    records, led = params.records, _leads(taken.before)
    weights = stood(taken.before.get("records"))
    if taken.moved and led != home:
        led, weights = home, {}
    if weights:
        told = ", ".join(f"{region} {weight}" for region, weight in weights.items())
        title = f"Give the records of {records.name} the weights that they had: {told}"
        again = Weights(account=params.account, records=records, weights=weights)
        return (taken.make("shift-weights", title, again, of=records.name),)
    if led is None:
        return ()
    to_home = params.model_copy(update={"target": led})
    return (taken.make(KIND.name, f"Send {records.name} to {led} again", to_home, of=records.name),)


def stood(found: JsonValue) -> dict[str, int]:
    """Weights as evidence holds them; none where the records have roles."""
    known = found.items() if isinstance(found, dict) else ()
    return {region: weight for region, weight in known if isinstance(weight, int)}


def _leads(before: Seen) -> str | None:
    """The one region that the records preferred: all of the weight, or PRIMARY."""
    found = before.get("records")
    known = found.items() if isinstance(found, dict) else ()
    on = [region for region, share in known if share == "PRIMARY" or (isinstance(share, int) and share > 0)]
    return on[0] if len(on) == 1 else None


def zone(step: Step) -> tuple[str, ...]:
    return (f"arn:aws:route53:::hostedzone/{SwitchTo.model_validate(step.params).records.hosted_zone}",)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    records = SwitchTo.model_validate(step.params).records
    return (
        Need("route53:ChangeResourceRecordSets", None, zone(step), on_records(records)),
        Need("route53:ListResourceRecordSets", None, zone(step)),
        Need("route53:TestDNSAnswer", None),
    )


def commands(step: Step) -> Recipe:
    params = SwitchTo.model_validate(step.params)
    return Recipe(
        act=(by_hand.batch(params.records, params.target), by_hand.change(params.records)),
        until=(is_(by_hand.propagated(), "INSYNC"),),
        show=(by_hand.shown(params.records), by_hand.zone_answer(params.records)),
        note=f"The change is made of the records as they are now. Route 53 is changed in {ROUTE53_HOME} alone.",
        stuck="A batch that is refused has changed nothing: somebody changed the records meanwhile. Begin this step "
        f"again. While {ROUTE53_HOME} is down no record can be changed; go on trying.",
    )


@dataclass(frozen=True)
class SwitchRecords:
    """Done when the records prefer the target and the zone itself answers so.

    The id of a change is not kept: a process that dies after the call could not know it. Propagation to every name
    server, and the caches behind them, are what the DNS and write verifications wait for.
    """

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = SwitchTo.model_validate(step.params)
        ports = self.ports.of(params.account)
        records = ports.records.records(params.records)
        evidence: dict[str, JsonValue] = {
            "records": {record.region: record.weight if record.role is None else record.role for record in records}
        }
        preferred = leading(records)
        if preferred != params.target:
            return StepObservation(Progress.ABSENT, f"the records prefer {preferred or 'no single region'}", evidence)
        values = ports.records.authoritative(params.records)
        by_region = addresses_by_region({r.region: r.values for r in records}, params.records.type, ports.resolver)
        answer = answering(values, by_region)
        if answer.regions == (params.target,) and not answer.strangers:
            return StepObservation(Progress.SATISFIED, f"the zone answers {params.target}", evidence)
        return StepObservation(Progress.UNDER_WAY, f"the zone still answers {answer.sentence}", evidence, eta_s=2.0)

    def act(self, step: Step, claim: Claim) -> None:
        params = SwitchTo.model_validate(step.params)
        self.ports.of(params.account).records.set_active(params.records, params.target, claim)


KIND = Kind(
    "switch-records",
    does="Changes Route 53 records so that they prefer the target.",
    segment=Segment.SWITCH,
    region=Side.TARGET,
    home=ROUTE53_HOME,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.REFUSED,
    actions=("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets", "route53:TestDNSAnswer"),
    carry_out=SwitchRecords,
    by_hand=commands,
    needs=needs,
    back="Change them back.",
    undo=undo,
    published=Published(60.0, "published: Route 53 propagates changes within 60 s as a rule"),
)
