"""The names by which an application is met, the ports behind them, and the hosted zone of each name. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from dr_core.topology.model import Application
from infra.config import Config

_COUNTRY = 2
"""Letters of a country's ending."""
_REGISTRIES = frozenset((
    "ac", "co", "com", "edu", "gob", "gouv", "gov", "govt", "gv", "id", "ltd", "me", "mil", "ne", "net", "nhs", "nom",
    "or", "org", "plc", "sch",
))  # fmt: skip
"""Below a country's ending these are a registry's, under which everybody has names: `co.uk`, `com.au`, `or.at`."""


@dataclass(frozen=True)
class Met:
    """Where a URL of the topology is met; `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str


def met(url: str) -> Met:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Met(parts.scheme, (parts.hostname or "").lower(), port, path)


def regional(app: Application, region: str) -> tuple[Met, ...]:
    """Where the region itself is met: its health, and each colour of a release in it. Health comes first."""
    health = [check.http[region] for check in app.health if check.http and region in check.http]
    colours = app.release.colours.values() if app.release else ()
    urls = [*health, *(colour.health[region] for colour in colours if region in colour.health)]
    return tuple(dict.fromkeys(map(met, urls)))


def public(app: Application) -> tuple[Met, ...]:
    """Where users meet the application, whichever region answers."""
    writes = [met(verify.http_write_read.url) for verify in app.verify if verify.http_write_read]
    return tuple(dict.fromkeys([*writes, *(Met("https", name, 443, "/") for name in record_names(app))]))


def record_names(app: Application) -> tuple[str, ...]:
    names = (_plain(entry.route53_records.name) for entry in app.traffic if entry.route53_records)
    return tuple(dict.fromkeys(names))


def balanced(app: Application, region: str) -> tuple[Met, ...]:
    """Everything that the region's load balancer answers, the region's own names first."""
    return tuple(dict.fromkeys([*regional(app, region), *public(app)]))


def hosts_of(found: Iterable[Met]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.host for one in found))


def zone_of(config: Config, application: str, host: str) -> str | None:
    """The hosted zone of the records whose name is nearest to the host's; None where no name is near.

    `dr.yaml` knows ids of zones and not their names, so that the host's own zone is one that holds a neighbour of it.
    """
    own, others = config.applications[application], [a for n, a in config.applications.items() if n != application]
    found = [*_zones(own), *(zone for app in others for zone in _zones(app))]
    near = [(_in_common(host, name), zone) for name, zone in found]
    # Of several that are as near, the first: the application's own stand before the others'.
    labels, zone = max(near, key=lambda one: one[0], default=(0, ""))
    return None if _everybodys(host.split(".")[-labels:] if labels else []) else zone


def _everybodys(ending: list[str]) -> bool:
    """Whether nobody has a zone of that name: nothing, `test`, `com`, `co.uk`."""
    match ending:
        case [] | [_]:
            return True
        case [registry, country]:
            return len(country) == _COUNTRY and registry in _REGISTRIES
    return False


def _zones(app: Application) -> Iterator[tuple[str, str]]:
    for records in (entry.route53_records for entry in app.traffic if entry.route53_records):
        yield _plain(records.name), records.hosted_zone


def _in_common(one: str, other: str) -> int:
    """How many labels both names end with."""
    count = 0
    for left, right in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if left != right:
            break
        count += 1
    return count


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
