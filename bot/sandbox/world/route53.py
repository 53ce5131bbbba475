"""Route 53's API: zones, change batches that take their time, health checks with the world's truth, test answers."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.dns_answers import Choice, choices, same_name, values
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.health_checks import HealthCheck, HealthChecks
from bot.sandbox.world.pages import page
from bot.sandbox.world.zones import Record, Zone

PROPAGATION_S = 30.0
_MOST = 100


@dataclass
class Change:
    id: str
    submitted: datetime
    status: str = "PENDING"

    def view(self) -> Parameters:
        return {"Id": f"/change/{self.id}", "Status": self.status, "SubmittedAt": self.submitted}


class Route53:
    """Zones by id. What DNS answers follows the zone's `served` records and the health checks.

    `host_value` is what a host outside the zones has of a record type, `host_healthy` whether it serves: for aliases.
    `probe` is what a check with this configuration finds: of those that callers make.
    """

    PAGES: ClassVar[dict[str, str]] = {"route53": "https://docs.aws.amazon.com/Route53/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self.zones: dict[str, Zone] = {}
        self.health = HealthChecks(ground.timeline)
        self.host_value: Callable[[str, str], str | None] = lambda host, record_type: None
        self.host_healthy: Callable[[str], bool] = lambda host: True
        self.probe: Callable[[dict[str, Any]], str | None] = lambda config: None
        self._changes: dict[str, Change] = {}
        self._dice = random.Random(11)  # picks among weights, reproducibly

    def operations(self) -> Operations:
        table = {
            "ListHostedZones": self.list_zones,
            "ListResourceRecordSets": self.list_records,
            "ChangeResourceRecordSets": self.change_records,
            "GetChange": self.get_change,
            "TestDNSAnswer": self.test_answer,
            "GetHealthCheckStatus": self.health_status,
            "GetHealthCheck": self.get_check,
            "ListHealthChecks": self.list_checks,
            "UpdateHealthCheck": self.update_check,
            "CreateHealthCheck": self.create_check,
            "DeleteHealthCheck": self.delete_check,
        }
        return {("route53", name): handler for name, handler in table.items()}

    # -- DNS ---------------------------------------------------------------------------------------------------------

    def choices(self, name: str, record_type: str) -> list[Choice]:
        """What may be answered now for a name, over all zones (the first that has it)."""
        for zone in self.zones.values():
            found = self._choices(zone, name, record_type)
            if found:
                return found
        return []

    def pick(self, name: str, record_type: str) -> Record | None:
        """One answer, drawn by weight as a resolver would get it."""
        found = self.choices(name, record_type)
        if not found:
            return None
        drawn = self._dice.choices(found, weights=[choice.share for choice in found])[0]
        return dict(drawn.record)

    def answer(self, record: Record, record_type: str) -> list[str]:
        """What is answered with this record: an alias with what its target has, never with the target's name.

        https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html
        """
        if "AliasTarget" not in record:
            return values(record)
        host = str(record["AliasTarget"]["DNSName"]).rstrip(".").lower()
        found = self.pick(host, record_type)
        if found is not None:
            return self.answer(found, record_type)
        value = self.host_value(host, record_type)
        return [] if value is None else [value]

    def has(self, name: str) -> bool:
        return any(same_name(record["Name"], name) for zone in self.zones.values() for record in zone.served)

    def _choices(self, zone: Zone, name: str, record_type: str) -> list[Choice]:
        records = [
            record for record in zone.served if record["Type"] == record_type and same_name(record["Name"], name)
        ]
        return choices(records, self.health.healthy, self.host_healthy)

    # -- zones and records -------------------------------------------------------------------------------------------

    def list_zones(self, call: Call) -> Parameters:
        """Every hosted zone, 100 a page."""
        return _listing(call, "HostedZones", [_zone_view(zone) for zone in self.zones.values()])

    def list_records(self, call: Call) -> Parameters:
        """In the order of the reversed name, then type, then identifier, from StartRecord... on."""
        zone = self._zone(call, "HostedZoneId")
        asked = call.parameters
        records = sorted(zone.records, key=_order)
        start = (
            _reversed((asked.get("StartRecordName") or "").rstrip(".").lower()),
            asked.get("StartRecordType") or "",
            asked.get("StartRecordIdentifier") or "",
        )
        records = [record for record in records if _order(record) >= start]
        limit = int(asked.get("MaxItems") or 300)
        listed, rest = records[:limit], records[limit:]
        view: Parameters = {"ResourceRecordSets": listed, "IsTruncated": bool(rest), "MaxItems": str(limit)}
        if rest:
            view.update(NextRecordName=rest[0]["Name"], NextRecordType=rest[0]["Type"])
            if rest[0].get("SetIdentifier"):
                view["NextRecordIdentifier"] = rest[0]["SetIdentifier"]
        return view

    def change_records(self, call: Call) -> Parameters:
        """The API shows the new records at once; the change is PENDING, and DNS follows, when it is INSYNC."""
        zone = self._zone(call, "HostedZoneId")
        batch = call.parameters.get("ChangeBatch") or {}
        changes = batch.get("Changes") or []
        if not changes:
            raise AwsError("InvalidInput", "ChangeBatch must contain at least one change.")
        zone.apply(changes)
        change = Change(f"C{len(self._changes) + 1:020d}", self._timeline.now)
        self._changes[change.id] = change
        served = list(zone.records)
        self._timeline.after(PROPAGATION_S, lambda: self._in_sync(zone, change, served))
        return {"ChangeInfo": change.view()}

    def _in_sync(self, zone: Zone, change: Change, served: list[Record]) -> None:
        change.status = "INSYNC"
        zone.served = served

    def get_change(self, call: Call) -> Parameters:
        """PENDING, then INSYNC."""
        identifier = call.text("Id").rsplit("/", 1)[-1]
        if identifier not in self._changes:
            raise AwsError("NoSuchChange", f"Could not find resource with ID: {identifier}", 404)
        return {"ChangeInfo": self._changes[identifier].view()}

    def test_answer(self, call: Call) -> Parameters:
        """What the name servers of this zone would answer now, whatever the asking resolver."""
        zone = self._zone(call, "HostedZoneId")
        name, record_type = call.text("RecordName"), call.text("RecordType")
        found = self._choices(zone, name, record_type)
        drawn = self._dice.choices(found, weights=[choice.share for choice in found])[0] if found else None
        known = drawn is not None or any(same_name(record["Name"], name) for record in zone.served)
        return {
            "Nameserver": "ns-1.sandbox.example",
            "RecordName": name,
            "RecordType": record_type,
            "RecordData": self.answer(dict(drawn.record), record_type) if drawn else [],
            "ResponseCode": "NOERROR" if known else "NXDOMAIN",
            "Protocol": "UDP",
        }

    def _zone(self, call: Call, parameter: str) -> Zone:
        identifier = call.text(parameter).rsplit("/", 1)[-1]
        zone = self.zones.get(identifier)
        if zone is None:
            raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {identifier}", 404)
        return zone

    # -- health checks -----------------------------------------------------------------------------------------------

    def health_status(self, call: Call) -> Parameters:
        """What each checker found last; inversion does not show."""
        return {"HealthCheckObservations": self._check(call).observations()}

    def get_check(self, call: Call) -> Parameters:
        """One health check's configuration."""
        return {"HealthCheck": _check_view(self._check(call))}

    def list_checks(self, call: Call) -> Parameters:
        """Every health check's configuration, 100 a page."""
        return _listing(call, "HealthChecks", [_check_view(check) for check in self.health.checks.values()])

    def create_check(self, call: Call) -> Parameters | Reply:
        """It watches what its configuration names; an endpoint that the world does not know succeeds."""
        identifier, config = str(uuid.uuid4()), dict(call.parameters["HealthCheckConfig"])
        check = self.health.add(identifier, config, lambda: self.probe(config))
        return {
            "HealthCheck": _check_view(check),
            "Location": f"https://route53.amazonaws.com/2013-04-01/healthcheck/{identifier}",
        }

    def update_check(self, call: Call) -> Parameters:
        """Changes what is named; state follows with the next observations."""
        check = self._check(call)
        names = (
            "Inverted",
            "Disabled",
            "FailureThreshold",
            "ResourcePath",
            "FullyQualifiedDomainName",
            "Port",
            "HealthThreshold",
            "ChildHealthChecks",
            "SearchString",
            "EnableSNI",
            "Regions",
            "IPAddress",
        )
        check.config.update({name: call.parameters[name] for name in names if call.parameters.get(name) is not None})
        return {"HealthCheck": _check_view(check)}

    def delete_check(self, call: Call) -> Parameters:
        """It is gone at once; what names it counts as healthy."""
        del self.health.checks[self._check(call).id]
        return {}

    def _check(self, call: Call) -> HealthCheck:
        identifier = call.text("HealthCheckId")
        if identifier not in self.health.checks:
            raise AwsError("NoSuchHealthCheck", f"No health check exists with the specified ID: {identifier}", 404)
        return self.health.checks[identifier]


