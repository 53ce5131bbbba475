"""CloudFront: distributions with origin groups, and which origin answers a request.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html: GET, HEAD and
OPTIONS go to the second origin where the first cannot be reached or answers a status code of the group; other methods
go to the first alone. How long the first is tried for is not played: a region that is down is passed over at once.
"""

import hashlib
from collections.abc import Mapping
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


@dataclass
class Distribution:
    """`places`: where an origin, by its domain name, really leads."""

    id: str
    config: Parameters
    places: Mapping[str, Place]
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
        return [(self.places[domains[name]], codes) for name in tried if domains.get(name) in self.places]


class CloudFront:
    """Distributions by id; they are global, and their control plane is in us-east-1."""

    PAGES: ClassVar[dict[str, str]] = {
        "cloudfront": "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self.distributions: dict[str, Distribution] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "GetDistribution": self.get,
            "GetDistributionConfig": self.get_config,
            "ListDistributions": self.listed,
            "UpdateDistribution": self.update,
        }
        return {("cloudfront", name): handler for name, handler in table.items()}

    # -- the world's view --------------------------------------------------------------------------------------------

    def add(self, identifier: str, config: Parameters, places: Mapping[str, Place]) -> Distribution:
        """One that is deployed; the first of an id stays."""
        made = Distribution(identifier, config, places, self._timeline.now)
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
