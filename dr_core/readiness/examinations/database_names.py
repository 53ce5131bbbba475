"""By which names clients reach the database: what follows the writer by itself, and what leads to one region for good.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-connecting.html: the global writer
endpoint leads to the writer wherever it is; clients should keep its answer for about 5 seconds.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-gdb.html: a proxy belongs to one region.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.errors import DrError
from dr_core.readiness.asking import call, found, pages
from dr_core.readiness.examination import ACROSS, EVERYWHERE, About, Inquiry, Subject
from dr_core.readiness.examinations.database import AREA
from dr_core.readiness.examinations.traffic import HOME
from dr_core.readiness.model import Check
from dr_core.topology.stores import AuroraGlobal, RdsReplica

Database = AuroraGlobal | RdsReplica


@dataclass(frozen=True)
class Endpoints:
    """`fixed`: host to (region, what it leads to). `silent`: regions that did not tell theirs, with the reason."""

    fixed: Mapping[str, tuple[str, str]]
    writer: str | None
    silent: Mapping[str, str]


@dataclass(frozen=True)
class Names:
    """`leading`: (name, the host that it leads to) in the hosted zones that were looked through."""

    endpoints: Endpoints
    leading: tuple[tuple[str, str], ...]
    zones: tuple[str, ...]
    declared: frozenset[str]


@dataclass(frozen=True)
class Proxy:
    name: str
    endpoint: str


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    database = subject.application.database
    if database is None:
        return
    spec: Database = database.value
    name = spec.global_cluster if isinstance(spec, AuroraGlobal) else spec.name
    yield Inquiry(
        "database-names-unknown", AREA, name, EVERYWHERE,
        "Route 53 ListResourceRecordSets; the endpoints by RDS in each region",
        partial(names, subject, spec), judge_names,
    )  # fmt: skip
    yield Inquiry(
        "rds-proxy-unknown", AREA, name, ACROSS, "RDS DescribeDBProxies and DescribeDBProxyTargets in each region",
        partial(proxies, subject, spec), partial(judge_proxies, subject.active),
    )  # fmt: skip


# -- what is asked ---------------------------------------------------------------------------------------------------


def names(subject: Subject, spec: Database) -> Names:
    zones = _zones(subject)
    known = endpoints(subject, spec)
    hosts = {*known.fixed, *({known.writer} if known.writer else ())}
    leading = [pair for zone in zones for pair in _leading(subject, zone) if pair[1] in hosts]
    declared = frozenset(
        _host(e.route53_records.name) for e in subject.application.traffic if e.route53_records is not None
    )
    return Names(known, tuple(dict.fromkeys(leading)), zones, declared)


def _zones(subject: Subject) -> tuple[str, ...]:
    """The zones that dr.yaml names for applications of the same account."""
    account = subject.application.account
    alike = (app for app in subject.topology.applications.values() if app.account == account)
    return tuple(dict.fromkeys(e.route53_records.hosted_zone for a in alike for e in a.traffic if e.route53_records))


def _leading(subject: Subject, zone: str) -> Iterator[tuple[str, str]]:
    """(name, host) of every CNAME and alias."""
    listed = pages(
        subject, "route53", HOME, "ListResourceRecordSets", token=("NextRecordName", "StartRecordName"),
        HostedZoneId=zone,
    )  # fmt: skip
    for answer in listed:
        for raw in answer["ResourceRecordSets"]:
            if alias := raw.get("AliasTarget"):
                yield _host(raw["Name"]), _host(alias["DNSName"])
            elif raw["Type"] == "CNAME":
                yield from ((_host(raw["Name"]), _host(one["Value"])) for one in raw.get("ResourceRecords", ()))


def _host(name: str) -> str:
    return name.rstrip(".").lower()


def endpoints(subject: Subject, spec: Database) -> Endpoints:
    """A region that does not answer is told, and holds up nothing: its database may be the one that is gone."""
    fixed: dict[str, tuple[str, str]] = {}
    silent: dict[str, str] = {}
    writer = None
    for region, part in spec.parts.items():
        try:
            if isinstance(spec, AuroraGlobal):
                fixed |= {host: (region, what) for host, what in _of_cluster(subject, part, region)}
                writer = writer or _global_endpoint(subject, spec, region)
            else:
                fixed |= dict.fromkeys(_of_instance(subject, part, region), (region, f"instance {part}"))
        except DrError as error:
            silent[region] = error.message
    return Endpoints(fixed, writer, silent)


def _of_cluster(subject: Subject, cluster: str, region: str) -> Iterator[tuple[str, str]]:
    answer = found(subject, "rds", region, "DescribeDBClusters", DBClusterIdentifier=cluster) or {}
    for raw in answer.get("DBClusters", ()):
        for host, what in ((raw.get("Endpoint"), "cluster"), (raw.get("ReaderEndpoint"), "the readers of cluster")):
            if host:
                yield _host(host), f"{what} {cluster}"
        yield from ((_host(host), f"cluster {cluster}") for host in raw.get("CustomEndpoints") or ())
    mine = call(subject, "rds", region, "DescribeDBInstances", Filters=[{"Name": "db-cluster-id", "Values": [cluster]}])
    for raw in mine["DBInstances"]:
        if raw.get("DBClusterIdentifier") == cluster and (raw.get("Endpoint") or {}).get("Address"):
            yield _host(raw["Endpoint"]["Address"]), f"instance {raw['DBInstanceIdentifier']}"


def _of_instance(subject: Subject, instance: str, region: str) -> Iterator[str]:
    answer = found(subject, "rds", region, "DescribeDBInstances", DBInstanceIdentifier=instance) or {}
    for raw in answer.get("DBInstances", ()):
        if (raw.get("Endpoint") or {}).get("Address"):
            yield _host(raw["Endpoint"]["Address"])


def _global_endpoint(subject: Subject, spec: AuroraGlobal, region: str) -> str | None:
    known = {"GlobalClusterIdentifier": spec.global_cluster}
    answer = found(subject, "rds", region, "DescribeGlobalClusters", **known) or {}
    mine = (raw for raw in answer.get("GlobalClusters", ()) if raw["GlobalClusterIdentifier"] == spec.global_cluster)
    return next((_host(raw["Endpoint"]) for raw in mine if raw.get("Endpoint")), None)


def proxies(subject: Subject, spec: Database) -> dict[str, tuple[Proxy, ...] | None]:
    """region -> the proxies in front of its part of the database; None where it was not told."""
    told: dict[str, tuple[Proxy, ...] | None] = {}
    for region, part in spec.parts.items():
        try:
            told[region] = tuple(_in_front(subject, part, region))
        except DrError:
            told[region] = None
    return told


def _in_front(subject: Subject, part: str, region: str) -> Iterator[Proxy]:
    for answer in pages(subject, "rds", region, "DescribeDBProxies", token=("Marker", "Marker")):
        for raw in answer["DBProxies"]:
            asked = call(subject, "rds", region, "DescribeDBProxyTargets", DBProxyName=raw["DBProxyName"])
            targets = {one.get(key) for one in asked["Targets"] for key in ("TrackedClusterId", "RdsResourceId")}
            if part.lower() in {str(target).lower() for target in targets}:
                yield Proxy(raw["DBProxyName"], _host(raw.get("Endpoint", "")))


# -- what it means ---------------------------------------------------------------------------------------------------


def judge_names(seen: Names, about: About) -> Iterable[Check]:
    known = seen.endpoints
    for region, why in known.silent.items():
        message = f"Which names lead to the database in {region} is not known: {why}"
        yield about.unknown("database-names-unknown", message)
    leading = [(name, host) for name, host in seen.leading if host != known.writer and name not in seen.declared]
    for name, host in leading:
        region, what = known.fixed[host]
        message = f"{name} leads to {what} in {region}, and does not follow the writer."
        way_out = "Change it after a failover, by a custom step or by hand."
        if known.writer:
            way_out = f"Lead it to {known.writer}, the global writer endpoint, and keep its answer for about 5 s."
        yield about.warning("database-name-fixed", message, evidence=f"{name} -> {host}", way_out=way_out)
    if not leading:
        zones = ", ".join(seen.zones) or "none is known"
        yield about.ok(
            "database-name-fixed", "No known name leads to one region's database.", evidence=f"zones: {zones}"
        )
    if known.writer is not None:
        yield _writer_endpoint(known.writer, [name for name, host in seen.leading if host == known.writer], about)


def _writer_endpoint(writer: str, using: list[str], about: About) -> Check:
    if using:
        message = f"{', '.join(using)} leads to the global writer endpoint, and follows the writer by itself."
        return about.ok("writer-endpoint-unseen", message, evidence=writer)
    message = "Whether clients use the global writer endpoint cannot be seen: no known name leads to it."
    way_out = "Clients that connect to a cluster's own endpoint must be told of the new one after each failover."
    return about.info("writer-endpoint-unseen", message, evidence=writer, way_out=way_out)


def judge_proxies(active: str, told: Mapping[str, tuple[Proxy, ...] | None], about: About) -> Iterable[Check]:
    at_work = told.get(active)
    for region, some in told.items():
        there = About(about.area, about.subject, region, about.source, about.at)
        if some is None:
            yield there.unknown("rds-proxy-unknown", f"Which RDS proxies there are in {region} is not known.")
        elif some:
            evidence = ", ".join(f"{proxy.name}: {proxy.endpoint}" for proxy in some)
            message = f"An RDS Proxy stands in front of the database in {region}; it does not follow the writer."
            way_out = "Lead writes to the proxy of the new writer's region after a failover."
            yield there.info("rds-proxy", message, evidence=evidence, way_out=way_out)
        elif at_work and region != active:
            message = f"{active} has an RDS Proxy in front of the database, and {region} has none."
            evidence = ", ".join(proxy.name for proxy in at_work)
            way_out = "Create one there: clients that speak to a proxy would reach nothing."
            yield there.warning("rds-proxy-missing", message, evidence=evidence, way_out=way_out)
        else:
            yield there.ok("rds-proxy", f"No RDS Proxy stands in front of the database in {region}.")
