"""Where stacks may stand, and which regions a template may name; what AWS ties to another region stands here by name.

The bot's own calls are held by `dr_core/aws/residency.py`; the account's by the boundary and the organization's policy.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dr_core.aws.residency import EXEMPT_SERVICES, GLOBAL_SERVICES
from dr_core.errors import RefusedError
from dr_core.topology.traffic import ArcRoutingControls
from infra.config import Config


@dataclass(frozen=True)
class Exemption:
    """Stacks of a concern stand in this region, which need not be an allowed one."""

    concern: str
    region: str
    reason: str


EXEMPTIONS = (
    Exemption("certificate", "us-east-1", "CloudFront reads its certificate from this region only"),
    Exemption("health-alarms", "us-east-1", "the metrics of Route 53 health checks exist in this region only"),
    Exemption("arc", "us-west-2", "the control plane of ARC routing controls stands in this region only"),
)
"""No data of an application lies in any of them: a certificate, states of health checks, states of switches."""

CHECKERS = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
)
"""Where Route 53 has health checkers: at least three are needed, and one of them is in the EU. They see that an address
answers, and nothing of what users send.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html"""
_NAMED_BY = {"AWS::Route53::HealthCheck": CHECKERS}
"""By type of resource, the regions that it may name besides the allowed ones."""
_REGION = re.compile(
    r"(?<![a-z0-9])(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)-(?:gov-|iso[a-z]?-|de-)?"
    r"(?:north|south|east|west|central){1,2}-[0-9](?![0-9])"
)


def allowed_regions(config: Config) -> tuple[str, ...]:
    """Those of `residency`: the control region, where the bot's own store lives, is one of them."""
    return tuple(dict.fromkeys(config.topology.residency.allowed_regions))


def misplaced(concern: str, region: str, allowed: Iterable[str]) -> str | None:
    """Why a stack of this concern may not stand there."""
    if region in set(allowed) or any((one.concern, one.region) == (concern, region) for one in EXEMPTIONS):
        return None
    return f"the stack {concern} stands in {region}, which is neither an allowed region nor exempt by name"


def stay_inside(concern: str, region: str, allowed: Iterable[str]) -> None:
    """RefusedError before a stack is made where it may not stand: nothing is written then."""
    if why := misplaced(concern, region, allowed):
        raise RefusedError(why, hint="residency.allowed_regions names the regions; exemptions stand in infra/policy.")


def foreign_names(template: dict[str, Any], concern: str, config: Config) -> Iterator[str]:
    """Every place in a template that names a region outside of the allowed and the exempt ones."""
    known = {*allowed_regions(config), *_exempt(concern), *_endpoints(config)}
    for name, resource in template.get("Resources", {}).items():
        here = known | set(_NAMED_BY.get(resource["Type"], ()))
        for path, text in _texts(resource.get("Properties", {}), name):
            for region in sorted(set(_REGION.findall(text)) - here):
                yield f"{path} names {region}"


def _exempt(concern: str) -> set[str]:
    """The home of a global service may be named where its stack stands; and by what speaks of such a service."""
    homes = {service.home for service in GLOBAL_SERVICES.values()}
    return {one.region for one in EXEMPTIONS if one.concern == concern} | (homes if concern in _OF_GLOBAL else set())


_OF_GLOBAL = {
    "identity": "policies name the home region of global services, in which their calls are signed",
    "people": "as identity",
    "governance": "as identity",
    "dashboard": "the figures of health checks, which it graphs, exist in the home region of Route 53 only",
}


def _endpoints(config: Config) -> set[str]:
    """ARC's routing controls are switched through endpoints in five fixed regions."""
    assert "route53-recovery-cluster" in EXEMPT_SERVICES
    found = [one.value for app in config.applications.values() for one in app.traffic]
    return {end.region for value in found if isinstance(value, ArcRoutingControls) for end in value.endpoints}


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for key, inner in value.items():
                yield f"{path}.{key}", str(key)
                yield from _texts(inner, f"{path}.{key}")
        case list():
            for number, inner in enumerate(value):
                yield from _texts(inner, f"{path}[{number}]")
