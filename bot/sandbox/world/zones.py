"""Hosted zones and record sets: what Route 53's API shows at once, and what DNS answers once a change is INSYNC."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.world.api import AwsError
from bot.sandbox.world.dns_answers import same_name

Record = dict[str, Any]
_ROUTING = (
    "Weight",
    "Failover",
    "Region",
    "GeoLocation",
    "MultiValueAnswer",
    "GeoProximityLocation",
    "CidrRoutingConfig",
)


@dataclass
class Zone:
    """One hosted zone; `records` is the API's view, `served` is what the name servers have."""

    id: str
    name: str
    records: list[Record] = field(default_factory=list)
    served: list[Record] = field(default_factory=list)

    def apply(self, changes: list[Record]) -> None:
        """All changes of a batch or none; AwsError InvalidChangeBatch says what is wrong with it."""
        records = list(self.records)
        for change in changes:
            record = normal(change["ResourceRecordSet"])
            if not f".{record['Name']}".endswith(f".{self.name}."):
                raise _invalid(f"RRSet with DNS name {record['Name']} is not permitted in zone {self.name}.")
            records = _changed(records, change["Action"], record)
            if change["Action"] != "DELETE":
                _check_values(record)
                _check_roles(record, records)
        for record in records:
            _check_routing(record, records)
        self.records = records

    def publish(self) -> None:
        """The name servers have it all."""
        self.served = list(self.records)


def normal(record: Record) -> Record:
    """A record set with its name as Route 53 returns it: lower case, with the final dot."""
    return {**record, "Name": record["Name"].rstrip(".").lower() + "."}


def _key(record: Record) -> tuple[str, str, str | None]:
    return record["Name"], record["Type"], record.get("SetIdentifier")


def _changed(records: list[Record], action: str, record: Record) -> list[Record]:
    at = next((index for index, known in enumerate(records) if _key(known) == _key(record)), None)
    if action == "DELETE":
        if at is None or _content(records[at]) != _content(record):
            raise _invalid(
                f"Tried to delete resource record set [name='{record['Name']}', type='{record['Type']}'] "
                "but it was not found or its values do not match the current values"
            )
        return records[:at] + records[at + 1 :]
    if action == "CREATE" and at is not None:
        raise _invalid(
            f"Tried to create resource record set [name='{record['Name']}', type='{record['Type']}'] "
            "but it already exists"
        )
    return [*records, record] if at is None else [*records[:at], record, *records[at + 1 :]]


def _content(record: Record) -> Record:
    return {key: value for key, value in record.items() if value not in (None, [])}


def _check_routing(record: Record, records: list[Record]) -> None:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html"""
    routing = [name for name in _ROUTING if record.get(name) is not None]
    where = f"[name='{record['Name']}', type='{record['Type']}', set identifier='{record.get('SetIdentifier')}']"
    if bool(routing) != bool(record.get("SetIdentifier")):
        raise _invalid(f"A record set {where} needs a routing policy and a SetIdentifier together.")
    for other in records:
        if other is record or other["Type"] != record["Type"] or not same_name(other["Name"], record["Name"]):
            continue
        if [name for name in _ROUTING if other.get(name) is not None] != routing:
            raise _invalid(
                f"RRSet {where} cannot be created as other RRSets exist with the same name and type "
                "and a different routing policy."
            )


def _check_roles(record: Record, records: list[Record]) -> None:
    """One record of a role at each point of a batch: roles are swapped by DELETE and CREATE, not by UPSERT.

    https://github.com/boto/boto3/issues/1347, https://github.com/kubernetes-sigs/external-dns/issues/2362
    """
    role = record.get("Failover")
    if role == "PRIMARY" and not record.get("AliasTarget") and not record.get("HealthCheckId"):
        raise _invalid("A non-alias primary ResourceRecordSet must have an associated health check.")
    same = [
        other
        for other in records
        if other is not record and (other["Name"], other["Type"]) == (record["Name"], record["Type"])
    ]
    if role is not None and any(other.get("Failover") == role for other in same):
        raise _invalid(
            f"Failover value {role} of [name='{record['Name']}', type='{record['Type']}', "
            f"set identifier='{record.get('SetIdentifier')}'] already exists for this name and type."
        )


def _check_values(record: Record) -> None:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat"""
    values = [str(entry.get("Value")) for entry in record.get("ResourceRecords") or ()]
    if record["Type"] == "TXT" and not all(len(one) > 1 and one[0] == one[-1] == '"' for one in values):
        raise _invalid("Invalid Resource Record: InvalidCharacterString (Value should be enclosed in quotation marks)")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidChangeBatch", message)
