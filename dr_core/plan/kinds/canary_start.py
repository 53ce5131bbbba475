"""Send a share of the users to the target, by weight, before anything is taken away from anybody."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.aws.cli import is_
from dr_core.aws.faults import outcome_unknown
from dr_core.claim import Claim
from dr_core.errors import DrError, RejectedError
from dr_core.plan.canary import LEAVE_OUT, CanaryPlan
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Published, Side
from dr_core.plan.kinds.switch_records import ROUTE53_HOME
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import nothing_left
from dr_core.topology.traffic import Route53Records
from dr_core.traffic import by_hand
from dr_core.traffic.actions import CHANGE, on_records
from dr_core.traffic.port import Record, Records, leading
from dr_core.traffic.weights import in_words, weights_of

NAME = "canary-start"


class Share(Params):
    """`percent` of the users of `records` go to `target`, the others stay with `source`."""

    records: tuple[Route53Records, ...]
    source: str
    target: str
    percent: int

    @property
    def weights(self) -> dict[str, int]:
        return {self.source: 100 - self.percent, self.target: self.percent}


def plan(move: Move, planned: CanaryPlan, after: tuple[str, ...]) -> Step:
    names = ", ".join(entry.name for entry in planned.records)
    return KIND.step(
        move,
        f"Send {planned.canary.percent} % of the users of {names} to {move.target}",
        share(move, planned),
        after=after,
        undo=f"Send everybody to {move.source} again",
    )


def share(move: Move, planned: CanaryPlan) -> Share:
    return Share(
        account=move.app.account,
        records=planned.records,
        source=move.source,
        target=move.target,
        percent=planned.canary.percent,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    return on_zones(Share.model_validate(step.params))


def on_zones(params: Share) -> tuple[Need, ...]:
    """To read and to change the records, each in the zone that they stand in."""
    return tuple(
        Need(action, None, (f"arn:aws:route53:::hostedzone/{entry.hosted_zone}",), told)
        for entry in params.records
        for action, told in ((one, on_records(entry) if one == CHANGE else ()) for one in KIND.actions)
    )


def commands(step: Step) -> Recipe:
    params = Share.model_validate(step.params)
    return Recipe(
        act=tuple(line for entry in params.records for line in _changed(entry, params.weights)),
        until=(is_(by_hand.propagated(), "INSYNC"),),
        show=tuple(by_hand.shown(entry) for entry in params.records),
        note=f"Users follow as their resolvers ask again. Route 53 is changed in {ROUTE53_HOME} alone.",
        stuck="A canary is no part of the way: leave it out, with its hold, and go on or stop.",
    )


def _changed(entry: Route53Records, weights: Mapping[str, int]) -> tuple[str, ...]:
    return by_hand.weights(entry, weights), by_hand.change(entry)


Seen = tuple[tuple[Route53Records, tuple[Record, ...]], ...]
"""Each entry, and its records as they are now: one name may have an entry for IPv4 and one for IPv6."""


def read(records: Records, params: Share) -> Seen:
    return tuple((entry, records.records(entry)) for entry in params.records)


def shown(seen: Seen) -> JsonValue:
    """As evidence: the weights by name and type."""
    return {f"{entry.name} {entry.type}": dict(weights_of(found)) for entry, found in seen}


def sends(records: tuple[Record, ...], weights: Mapping[str, int]) -> bool:
    return weights.items() <= weights_of(records).items()


@dataclass(frozen=True)
class CanaryStart:
    """Done when every record holds the share. Whom DNS has answered so far, only the users' resolvers know."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Share.model_validate(step.params)
        seen = read(self.ports.of(params.account).records, params)
        evidence: dict[str, JsonValue] = {"weights": shown(seen)}
        if all(sends(found, params.weights) for _, found in seen):
            return StepObservation(Progress.SATISFIED, f"{params.percent} % are sent to {params.target}", evidence)
        for entry, found in seen:
            _refuse(entry.name, found, params)
        return StepObservation(Progress.ABSENT, f"everybody is sent to {params.source}", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Share.model_validate(step.params)
        records = self.ports.of(params.account).records
        try:
            for entry in params.records:
                if not sends(records.records(entry), params.weights):
                    records.set_weights(entry, params.weights, claim)
        except DrError as error:
            # All of the names or none. After a lost answer it is looked first; what stays, the hold takes back.
            if not outcome_unknown(error):
                with suppress(DrError):
                    take_back(records, params, claim)
            raise


def take_back(records: Records, params: Share, claim: Claim) -> None:
    """Send everybody to the source again, in every record that does not; a name that is refused spares no other."""
    refused: list[DrError] = []
    for entry in params.records:
        try:
            if leading(records.records(entry)) != params.source:
                records.set_active(entry, params.source, claim)
        except DrError as error:
            refused.append(error)
    if refused:
        raise refused[0]


def _refuse(name: str, found: tuple[Record, ...], params: Share) -> None:
    """A share is taken from one region that has everybody; anything else is no state to begin a trial from."""
    if any(record.routing != "weighted" for record in found):
        raise RejectedError(f"The records of {name} are not weighted: they cannot send a share to {params.target}.")
    missing = {params.source, params.target} - {record.region for record in found}
    if missing:
        raise RejectedError(f"{name} has no record for {' and '.join(sorted(missing))}.")
    if not sends(found, params.weights) and leading(found) != params.source:
        raise RejectedError(
            f"Not everybody is sent to {params.source} by {name}: {in_words(found)}.",
            hint=f"A request without a canary goes on: --override {LEAVE_OUT}.",
        )


KIND = Kind(
    NAME,
    does="Sends 1 to 5 % of the users to the target by weight, while the source still has everything.",
    segment=Segment.CANARY,
    region=Side.TARGET,
    home=ROUTE53_HOME,
    plane=Plane.CONTROL,
    deadline_s=300.0,
    late=Late.REFUSED,
    actions=("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"),
    carry_out=CanaryStart,
    by_hand=commands,
    needs=needs,
    back="Give the source all of the weight again.",
    # The hold that stands behind it does, before its run may end.
    undo=nothing_left,
    published=Published(60.0, "published: Route 53 propagates changes within 60 s as a rule"),
)
