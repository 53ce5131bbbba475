"""Whether the records can do what a run would ask of them: send everybody to one region, and before that a share.

A switch that Route 53 refuses would be found when the writer has moved already; so it is looked for beforehand.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

from dr_core.plan.canary import CanaryPlan, canary_plan
from dr_core.plan.move import Move
from dr_core.plan.step import Mode
from dr_core.plan.traffic_switch import traffic_switch
from dr_core.readiness.examination import EVERYWHERE, About, Inquiry, Subject
from dr_core.readiness.examinations.traffic import AREA, Record, records
from dr_core.readiness.model import Check
from dr_core.topology.traffic import Route53Records


@dataclass(frozen=True)
class Wanted:
    """What runs do with the records: `switched` by some plan, `shared` by some canary, `one_writer` behind them."""

    switched: bool
    shared: bool
    one_writer: bool


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for spec in (entry.route53_records for entry in subject.application.traffic if entry.route53_records):
        yield Inquiry(
            "records-unknown", AREA, spec.name, EVERYWHERE, "Route 53 ListResourceRecordSets",
            partial(records, subject, spec), partial(judge_shape, spec, wanted(subject, spec)),
        )  # fmt: skip


def wanted(subject: Subject, spec: Route53Records) -> Wanted:
    app = subject.application
    moves = [Move(subject.name, app, *pair, Mode.PLANNED) for pair in permutations(app.regions, 2)]
    canaries = [planned for move in moves if isinstance(planned := canary_plan(move), CanaryPlan)]
    return Wanted(
        switched=any(spec in traffic_switch(move).switched for move in moves),
        shared=any(spec in planned.records for planned in canaries),
        one_writer=app.database is not None,
    )


def judge_shape(spec: Route53Records, use: Wanted, listed: tuple[Record, ...] | None, about: About) -> Iterable[Check]:
    own = [record for record in listed or () if record.set_identifier in spec.set_identifiers.values()]
    if not own or not use.switched:
        return  # that there are none is told by another examination
    kinds = sorted({record.routing for record in own})
    if kinds not in (["weighted"], ["failover"]):
        message = f"{spec.name} is answered by {' and '.join(kinds)}: no change of it sends everybody to one region."
        way_out = "Make its records weighted, or switch by a routing control or a take-over object."
        yield about.blocking("records-no-switch", message, evidence=_shown(own), way_out=way_out)
    elif bare := [
        one.set_identifier for one in own if kinds == ["failover"] and not one.alias and not one.health_check
    ]:
        message = f"Route 53 takes no PRIMARY without a health check, and {', '.join(bare)} has none."
        way_out = "Give every record of the pair the health check that switches it."
        yield about.blocking("pair-without-check", message, evidence=_shown(own), way_out=way_out)
    else:
        yield about.ok("records-no-switch", f"The records of {spec.name} can be switched as one.", evidence=_shown(own))
    if use.shared and kinds != ["weighted"]:
        message = f"No canary can be held: {spec.name} is answered by {' and '.join(kinds)}, not by weight."
        way_out = "Make its records weighted, or leave the canary out."
        yield about.blocking("canary-not-weighted", message, way_out=way_out, mode=Mode.PLANNED)
    on = [record for record in own if record.weight and not record.health_check]
    if use.one_writer and len(on) > 1:
        message = f"Several regions share the users of {spec.name}, and only one of them writes."
        way_out = "While a canary is held this is as it should be; else give the active side all of the weight."
        yield about.warning("weights-shared", message, evidence=_shown(on), way_out=way_out)


def _shown(found: Iterable[Record]) -> str:
    return ", ".join(
        f"{one.set_identifier}: {one.routing}{'' if one.weight is None else f' {one.weight}'}" for one in found
    )