def _listing(call: Call, name: str, items: list[Parameters]) -> Parameters:
    marker, most = call.parameters.get("Marker"), int(call.parameters.get("MaxItems") or _MOST)
    found, rest = page(items, marker, most, AwsError("InvalidInput", "The marker is not valid."))
    view: Parameters = {name: found, "IsTruncated": rest is not None, "MaxItems": str(most), "Marker": marker or ""}
    return {**view, "NextMarker": rest} if rest else view


def _zone_view(zone: Zone) -> dict[str, Any]:
    return {
        "Id": f"/hostedzone/{zone.id}",
        "Name": f"{zone.name}.",
        "CallerReference": f"sandbox-{zone.id}",
        "Config": {"PrivateZone": False},
        "ResourceRecordSetCount": len(zone.records),
    }


def _check_view(check: HealthCheck) -> dict[str, Any]:
    return {
        "Id": check.id,
        "CallerReference": f"sandbox-{check.id}",
        "HealthCheckConfig": check.config,
        "HealthCheckVersion": 1,
    }


def _reversed(name: str) -> tuple[str, ...]:
    return tuple(reversed(name.rstrip(".").split("."))) if name else ()


def _order(record: Record) -> tuple[tuple[str, ...], str, str]:
    return _reversed(record["Name"]), record["Type"], record.get("SetIdentifier") or ""
