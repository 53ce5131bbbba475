"""What leads users to a region: records, their time to live, the health checks on them, and whose control plane.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import EVERYWHERE, HERE, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.model import Application
from dr_core.topology.traffic import Route53Records
from dr_core.traffic.port import routing_of

AREA = "traffic"
HOME = "us-east-1"
_LONGEST_TTL_S = 30
_FAST_INTERVAL_S = 10
_A_SWITCH = "RECOVERY_CONTROL"
_OF_OTHERS = "CALCULATED"
_WATCHES = {"CLOUDWATCH_METRIC": "an alarm", _OF_OTHERS: "other checks"}
"""What a check of a type follows; every other type looks at an endpoint."""
_MOST_CHILDREN = 20


@dataclass(frozen=True)
class Record:
    """One record of the name. `leads_to`: an address or a host; `ttl_s` None for an alias, which has its target's.

    `routing` is the policy in one word; `weight` None: it has none.
    """

    set_identifier: str
    ttl_s: int | None
    health_check: str | None
    alias: bool
    evaluates_target: bool
    leads_to: tuple[str, ...]
    routing: str = "simple"
    weight: int | None = None


@dataclass(frozen=True)
class HealthCheckFacts:
    """`follows`: what decides it, by id and type: itself, or the checks that it is made of but for `unseen` of them."""

    id: str
    type: str
    interval_s: int | None
    disabled: bool
    follows: tuple[tuple[str, str], ...]
    unseen: int = 0


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    app = subject.application
    for spec in (entry.route53_records for entry in app.traffic if entry.route53_records):
        yield Inquiry(
            "records-unknown", AREA, spec.name, EVERYWHERE, "Route 53 ListResourceRecordSets",
            partial(records, subject, spec), partial(judge_records, spec),
        )  # fmt: skip
        yield Inquiry(
            "switches-unknown", AREA, spec.name, EVERYWHERE, "Route 53 ListResourceRecordSets and GetHealthCheck",
            partial(switches, subject, spec), partial(judge_switches, _declared_switches(app), _one_writer(app)),
        )  # fmt: skip
    for entry in app.health:
        for region, identifier in (entry.route53 or {}).items():
            yield Inquiry(
                "health-check-unknown", AREA, identifier, EVERYWHERE, "Route 53 GetHealthCheck",
                partial(health_check, subject, identifier), judge_health_check, region=region,
            )  # fmt: skip
    for takeover in (entry.standby_takes_over for entry in app.traffic if entry.standby_takes_over):
        yield Inquiry(
            "health-check-unknown", AREA, takeover.health_check, EVERYWHERE, "Route 53 GetHealthCheck",
            partial(health_check, subject, takeover.health_check), judge_health_check,
        )  # fmt: skip
        for region, bucket in takeover.bucket.items():
            yield Inquiry(
                "takeover-bucket-unknown", AREA, bucket, region, f"S3 HeadBucket, {region}",
                partial(found, subject, "s3", region, "HeadBucket", Bucket=bucket), judge_takeover_bucket,
            )  # fmt: skip
    yield Inquiry(
        "control-planes-unknown", AREA, subject.name, HERE, "dr.yaml",
        lambda: control_planes(app), judge_control_planes,
    )  # fmt: skip


def _declared_switches(app: Application) -> frozenset[str]:
    return frozenset(e.standby_takes_over.health_check for e in app.traffic if e.standby_takes_over)


def _one_writer(app: Application) -> bool:
    return app.database is not None


# -- what is asked ---------------------------------------------------------------------------------------------------


def records(subject: Subject, spec: Route53Records) -> tuple[Record, ...] | None:
    """The records of the name and type; None: no such zone."""
    answer = found(
        subject, "route53", HOME, "ListResourceRecordSets", HostedZoneId=spec.hosted_zone, StartRecordName=spec.name,
        StartRecordType=spec.type,
    )  # fmt: skip
    if answer is None:
        return None
    wanted = spec.name.rstrip(".").lower()
    return tuple(
        _record(raw)
        for raw in answer["ResourceRecordSets"]
        # Route 53 writes the asterisk of a wildcard as an octal escape.
        if raw["Name"].rstrip(".").lower().replace("\\052", "*") == wanted and raw["Type"] == spec.type
    )


def _record(raw: dict[str, Any]) -> Record:
    alias = raw.get("AliasTarget")
    values = (alias["DNSName"].rstrip("."),) if alias else tuple(v["Value"] for v in raw.get("ResourceRecords", ()))
    return Record(
        set_identifier=str(raw.get("SetIdentifier", "")),
        ttl_s=raw.get("TTL"),
        health_check=raw.get("HealthCheckId"),
        alias=alias is not None,
        evaluates_target=bool(alias and alias.get("EvaluateTargetHealth")),
        leads_to=values,
        routing=routing_of(raw),
        weight=raw.get("Weight"),
    )


def health_check(subject: Subject, identifier: str) -> HealthCheckFacts | None:
    raw = found(subject, "route53", HOME, "GetHealthCheck", HealthCheckId=identifier)
    if raw is None:
        return None
    config = raw["HealthCheck"]["HealthCheckConfig"]
    kind = str(config.get("Type", ""))
    follows, children = [(identifier, kind)], tuple(config.get("ChildHealthChecks") or ())
    if kind == _OF_OTHERS:
        asked = {
            child: call(subject, "route53", HOME, "GetHealthCheck", HealthCheckId=child)["HealthCheck"]
            for child in children[:_MOST_CHILDREN]
        }
        follows = [(child, str(below["HealthCheckConfig"].get("Type", ""))) for child, below in asked.items()]
    return HealthCheckFacts(
        identifier, kind, config.get("RequestInterval"), bool(config.get("Disabled")), tuple(follows),
        max(0, len(children) - _MOST_CHILDREN),
    )  # fmt: skip


def switches(subject: Subject, spec: Route53Records) -> tuple[tuple[Record, HealthCheckFacts | None], ...]:
    """Each record with the health check on it, if there is one."""
    known: dict[str, HealthCheckFacts | None] = {}
    pairs = []
    for record in records(subject, spec) or ():
        if record.health_check and record.health_check not in known:
            known[record.health_check] = health_check(subject, record.health_check)
        pairs.append((record, known.get(record.health_check or "")))
    return tuple(pairs)


def control_planes(app: Application) -> tuple[str, ...]:
    """The ways of switching that the topology names, by kind."""
    return tuple(entry.kind for entry in app.traffic)


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_records(spec: Route53Records, listed: tuple[Record, ...] | None, about: About) -> Iterable[Check]:
    if listed is None:
        message = f"There is no hosted zone {spec.hosted_zone}."
        yield about.blocking("missing:zone", message, way_out="Correct hosted_zone in dr.yaml.")
        return
    by_id = {record.set_identifier: record for record in listed}
    for region, identifier in spec.set_identifiers.items():
        there = About(about.area, about.subject, region, about.source, about.at)
        record = by_id.get(identifier)
        if record is None:
            message = f"{spec.name} ({spec.type}) has no record with set identifier {identifier}."
            evidence = f"found: {', '.join(sorted(by_id)) or 'none'}"
            yield there.blocking("missing:record", message, evidence=evidence, way_out=f"Add one for {region}.")
        elif record.ttl_s is not None and record.ttl_s > _LONGEST_TTL_S:
            message = f"Resolvers may keep the answer for {region} for {record.ttl_s} s after a switch."
            evidence = f"TTL {record.ttl_s} s, at most {_LONGEST_TTL_S} s is recommended"
            yield there.warning("ttl-high", message, evidence=evidence, way_out="Lower the TTL of the record.")
        else:
            told = "alias" if record.alias else f"TTL {record.ttl_s} s"
            yield there.ok("missing:record", f"{spec.name} has a record for {region}.", evidence=told)


def judge_switches(
    declared: frozenset[str],
    one_writer: bool,
    pairs: tuple[tuple[Record, HealthCheckFacts | None], ...],
    about: About,
) -> Iterable[Check]:
    """With one writer, DNS must move only when somebody switches it: never because an endpoint looks ill."""
    if not one_writer:
        yield about.ok("health-is-no-switch", f"{about.subject} has no single writer: health may lead its users.")
        return
    bad = [said for record, check in pairs if (said := _no_switch(record, check, declared))]
    unseen = [check for _, check in pairs if check is not None and check.unseen]
    if bad:
        message = f"Route 53 may move {about.subject} by itself, to a region that cannot write."
        way_out = "Put a switch on the record: a take-over object, a routing control, or weights 100 and 0."
        yield about.warning("health-is-no-switch", message, evidence="; ".join(bad), way_out=way_out)
    elif not pairs:
        yield about.unknown("health-is-no-switch", f"No record of {about.subject} was found.")
    elif unseen:
        left = "; ".join(f"{check.unseen} of the checks that {check.id} is made of" for check in unseen)
        yield about.unknown("health-is-no-switch", f"What may move {about.subject} was not looked at whole: {left}.")
    else:
        yield about.ok("health-is-no-switch", f"Nothing but a switch moves {about.subject}.")


def _no_switch(record: Record, check: HealthCheckFacts | None, declared: frozenset[str]) -> str:
    if record.evaluates_target:
        return f"{record.set_identifier} evaluates the health of its target"
    if record.health_check is None or record.health_check in declared:
        return ""
    if check is None:
        return f"{record.set_identifier} names health check {record.health_check}, which does not exist"
    kinds = sorted({kind for one, kind in check.follows if kind != _A_SWITCH and one not in declared})
    watched = ", ".join(f"{_WATCHES.get(kind, 'an endpoint')} ({kind})" for kind in kinds)
    return f"{record.set_identifier} follows {check.id}, which watches {watched}" if kinds else ""


def judge_health_check(seen: HealthCheckFacts | None, about: About) -> Iterable[Check]:
    if seen is None:
        message = f"Health check {about.subject} does not exist."
        yield about.warning("missing:health-check", message, way_out="Create it, or correct dr.yaml.")
    elif seen.disabled:
        message = f"Health check {about.subject} is disabled: Route 53 takes it for healthy."
        yield about.warning("health-check-disabled", message, way_out="Enable it.")
    elif seen.interval_s is not None and seen.interval_s > _FAST_INTERVAL_S:
        message = f"Health check {about.subject} looks every {seen.interval_s} s; every 10 s finds a failure earlier."
        yield about.info("health-check-slow", message, evidence=f"{seen.type}, every {seen.interval_s} s")
    else:
        yield about.ok("missing:health-check", f"Health check {about.subject} is there.", evidence=seen.type)


def judge_takeover_bucket(seen: dict[str, Any] | None, about: About) -> Iterable[Check]:
    if seen is None:
        message = f"The bucket {about.subject} of the take-over object does not exist in {about.region}."
        yield about.blocking("missing:takeover-bucket", message, way_out="Create it in that region.")
    else:
        yield about.ok("missing:takeover-bucket", f"The bucket {about.subject} of the take-over object is there.")


def judge_control_planes(ways: tuple[str, ...], about: About) -> Iterable[Check]:
    """A switch by record needs the control plane of Route 53, which lives in us-east-1 alone."""
    if "standby_takes_over" in ways or "arc_routing_controls" in ways:
        yield about.ok("leans-on-us-east-1", f"Traffic of {about.subject} can be switched without a control plane.")
    elif "route53_records" in ways:
        message = f"Traffic of {about.subject} can only be switched through the control plane of Route 53 in {HOME}."
        way_out = "A switch by take-over object (standby_takes_over) needs no control plane."
        yield about.warning("leans-on-us-east-1", message, evidence=", ".join(ways), way_out=way_out)
    else:
        yield about.ok("leans-on-us-east-1", f"{about.subject} switches no records.", evidence=", ".join(ways))
