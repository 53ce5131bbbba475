"""What the product asks of the things that send users to a region."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from dr_core.claim import Claim
from dr_core.observation.model import TrafficState
from dr_core.topology.traffic import Route53Records, StandbyTakesOver
from dr_core.traffic.mark import Mark

Routing = Literal["weighted", "failover", "latency", "geolocation", "geoproximity", "multivalue", "cidr", "simple"]
_POLICIES: dict[str, Routing] = {
    "Weight": "weighted",
    "Failover": "failover",
    "Region": "latency",
    "GeoLocation": "geolocation",
    "GeoProximityLocation": "geoproximity",
    "MultiValueAnswer": "multivalue",
    "CidrRoutingConfig": "cidr",
}
"""https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html"""


@dataclass(frozen=True)
class Record:
    """One region's record as Route 53 holds it. `values` are addresses, host names, or the one alias target.

    Only weighted and failover records prefer somebody. By the other policies Route 53 answers by where users are, among
    those that are healthy: what switches them is their health checks.
    """

    region: str
    routing: Routing
    weight: int | None
    role: Literal["PRIMARY", "SECONDARY"] | None
    values: tuple[str, ...]
    alias: bool
    ttl_s: int | None


def routing_of(raw: Mapping[str, object]) -> Routing:
    """The routing policy of a record set as Route 53 returned it; `simple` where it names none."""
    return next((word for key, word in _POLICIES.items() if raw.get(key) is not None), "simple")


def preference(records: tuple[Record, ...]) -> str:
    """Why there are no weights to show, in words; empty where there are."""
    routings = sorted({record.routing for record in records})
    if routings == ["weighted"]:
        return ""
    if routings == ["failover"]:
        return f"failover records, PRIMARY is {leading(records) or 'not one region'}"
    return f"{' and '.join(routings)} records, which prefer no region"


def leading(records: tuple[Record, ...]) -> str | None:
    """The one region that the records prefer: all of the weight, or PRIMARY; None when there is no single one."""
    regions = [record.region for record in records if record.role == "PRIMARY" or (record.weight or 0) > 0]
    return regions[0] if len(regions) == 1 else None


class Records(Protocol):
    """The records of one name, one for each region."""

    def records(self, spec: Route53Records) -> tuple[Record, ...]:
        """The regions' records; a region without one is left out. Raises RejectedError when there is none at all."""
        ...

    def state(self, spec: Route53Records) -> TrafficState:
        """Weights and TTL as the records hold them; `answers` is None, DNS is asked in `verify`."""
        ...

    def mark(self, spec: Route53Records) -> Mark | None:
        """Who switched these records last; None when nobody of this product did."""
        ...

    def set_active(self, spec: Route53Records, region: str, claim: Claim) -> None:
        """Send everybody to `region` and leave the claim's mark, in one batch that needs the mark seen before.

        RejectedError for records that are neither all weighted nor all failover records: they have no preference to
        change. LeaseLostError when a later owner of the run was there, UnreachableError when somebody changed the mark
        meanwhile: observe again.
        """
        ...

    def set_weights(self, spec: Route53Records, weights: Mapping[str, int], claim: Claim) -> None:
        """Give the named regions these weights (0 to 255) in the same kind of batch; the others keep theirs.

        RejectedError for a region without a record, for records that are not weighted, and when no region would be
        left with a weight: Route 53 would then answer all of them. Other errors as of `set_active`.
        """
        ...

    def addresses(self, spec: Route53Records) -> Mapping[str, tuple[str, ...]]:
        """What DNS would answer for each region: addresses, or host names for CNAMEs and aliases."""
        ...

    def authoritative(self, spec: Route53Records) -> tuple[str, ...]:
        """What the zone answers for the name now, health checks considered (TestDNSAnswer)."""
        ...


class TakeoverSwitch(Protocol):
    """An object in a standby's bucket; while it is there, an inverted health check sends traffic to that standby."""

    def taken_over(self, spec: StandbyTakesOver, region: str) -> bool: ...

    def take_over(self, spec: StandbyTakesOver, region: str, claim: Claim) -> None:
        """Put the object, with the claim's words, if there is none; one that is there stays as it is."""
        ...

    def give_back(self, spec: StandbyTakesOver, region: str, claim: Claim) -> None:
        """Delete the object that was seen; UnreachableError when another one has taken its place: observe again."""
        ...
