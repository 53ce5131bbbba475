"""Do the parts of a `release` fit the application: its pointer, the bucket of its artifacts, its colours?"""

import re
from collections.abc import Iterator
from itertools import combinations
from urllib.parse import urlsplit

from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Application, Topology
from dr_core.topology.release import Release
from dr_core.topology.stores import S3Buckets

_NAME = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_RESERVED = re.compile(r"/(aws|ssm)", re.IGNORECASE)
_OUR_OWN = "/dr/"
_PORTS = {"http": 80, "https": 443}


def artifact_buckets(application: Application) -> tuple[S3Buckets, ...]:
    """The stores whose prefixes have the artifact of every colour; a file that was checked has exactly one."""
    release = application.release
    wanted = {colour.prefix for colour in release.colours.values()} if release is not None else set[str]()
    stores = [storage.s3 for storage in application.storage if storage.s3 is not None]
    return tuple(store for store in stores if wanted and wanted <= set(store.prefixes))


def check_release(topology: Topology, base: str, application: Application) -> Iterator[TopologyFinding]:
    """`base` is the path of the application."""
    release = application.release
    if release is None:
        return
    path = f"{base}.release"
    yield from _pointer(f"{path}.pointer", topology, release.pointer)
    yield from _artifacts(f"{path}.colours", application)
    yield from _colours(f"{path}.colours", release)
    yield from _addresses(f"{path}.colours", release)
    if release.hold < release.every * release.probes:
        told = f"it ends before the {release.probes} probes that could tell a bad colour"
        yield warning(f"{path}.hold", told, "Hold it for longer")


def _pointer(path: str, topology: Topology, pointer: str) -> Iterator[TopologyFinding]:
    """Releases alone write it: no name that AWS or the bot keeps for itself, nothing that any application copies."""
    if _NAME.fullmatch(pointer) is None or _RESERVED.match(pointer):
        yield fatal(path, f"expected the name of a parameter such as /shop/release, got {pointer!r}")
    if pointer.startswith(_OUR_OWN):
        yield fatal(path, f"{pointer} lies below {_OUR_OWN}, where the bot has parameters of its own")
    for name, application in topology.applications.items():
        for other in (*application.parameters.paths, *filter(None, [application.parameters.flags])):
            if pointer == other or pointer.startswith(f"{other.rstrip('/')}/"):
                told = f"{pointer} is copied between the regions with {other} of {name}"
                way_out = "Give the pointer a path of its own"
                yield fatal(path, f"{told}: a failover would move it besides releases", way_out)


def _artifacts(path: str, application: Application) -> Iterator[TopologyFinding]:
    found = artifact_buckets(application)
    if len(found) != 1:
        what = "no s3 store has" if not found else f"{len(found)} s3 stores have"
        yield fatal(path, f"{what} the prefixes of every colour", "Name them in the prefixes of exactly one s3 store")


def _colours(path: str, release: Release) -> Iterator[TopologyFinding]:
    for (one, first), (two, second) in combinations(release.colours.items(), 2):
        if first.prefix.startswith(second.prefix) or second.prefix.startswith(first.prefix):
            yield fatal(f"{path}.{two}.prefix", f"{second.prefix} and {first.prefix} of {one} lie within each other")
    for name, colour in release.colours.items():
        if colour.prefix.startswith("/"):
            yield warning(f"{path}.{name}.prefix", "it begins with a slash, which keys rarely do")
        if not colour.prefix.endswith("/"):
            told = f"it ends without a slash: {colour.prefix}-old/ would be part of the artifact"
            yield warning(f"{path}.{name}.prefix", told, f"{colour.prefix}/")


def _addresses(path: str, release: Release) -> Iterator[TopologyFinding]:
    """Each colour in each region is probed at an address that nothing else answers."""
    first: dict[str, tuple[str, str]] = {}
    for name, colour in release.colours.items():
        for region, url in colour.health.items():
            other, where = first.setdefault(_normal(url), (name, region))
            if (other, where) != (name, region):
                told = f"{other} in {where} has the same address: a probe could not tell the colours apart"
                if other == name:
                    told = f"it is the address in {where}, too: a probe could not tell the regions apart"
                yield fatal(f"{path}.{name}.health.{region}", told)


def _normal(url: str) -> str:
    """The same for every spelling of one address (RFC 3986, 6.2.2 and 6.2.3)."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    try:
        port = parts.port or _PORTS.get(scheme)
    except ValueError:
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{host}:{port}{parts.path or '/'}{query}"
