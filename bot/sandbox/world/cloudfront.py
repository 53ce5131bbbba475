"""CloudFront: distributions with origin groups, and which origin answers a request.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html: GET, HEAD and
OPTIONS go to the second origin where the first cannot be reached or answers a status code of the group; other methods
go to the first alone. How long the first is tried for is not played: a region that is down is passed over at once.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters
from bot.sandbox.world.blueprint import Place
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

DEPLOYING_S = 180.0
UNAVAILABLE = 503
"""What an origin answers in whose region nothing runs."""
_MOVED = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST = 100


Leads = Callable[[str], Place | None]


@dataclass
class Distribution:
    """`leads`: where an origin, by its domain name, really leads."""

    id: str
    config: Parameters
    leads: Leads
    changed_at: datetime
    status: str = "Deployed"
    version: int = 1

    @property
    def domain(self) -> str:
        return f"d{self.id.lower()}.cloudfront.net"

    @property
    def etag(self) -> str:
        return "E" + hashlib.sha256(f"{self.id} {self.version}".encode()).hexdigest()[:13].upper()

    def origins(self, method: str) -> list[tuple[Place, frozenset[int]]]:
        """The places to try in turn, each with the status codes after which the next one is tried."""
        domains = {origin["Id"]: origin["DomainName"] for origin in _items(self.config, "Origins")}
        wanted = self.config["DefaultCacheBehavior"]["TargetOriginId"]
        group = next((one for one in _items(self.config, "OriginGroups") if one["Id"] == wanted), None)
        if group is None:
            named, codes = [wanted], frozenset[int]()
        else:
            named = [member["OriginId"] for member in _items(group, "Members")]
            codes = frozenset(int(code) for code in _items(group["FailoverCriteria"], "StatusCodes"))
        tried = named if method in _MOVED else named[:1]
        places = [self.leads(domains[name]) for name in tried if name in domains]
        return [(place, codes) for place in places if place is not None]


class CloudFront:
    """Distributions by id; they are global, and their control plane is in us-east-1.

    `leads` is where the origins of one that a caller makes lead to; `made` is told of each such one.
    """

    PAGES: ClassVar[dict[str, str]] = {
        "cloudfront": "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self.distributions: dict[str, Distribution] = {}
        self.leads: Leads = lambda domain: None
        self.made: Callable[[Distribution], None] = lambda distribution: None

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "GetDistribution": self.get,
            "GetDistributionConfig": self.get_config,
            "ListDistributions": self.listed,
            "UpdateDistribution": self.update,
            "CreateDistribution": self.create,
            "DeleteDistribution": self.delete,
        }
        return {("cloudfront", name): handler for name, handler in table.items()}

    # -- the world's view --------------------------------------------------------------------------------------------

    def add(self, identifier: str, config: Parameters, leads: Leads) -> Distribution:
        """One that is deployed; the first of an id stays."""
        made = Distribution(identifier, config, leads, self._timeline.now)
        return self.distributions.setdefault(identifier, made)

    # -- operations --------------------------------------------------------------------------------------------------

    def get(self, call: Call) -> Parameters:
        """The distribution with its configuration and the version of that."""
        found = self._found(call)
        return {"Distribution": self._described(found), "ETag": found.etag}

    def get_config(self, call: Call) -> Parameters:
        """The configuration alone."""
        found = self._found(call)
        return {"DistributionConfig": found.config, "ETag": found.etag}

    def listed(self, call: Call) -> Parameters:
        """Ids, names and statuses, 100 a page."""
        refusal = AwsError("InvalidArgument", "The marker is not valid.")
        most = int(call.parameters.get("MaxItems") or _MOST)
        marker = call.parameters.get("Marker") or ""
        shown, rest = page(list(self.distributions.values()), marker, most, refusal)
        items = [{"Id": one.id, "DomainName": one.domain, "Status": one.status, "Enabled": True} for one in shown]
        told = {"Marker": marker, "MaxItems": most, "IsTruncated": rest is not None, "Quantity": len(items)}
        return {"DistributionList": {**told, "Items": items, **({"NextMarker": rest} if rest else {})}}

    def update(self, call: Call) -> Parameters:
        """The whole configuration, if it is still the version named by IfMatch; InProgress, then Deployed."""
        found = self._found(call)
        if call.parameters.get("IfMatch") != found.etag:
            raise AwsError("PreconditionFailed", "The request failed because it didn't meet the preconditions.", 412)
        found.config, found.changed_at = call.parameters["DistributionConfig"], self._timeline.now
        found.version, found.status = found.version + 1, "InProgress"
        version = found.version
        self._timeline.after(DEPLOYING_S, lambda: self._deployed(found, version))
        return {"Distribution": self._described(found), "ETag": found.etag}

    def create(self, call: Call) -> Parameters:
        """InProgress, then Deployed; the same reference does not make a second one."""
        config = call.parameters["DistributionConfig"]
        reference = config["CallerReference"]
        if any(one.config.get("CallerReference") == reference for one in self.distributions.values()):
            raise AwsError("DistributionAlreadyExists", "The caller reference is already associated with another.", 409)
        identifier = "E" + hashlib.sha256(str(reference).encode()).hexdigest()[:13].upper()
        found = self.add(identifier, config, self.leads)
        found.status = "InProgress"
        self._timeline.after(DEPLOYING_S, lambda: self._deployed(found, 1))
        self.made(found)
        return {"Distribution": self._described(found), "ETag": found.etag, "Location": f"/distribution/{identifier}"}

    def delete(self, call: Call) -> Parameters:
        """The version named by IfMatch; CloudFormation disables it first, which is not played."""
        found = self._found(call)
        if call.parameters.get("IfMatch") != found.etag:
            raise AwsError("PreconditionFailed", "The request failed because it didn't meet the preconditions.", 412)
        del self.distributions[found.id]
        return {}

    def _deployed(self, distribution: Distribution, version: int) -> None:
        if distribution.version == version:
            distribution.status = "Deployed"

    def _found(self, call: Call) -> Distribution:
        found = self.distributions.get(call.text("Id"))
        if found is None:
            raise AwsError("NoSuchDistribution", "The specified distribution does not exist.", 404)
        return found

    def _described(self, one: Distribution) -> Parameters:
        return {
            "Id": one.id,
            "ARN": f"arn:aws:cloudfront::{self._account}:distribution/{one.id}",
            "Status": one.status,
            "LastModifiedTime": one.changed_at,
            "InProgressInvalidationBatches": 0,
            "DomainName": one.domain,
            "DistributionConfig": one.config,
        }


def _items(of: Parameters, name: str) -> list[Any]:
    """AWS's lists: a quantity, and the items where there are any."""
    return list((of.get(name) or {}).get("Items") or [])
