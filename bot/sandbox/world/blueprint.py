"""Pure: what a topology names, in the shape in which the world builds it (regions, records, hosts, addresses)."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dr_core.topology.model import Application, Topology
from dr_core.topology.traffic import ArcRoutingControls, Route53Records, StandbyTakesOver

DEFAULT_ACCOUNT = "123456789012"
_ACCOUNT = re.compile(r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
# RFC 5737 and RFC 3849: addresses that no host on the internet has.
_V4_NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
_V6_NETWORK = "2001:db8::"


@dataclass(frozen=True)
class Place:
    """One application in one region."""

    application: str
    region: str


@dataclass(frozen=True)
class RecordPlan:
    """A name that Route 53 answers for an application: by routing `controls`, by `takeover`, else by weights.

    `shares` are the weights where every region serves; empty: the primary has all of it.
    """

    application: str
    zone: str
    name: str
    type: str
    set_identifiers: tuple[tuple[str, str], ...]
    takeover: StandbyTakesOver | None
    controls: ArcRoutingControls | None = None
    shares: Mapping[str, int] = field(default_factory=dict)


def regions_of(topology: Topology) -> tuple[str, ...]:
    """Every region the file names, in the order of the file."""
    found: list[str] = []
    for application in topology.applications.values():
        found.extend(application.regions)
    found.extend(anchor.region for anchor in topology.audit.anchors)
    found.append(topology.control_region)
    found.extend(topology.residency.allowed_regions)
    return tuple(dict.fromkeys(found))


def endpoint_regions_of(topology: Topology) -> tuple[str, ...]:
    """Where routing controls are switched, which may be far away from every application."""
    entries = (entry.arc_routing_controls for app in topology.applications.values() for entry in app.traffic)
    return tuple(dict.fromkeys(endpoint.region for entry in entries if entry for endpoint in entry.endpoints))


def account_of(topology: Topology) -> str:
    """The one account of the world: the one that it is deployed to, else the first that the file names."""
    if topology.deployment is not None:
        return topology.deployment.account
    arns = [app.account.role_arn for app in topology.applications.values() if app.account]
    arns.extend(arn for person in topology.people for arn in person.aws)
    matches = (_ACCOUNT.match(arn) for arn in arns)
    return next((match[1] for match in matches if match), DEFAULT_ACCOUNT)


def places_of(topology: Topology) -> tuple[Place, ...]:
    """Each application in each of its regions, and in those that its records name besides."""
    found: list[Place] = []
    for name, app in topology.applications.items():
        named = [region for t in app.traffic if t.route53_records for region in t.route53_records.set_identifiers]
        found.extend(Place(name, region) for region in dict.fromkeys((*app.regions, *named)))
    return tuple(found)


class Addresses:
    """One documentation-range address per place, and back; `behind` knows hosts that lead to a place besides."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        v4 = [str(host) for network in _V4_NETWORKS for host in ipaddress.ip_network(network).hosts()]
        self._numbers = {place: number for number, place in enumerate(places)}
        self._v4 = {place: v4[number % len(v4)] for place, number in self._numbers.items()}
        self._places = {value: place for place in places for value in self._all(place)}
        self.behind: Callable[[str], Place | None] = lambda host: None

    def value(self, place: Place, record_type: str) -> str:
        """What a record of this type holds for the place."""
        if record_type == "AAAA":
            return str(ipaddress.ip_address(_V6_NETWORK) + self._numbers[place] + 1)
        if record_type == "CNAME":
            return f"{place.application}.{place.region}.sandbox.example"
        return self._v4[place]

    def place(self, value: str) -> Place | None:
        name = value.rstrip(".").lower()
        return self._places.get(name) or self.behind(name)

    def _all(self, place: Place) -> tuple[str, ...]:
        return tuple(self.value(place, kind) for kind in ("A", "AAAA", "CNAME"))


def records_of(topology: Topology) -> tuple[RecordPlan, ...]:
    """Every record that the file names; a takeover without one fails over the hosts of the write probes."""
    plans: dict[tuple[str, str, str], RecordPlan] = {}
    for name, app in topology.applications.items():
        takeover = next((t.standby_takes_over for t in app.traffic if t.standby_takes_over), None)
        controls = next((t.arc_routing_controls for t in app.traffic if t.arc_routing_controls), None)
        wanted = [t.route53_records for t in app.traffic if t.route53_records] or _implied(app, takeover)
        for records in wanted:
            plan = RecordPlan(
                name,
                records.hosted_zone,
                domain(records.name),
                records.type,
                tuple(records.set_identifiers.items()),
                takeover,
                controls,
                _shares(app, records),
            )
            plans.setdefault((plan.zone, plan.name, plan.type), plan)
    return tuple(plans.values())


def _shares(app: Application, records: Route53Records) -> Mapping[str, int]:
    return {region: records.weights.get(region, 100) for region in app.regions} if app.active_active else {}


def _implied(app: Application, takeover: StandbyTakesOver | None) -> list[Route53Records]:
    if takeover is None:
        return []
    identifiers = {region: region for region in app.regions}
    hosts = dict.fromkeys(host_of(verify.http_write_read.url) for verify in app.verify if verify.http_write_read)
    return [
        Route53Records(hosted_zone=zone_id_for(host), name=host, type="A", set_identifiers=identifiers)
        for host in hosts
        if "." in host
    ]


def zone_id_for(host: str) -> str:
    """The id of an invented zone for a host that the file gives none."""
    return "ZSANDBOX" + re.sub(r"[^A-Z0-9]", "", zone_name([host]).upper())


def zone_name(names: list[str]) -> str:
    """The longest domain that all names have in common, leaving at least one label of each to the records."""
    labels = [domain(name).split(".") for name in names]
    shared: list[str] = []
    for parts in zip(*(reversed(label[1:] if len(label) > 2 else label) for label in labels), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join(reversed(shared)) or "example"


def domain(name: str) -> str:
    return name.rstrip(".").lower()


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def urls_of(app: Application) -> Iterator[str]:
    """Every URL that the application names."""
    for check in app.health:
        yield from (check.http or {}).values()
    for verify in app.verify:
        if verify.http_write_read:
            yield verify.http_write_read.url
    for traffic in app.traffic:
        if traffic.arc_routing_controls:
            yield from (endpoint.url for endpoint in traffic.arc_routing_controls.endpoints)
    for colour in (app.release.colours if app.release else {}).values():
        yield from colour.health.values()
    for custom in app.custom:
        if custom.webhook:
            yield from (url for url in (custom.webhook.url, custom.webhook.verify, custom.webhook.undo) if url)


def takeover_region(plan: RecordPlan, primary: str) -> str | None:
    """The standby whose bucket holds the object that takes over."""
    regions = [region for region, _ in plan.set_identifiers if region != primary]
    wanted = plan.takeover.bucket if plan.takeover else {}
    return next((region for region in regions if region in wanted), regions[0] if regions else None)
