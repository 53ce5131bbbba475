"""Routing controls: do the endpoints answer, do the controls lead users, and would a safety rule refuse the switch?

https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.html
https://docs.aws.amazon.com/recovery-cluster/latest/api/controlpanel-controlpanelarn-safetyrules.html
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dr_core.aws.faults import is_gone
from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.readiness.asking import call, pages
from dr_core.readiness.examination import ACROSS, EVERYWHERE, HERE, About, Inquiry, Subject
from dr_core.readiness.examinations.safety_rules import Rule, rule_of, would_refuse
from dr_core.readiness.examinations.traffic import HOME, records
from dr_core.readiness.model import Check
from dr_core.topology.model import Application
from dr_core.topology.traffic import ArcEndpoint, ArcRoutingControls, Route53Records
from dr_core.traffic.arc import SERVICE
from dr_core.traffic.controls import ARC_CONTROL_PLANE

AREA = "traffic"
CONFIG = "route53-recovery-control-config"
MADE_OF = 5
"""A cluster's endpoints."""
ALWAYS = 3
"""How many of them AWS keeps up: https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.update.api.html"""
_PRICING = "https://aws.amazon.com/application-recovery-controller/pricing/: USD 2.50 an hour for a cluster"
_GONE = "gone"
_RECOVERY_CONTROL = "RECOVERY_CONTROL"
_MOST_CHILDREN = 20

States = Mapping[str, str]
"""By region: On, Off, or that there is no such control."""


@dataclass(frozen=True)
class Follows:
    """One record, and the routing controls whose health checks it follows."""

    set_identifier: str
    health_check: str | None
    controls: tuple[str, ...]


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    app = subject.application
    for spec in (entry.arc_routing_controls for entry in app.traffic if entry.arc_routing_controls):
        panel = panel_of(spec)
        name = panel.rsplit("/", 1)[-1]
        yield Inquiry(
            "controls-unknown", AREA, name, ACROSS, "ARC GetRoutingControlState at each endpoint",
            partial(endpoints, subject, spec), partial(judge_endpoints, app),
        )  # fmt: skip
        yield Inquiry(
            "safety-rules-unknown", AREA, name, EVERYWHERE, f"ARC ListSafetyRules, {ARC_CONTROL_PLANE}",
            partial(rules, subject, spec, panel), partial(judge_rules, app, spec),
        )  # fmt: skip
        for records_ in (entry.route53_records for entry in app.traffic if entry.route53_records):
            yield Inquiry(
                "control-checks-unknown", AREA, records_.name, EVERYWHERE,
                "Route 53 ListResourceRecordSets and GetHealthCheck",
                partial(follows, subject, records_), partial(judge_follows, spec, records_),
            )  # fmt: skip
        yield Inquiry("control-costs", AREA, name, HERE, "dr.yaml", lambda: None, judge_costs)


def panel_of(spec: ArcRoutingControls) -> str:
    """The control panel's ARN, with which its controls' ARNs begin."""
    return next(iter(spec.controls.values())).rsplit("/routingcontrol/", 1)[0]


# -- what is asked ---------------------------------------------------------------------------------------------------


def endpoints(subject: Subject, spec: ArcRoutingControls) -> dict[str, States | str]:
    """What each endpoint, by its region, says of the controls; the reason in its place where it did not answer."""

    def told(endpoint: ArcEndpoint) -> States | str:
        try:
            return {region: _state(subject, endpoint, arn) for region, arn in spec.controls.items()}
        except DrError as error:
            return error.message

    with ThreadPoolExecutor(len(spec.endpoints)) as at_once:
        return {one.region: said for one, said in zip(spec.endpoints, at_once.map(told, spec.endpoints), strict=True)}


def _state(subject: Subject, endpoint: ArcEndpoint, arn: str) -> str:
    where = endpoint.region
    try:
        answer = call(subject, SERVICE, where, "GetRoutingControlState", endpoint=endpoint.url, RoutingControlArn=arn)
    except RejectedError as error:
        if is_gone(error):
            return _GONE
        raise
    return str(answer["RoutingControlState"])


def rules(subject: Subject, spec: ArcRoutingControls, panel: str) -> tuple[tuple[Rule, ...], Mapping[str, bool]]:
    """The panel's safety rules, and the states of the controls that they look at."""
    found = tuple(
        rule_of(raw)
        for answer in pages(
            subject, CONFIG, ARC_CONTROL_PLANE, "ListSafetyRules", token=("NextToken", "NextToken"),
            ControlPanelArn=panel,
        )
        for raw in answer.get("SafetyRules", ())
    )  # fmt: skip
    watched = dict.fromkeys((*spec.controls.values(), *(arn for rule in found for arn in rule.looks_at)))
    return found, {arn: _anywhere(subject, spec, arn) == "On" for arn in watched} if found else {}


def _anywhere(subject: Subject, spec: ArcRoutingControls, arn: str) -> str:
    missed: list[UnreachableError] = []
    for endpoint in spec.endpoints:
        try:
            return _state(subject, endpoint, arn)
        except UnreachableError as error:
            missed.append(error)
    raise missed[-1]


def follows(subject: Subject, spec: Route53Records) -> tuple[Follows, ...]:
    """Each record of the name with the controls that its health check follows, itself or through its children."""
    return tuple(
        Follows(record.set_identifier, record.health_check, _controls(subject, record.health_check))
        for record in records(subject, spec) or ()
    )


