"""Distributions: does CloudFront have an origin in each region, and when does it go over to the other one by itself?

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginGroup.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from dr_core.readiness.asking import found
from dr_core.readiness.examination import EVERYWHERE, About, Inquiry, Subject
from dr_core.readiness.model import Check
from dr_core.topology.model import Application

AREA = "traffic"
HOME = "us-east-1"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_FAILURES = frozenset({500, 502, 503, 504})
_ATTEMPTS, _TIMEOUT_S = 3, 10
"""CloudFront's defaults: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html"""
_PATIENCE_S = 10
PUBLIC = "public"
"""In the place of a region: a name that follows the switch of traffic, and so any region."""


@dataclass(frozen=True)
class Origin:
    """`place`: its region, PUBLIC, or None where its name does not tell."""

    domain: str
    place: str | None
    tried_for_s: int


@dataclass(frozen=True)
class Behaviour:
    """What becomes of the requests of one path. More than one of `origins`: in the order in which they are tried."""

    path: str
    origins: tuple[Origin, ...]
    codes: frozenset[int]
    methods: frozenset[str]


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    for spec in (entry.cloudfront for entry in subject.application.traffic if entry.cloudfront):
        yield Inquiry(
            "distribution-unknown", AREA, spec.distribution, EVERYWHERE, "CloudFront GetDistribution",
            partial(behaviours, subject, spec.distribution), partial(judge, subject.active, subject.standbys),
        )  # fmt: skip


def behaviours(subject: Subject, distribution: str) -> tuple[Behaviour, ...]:
    """None where there is no such distribution: that it is missing is said where names are looked up."""
    answer = found(subject, "cloudfront", HOME, "GetDistribution", Id=distribution)
    if answer is None:
        return ()
    config = answer["Distribution"]["DistributionConfig"]
    others = [(one["PathPattern"], one) for one in _items(config, "CacheBehaviors")]
    listed = [*others, ("everything else" if others else "everything", config["DefaultCacheBehavior"])]
    return tuple(_behaviour(subject.application, config, path, one) for path, one in listed)


def _behaviour(app: Application, config: dict[str, Any], path: str, raw: dict[str, Any]) -> Behaviour:
    origins = {one["Id"]: one for one in _items(config, "Origins")}
    group = next((one for one in _items(config, "OriginGroups") if one["Id"] == raw["TargetOriginId"]), None)
    named = [one["OriginId"] for one in _items(group, "Members")] if group else [raw["TargetOriginId"]]
    codes = _items(group["FailoverCriteria"], "StatusCodes") if group else []
    return Behaviour(
        path=path,
        origins=tuple(_origin(app, origins[name]) for name in named if name in origins),
        codes=frozenset(int(code) for code in codes),
        methods=frozenset(_items(raw, "AllowedMethods")) or frozenset({"GET", "HEAD"}),
    )


def _origin(app: Application, raw: dict[str, Any]) -> Origin:
    attempts, timeout = raw.get("ConnectionAttempts", _ATTEMPTS), raw.get("ConnectionTimeout", _TIMEOUT_S)
    return Origin(raw["DomainName"], place_of(app, raw["DomainName"]), int(attempts) * int(timeout))


def place_of(app: Application, domain: str) -> str | None:
    """By what the topology says of the host or bucket, else by the region that stands in the name as a part of it."""
    host = domain.lower().rstrip(".")
    if host in {entry.route53_records.name.lower().rstrip(".") for entry in app.traffic if entry.route53_records}:
        return PUBLIC
    for check in app.health:
        for region, url in (check.http or {}).items():
            if urlsplit(url).hostname == host:
                return region
    for entry in app.storage:
        for region, bucket in (entry.s3.buckets if entry.s3 else {}).items():
            if host.startswith(f"{bucket}.s3"):
                return region
    named = [region for region in app.regions if f".{region}." in f".{host.replace('_', '.')}."]
    loosely = [region for region in app.regions if region in host]
    return next(iter(named or (loosely if len(loosely) == 1 else [])), None)


def _items(of: dict[str, Any] | None, name: str) -> list[Any]:
    """AWS's lists: a quantity, and the items where there are any."""
    return list(((of or {}).get(name) or {}).get("Items") or [])


# -- what it means ---------------------------------------------------------------------------------------------------


def judge(active: str, standbys: tuple[str, ...], seen: tuple[Behaviour, ...], about: About) -> Iterable[Check]:
    """The limits of CloudFront's own failover are said with it: reads only, and after as long as it tries."""
    for behaviour in seen:
        places = {origin.place for origin in behaviour.origins}
        strange = [origin.domain for origin in behaviour.origins if origin.place is None]
        if strange:
            reason = f"The region of origin {', '.join(strange)} of {about.subject} does not stand in its name."
            yield about.unknown("origin-region-unknown", reason, way_out="Look whether each region has an origin.")
        elif PUBLIC in places:
            yield about.ok(
                "origin-missing", f"{about.subject} reads {_of(behaviour)} from a name that follows traffic."
            )
        else:
            yield from _regional(behaviour, {active, *standbys} - places, about)


def _regional(behaviour: Behaviour, missing: set[str], about: About) -> Iterator[Check]:
    evidence = " then ".join(f"{origin.domain} ({origin.place})" for origin in behaviour.origins)
    for region in sorted(missing):
        there = About(about.area, about.subject, region, about.source, about.at)
        message = (
            f"Distribution {about.subject} has no origin in {region} for {_of(behaviour)}: reads would not move there."
        )
        way_out = "Put an origin of each region into the origin group; changing a distribution takes minutes."
        yield there.blocking("origin-missing", message, evidence=evidence, way_out=way_out)
    if len(behaviour.origins) < 2:
        return
    if not missing:
        yield about.ok("origin-missing", f"{about.subject} has an origin in each region for {_of(behaviour)}.")
    if lacking := sorted(_FAILURES - behaviour.codes):
        codes = ", ".join(map(str, lacking))
        message = f"{about.subject} does not go over to the other origin for {_of(behaviour)} after an HTTP {codes}."
        yield about.warning("failover-codes", message, evidence=evidence, way_out="Add the codes to the origin group.")
    if writes := sorted(behaviour.methods - READS):
        message = (
            f"{about.subject} takes {', '.join(writes)} for {_of(behaviour)}, which CloudFront never moves by itself."
        )
        way_out = "Send what writes to the public name, which moves with the switch of traffic."
        yield about.warning("writes-do-not-move", message, evidence=evidence, way_out=way_out)
    slowest = behaviour.origins[0].tried_for_s
    if slowest > _PATIENCE_S:
        message = f"A read through {about.subject} may wait for {slowest} s while its first origin does not answer."
        way_out = "Lower the connection attempts and timeout of the first origin."
        yield about.info("origin-slow", message, evidence=evidence, way_out=way_out)


def _of(behaviour: Behaviour) -> str:
    return behaviour.path
