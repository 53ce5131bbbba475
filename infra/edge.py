"""What a distribution answers from: for each path the origins in the order in which they are tried. Pure.

CloudFront goes over to the second origin by itself, for reads alone, and a group has two:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from dr_core.topology.model import Application
from dr_core.topology.stores import S3Buckets
from dr_core.topology.traffic import CloudFront
from infra.hosts import met, record_names, regional

_MEMBERS = 2
_LONGEST_NAME = 64
DEFAULT = "*"


@dataclass(frozen=True)
class Origin:
    """`port` None: a bucket, which is read by CloudFront alone."""

    region: str
    domain: str
    port: int | None


@dataclass(frozen=True)
class Behaviour:
    """`path` DEFAULT: whatever no other path matches."""

    path: str
    origins: tuple[Origin, ...]


def behaviours(app: Application) -> tuple[Behaviour, ...]:
    """The default last; nothing where there is nothing to answer from.

    The service answers where it has addresses. Of the buckets, only a release's artifacts are for everybody, unless
    there is no service: then the distribution has nothing but the bucket to answer from.
    """
    service, found = _service(app), list(_artifacts(app))
    first = next((entry.s3 for entry in app.storage if entry.s3), None)
    rest = service or (_objects(app, first) if first else ())
    return (*found, Behaviour(DEFAULT, rest)) if rest else ()


def without_origin(app: Application) -> tuple[str, ...]:
    """Regions from which the distribution answers nothing: a group has two origins."""
    tried = {origin.region for behaviour in behaviours(app) for origin in behaviour.origins}
    return tuple(region for region in app.regions if region not in tried)


def access_name(application: str, bucket: str) -> str:
    """Of an origin access control. Such names are the account's, where another application may read the bucket, too.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginAccessControlConfig.html
    """
    name = f"{application}-{bucket}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def name_of(app: Application, spec: CloudFront) -> str | None:
    """The name of its own that users ask the distribution by; None: the one that CloudFront gives it."""
    host = met(spec.probe).host if spec.probe else ""
    taken = {one.host for region in app.regions for one in regional(app, region)} | set(record_names(app))
    return None if not host or host in taken or host.endswith(".cloudfront.net") else host


def _service(app: Application) -> tuple[Origin, ...]:
    found = []
    for region in app.regions:
        named = next((one for one in regional(app, region) if one.scheme == "https"), None)
        if named is not None:
            found.append(Origin(region, named.host, named.port))
    return tuple(found[:_MEMBERS])


def _artifacts(app: Application) -> Iterator[Behaviour]:
    buckets = [entry.s3 for entry in app.storage if entry.s3]
    for colour in app.release.colours.values() if app.release and buckets else ():
        holds = next((spec for spec in buckets if colour.prefix in spec.prefixes), buckets[0])
        yield Behaviour(f"/{colour.prefix.strip('/')}/*", _objects(app, holds))


def _objects(app: Application, spec: S3Buckets) -> tuple[Origin, ...]:
    here = [region for region in app.regions if region in spec.buckets]
    return tuple(
        Origin(region, f"{spec.buckets[region]}.s3.{region}.amazonaws.com", None) for region in here[:_MEMBERS]
    )