def _controls(subject: Subject, health_check: str | None) -> tuple[str, ...]:
    if health_check is None:
        return ()
    config = _config(subject, health_check)
    children = tuple(config.get("ChildHealthChecks") or ())[:_MOST_CHILDREN]
    configs = (config, *(_config(subject, child) for child in children))
    return tuple(str(one["RoutingControlArn"]) for one in configs if one.get("Type") == _RECOVERY_CONTROL)


def _config(subject: Subject, health_check: str) -> dict[str, Any]:
    answer = call(subject, "route53", HOME, "GetHealthCheck", HealthCheckId=health_check)
    config: dict[str, Any] = answer["HealthCheck"]["HealthCheckConfig"]
    return config


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_endpoints(app: Application, said: Mapping[str, States | str], about: About) -> Iterable[Check]:
    told = {region: states for region, states in said.items() if not isinstance(states, str)}
    silent = "; ".join(states for states in said.values() if isinstance(states, str))
    counted = f"{len(told)} of {len(said)} ARC endpoints answer"
    if len(told) < min(ALWAYS, len(said)):
        way_out = "Look at the addresses in dr.yaml, at the network, and at AWS's health: three are always up."
        yield about.blocking("arc-endpoints", f"Only {counted}.", evidence=silent, way_out=way_out)
    elif silent:
        way_out = "AWS takes two at a time away for maintenance: look again later."
        yield about.warning("arc-endpoints", f"{counted}.", evidence=silent, way_out=way_out)
    else:
        yield about.ok("arc-endpoints", f"All {len(told)} ARC endpoints answer.")
    if len(said) < MADE_OF:
        message = f"dr.yaml names {len(said)} of the {MADE_OF} endpoints of the cluster."
        way_out = "Name all of them: any two may be down at any time."
        yield about.warning("arc-endpoints-few", message, evidence=", ".join(said), way_out=way_out)
    if told:
        yield from _judge_states(app, next(iter(told.values())), about)


def _judge_states(app: Application, states: States, about: About) -> Iterable[Check]:
    for region, state in states.items():
        if state == _GONE:
            there = replace(about, region=region)
            message = f"The routing control for {region} does not exist."
            yield there.blocking("missing:control", message, way_out="Correct its ARN in dr.yaml.")
    on = [region for region, state in states.items() if state == "On"]
    evidence = ", ".join(f"{region} {state}" for region, state in states.items())
    if not on:
        message = "No routing control is on: Route 53 answers as if all were."
        yield about.warning("controls-on", message, evidence=evidence, way_out="Turn the active region's control on.")
    elif len(on) > 1 and not app.active_active:
        message = f"{len(on)} routing controls are on: users are sent to {' and '.join(on)}."
        way_out = "Turn off all but the active region's, or say `active_active: true`."
        yield about.warning("controls-on", message, evidence=evidence, way_out=way_out)
    else:
        yield about.ok("controls-on", f"Users are sent to {' and '.join(on)}.", evidence=evidence)


def judge_rules(
    app: Application, spec: ArcRoutingControls, seen: tuple[tuple[Rule, ...], Mapping[str, bool]], about: About
) -> Iterable[Check]:
    """Each rule against the switch to each region; whoever opens the request decides whether it is set aside."""
    found, states = seen
    blocked = False
    for target, arn in spec.controls.items():
        others = [other for other in spec.controls.values() if other != arn]
        # Where every region serves, users are shifted away from one of the others at a time.
        ways = [[other] for other in others] if app.active_active else [others]
        wanted = [{arn: True, **dict.fromkeys(off, False)} for off in ways]
        for rule in (rule for rule in found if any(would_refuse(rule, states, one) for one in wanted)):
            blocked = True
            there = replace(about, region=target)
            message = f"Safety rule {rule.name} would refuse to send users to {target}."
            way_out = "Bring its controls in order, or have the request set it aside."
            yield there.blocking("safety-rule", message, evidence=rule.arn, way_out=way_out)
    if not blocked:
        yield about.ok("safety-rule", f"No safety rule stands in the way; there are {len(found)}.")


def judge_follows(
    spec: ArcRoutingControls, records_: Route53Records, seen: tuple[Follows, ...], about: About
) -> Iterable[Check]:
    by_id = {one.set_identifier: one for one in seen}
    for region, arn in spec.controls.items():
        there = replace(about, region=region)
        record = by_id.get(records_.set_identifiers.get(region, ""))
        if record is None:
            continue  # that it is missing is said of the records
        if arn in record.controls:
            yield there.ok("control-not-followed", f"The record for {region} follows its routing control.")
            continue
        message = f"The record of {about.subject} for {region} does not follow its routing control: it leads nobody."
        evidence = f"health check {record.health_check or 'none'}, controls {', '.join(record.controls) or 'none'}"
        way_out = f"Put a health check of type {_RECOVERY_CONTROL} for this control on the record."
        yield there.blocking("control-not-followed", message, evidence=evidence, way_out=way_out)


def judge_costs(_: None, about: About) -> Iterable[Check]:
    message = "The cluster behind the routing controls costs about USD 1,800 a month, whatever it is used for."
    yield about.info("control-costs", message, evidence=_PRICING)
