"""What stands before the regions: distributions whose origin group has an origin in each region, the primary first."""

from functools import partial

from bot.sandbox.world.applications import Applications
from bot.sandbox.world.blueprint import Place, host_of
from bot.sandbox.world.cloudfront import UNAVAILABLE, CloudFront, Distribution, Leads
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.hosts import Sites
from dr_core.topology.model import Application, Topology

_CODES = [500, 502, UNAVAILABLE, 504]
_METHODS = ["GET", "HEAD", "OPTIONS"]


class EdgeSeeds:
    def __init__(self, ground: Ground, applications: Applications, sites: Sites) -> None:
        self._edge = ground.part(CloudFront)
        self._applications = applications
        self._sites = sites

    def seed(self, topology: Topology) -> None:
        for name, app in topology.applications.items():
            for spec in (entry.cloudfront for entry in app.traffic if entry.cloudfront is not None):
                places = {_origin(name, app, region): Place(name, region) for region in app.regions}
                made = self._edge.add(spec.distribution, _config(spec.distribution, tuple(places)), places.get)
                for host in (made.domain, *([host_of(spec.probe)] if spec.probe else [])):
                    self._sites.put_at_edge(host, partial(self._chosen, made))

    def follow(self, leads: Leads) -> None:
        """What callers make stands before the regions, too."""
        self._edge.leads = leads
        self._edge.made = self._stand

    def _stand(self, made: Distribution) -> None:
        aliases = (made.config.get("Aliases") or {}).get("Items") or []
        for host in (made.domain, *aliases):
            self._sites.put_at_edge(str(host), partial(self._chosen, made))

    def _chosen(self, distribution: Distribution, method: str) -> Place | None:
        """The first origin that answers, or whose refusal is none after which CloudFront tries the next."""
        for place, codes in distribution.origins(method):
            if self._applications.region_state(place.region) != "up":
                continue
            if self._applications.trouble(place) is None or UNAVAILABLE not in codes:
                return place
        return None


def _origin(name: str, app: Application, region: str) -> str:
    """The host that the topology names for the region's health, else one of this world."""
    urls = [check.http[region] for check in app.health if check.http and region in check.http]
    return host_of(urls[0]) if urls else f"{name}.{region}.sandbox.example"


def _config(identifier: str, domains: tuple[str, ...]) -> dict[str, object]:
    origins = [
        {
            "Id": domain,
            "DomainName": domain,
            "ConnectionAttempts": 3,
            "ConnectionTimeout": 10,
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
        }
        for domain in domains
    ]
    # A group has exactly two origins.
    members = [{"OriginId": domain} for domain in domains[:2]]
    group = {
        "Id": "regions",
        "FailoverCriteria": {"StatusCodes": {"Quantity": len(_CODES), "Items": _CODES}},
        "Members": {"Quantity": len(members), "Items": members},
    }
    allowed = {"Quantity": len(_METHODS), "Items": _METHODS}
    return {
        "CallerReference": identifier,
        "Comment": "sandbox",
        "Enabled": True,
        "Origins": {"Quantity": len(origins), "Items": origins},
        "OriginGroups": {"Quantity": 1, "Items": [group]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "regions",
            "ViewerProtocolPolicy": "https-only",
            "AllowedMethods": {**allowed, "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}},
        },
    }
