"""What Route 53 has: names with several records, and health checks. Global: asked once, whatever the regions.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHealthChecks.html
"""

from typing import Any

from dr_core.discovery.asking import ClientOf, listed
from dr_core.discovery.found import HealthCheck, Records, RecordSet

HOME = "us-east-1"
_TYPES = ("A", "AAAA", "CNAME")
_STAR = "\\052"
_PORTS = {"HTTPS": 443, "HTTP": 80}


def records(client_of: ClientOf) -> list[Records]:
    """Names whose records take turns, by weight or as failover records."""
    found: list[Records] = []
    for zone in listed(client_of, "route53", HOME, "ListHostedZones", "HostedZones"):
        identifier = str(zone["Id"]).rsplit("/", 1)[-1]
        groups: dict[tuple[str, str], list[RecordSet]] = {}
        for raw in listed(
            client_of, "route53", HOME, "ListResourceRecordSets", "ResourceRecordSets", HostedZoneId=identifier
        ):
            if raw["Type"] in _TYPES and ("Weight" in raw or "Failover" in raw):
                groups.setdefault((str(raw["Name"]), raw["Type"]), []).append(_set(raw))
        for (name, kind), sets in groups.items():
            found.append(Records(identifier, name.rstrip(".").replace(_STAR, "*"), kind, tuple(sets)))
    return found


def checks(client_of: ClientOf) -> list[HealthCheck]:
    """Those that watch an endpoint by its name."""
    found = listed(client_of, "route53", HOME, "ListHealthChecks", "HealthChecks")
    return [made for raw in found if (made := _check(raw["Id"], raw["HealthCheckConfig"])) is not None]


def _set(raw: dict[str, Any]) -> RecordSet:
    alias = raw.get("AliasTarget")
    values = [alias["DNSName"]] if alias else [entry["Value"] for entry in raw.get("ResourceRecords", ())]
    return RecordSet(
        identifier=raw["SetIdentifier"],
        weight=raw.get("Weight"),
        role=raw.get("Failover"),
        check=raw.get("HealthCheckId"),
        values=tuple(value.rstrip(".") for value in values),
    )


def _check(identifier: str, config: dict[str, Any]) -> HealthCheck | None:
    scheme = str(config.get("Type", "")).partition("_")[0]
    host = config.get("FullyQualifiedDomainName")
    if not host or scheme not in _PORTS:
        return None
    path = "/" + str(config.get("ResourcePath", "")).lstrip("/")
    port = int(config.get("Port") or _PORTS[scheme])
    return HealthCheck(identifier, host, port, path, scheme == "HTTPS", bool(config.get("Inverted")))
