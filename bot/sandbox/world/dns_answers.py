"""Pure: which of a name's record sets Route 53 answers with, given what its health checks say.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RecordSet = Mapping[str, Any]
Healthy = Callable[[str], bool]


@dataclass(frozen=True)
class Choice:
    """A record set that may be answered, with its share of the answers (0 to 1)."""

    record: RecordSet
    share: float


def same_name(left: str, right: str) -> bool:
    return left.rstrip(".").lower() == right.rstrip(".").lower()


def choices(
    records: Sequence[RecordSet], healthy: Healthy, target_healthy: Healthy = lambda host: True
) -> list[Choice]:
    """The record sets of one name and type that can be answered now; empty when there is none.

    `healthy` is asked for the id of a health check, `target_healthy` for the host of an alias that evaluates it.
    """
    if not records:
        return []
    usable = {id(record) for record in records if _is_healthy(record, healthy, target_healthy)}
    if any("Failover" in record for record in records):
        return _failover(records, usable)
    if any("Weight" in record for record in records):
        return _weighted(records, usable)
    fine = [record for record in records if id(record) in usable] or list(records)
    return [Choice(record, 1 / len(fine)) for record in fine] if _shared(records) else [Choice(fine[0], 1.0)]


def _shared(records: Sequence[RecordSet]) -> bool:
    """Multivalue answers are handed out together; other routing answers with one.

    By latency that is the region nearest to the asker. The world has one resolver, and it stands where the first record
    leads.
    """
    return all("MultiValueAnswer" in record for record in records)


def _failover(records: Sequence[RecordSet], usable: set[int]) -> list[Choice]:
    """The primary while it is healthy, else the secondary; with both unhealthy the primary again (fail open)."""
    by_role = {record.get("Failover"): record for record in records}
    primary, secondary = by_role.get("PRIMARY"), by_role.get("SECONDARY")
    if primary is not None and (secondary is None or id(primary) in usable):
        return [Choice(primary, 1.0)]
    if secondary is not None and (primary is None or id(secondary) in usable):
        return [Choice(secondary, 1.0)]
    return [Choice(primary, 1.0)] if primary is not None else []


def _weighted(records: Sequence[RecordSet], usable: set[int]) -> list[Choice]:
    """By weight among the healthy ones above 0; else equally; all unhealthy counts as all healthy."""
    fine = [record for record in records if id(record) in usable] or list(records)
    weighed = [record for record in fine if record.get("Weight", 0) > 0]
    if weighed:
        total = sum(record["Weight"] for record in weighed)
        return [Choice(record, record["Weight"] / total) for record in weighed]
    return [Choice(record, 1 / len(fine)) for record in fine]


def _is_healthy(record: RecordSet, healthy: Healthy, target_healthy: Healthy) -> bool:
    check, alias = record.get("HealthCheckId"), record.get("AliasTarget")
    if check is not None and not healthy(check):
        return False
    return not (alias and alias.get("EvaluateTargetHealth")) or target_healthy(str(alias["DNSName"]))


def values(record: RecordSet) -> list[str]:
    """The record's values; of an alias, its target's name."""
    if "AliasTarget" in record:
        return [str(record["AliasTarget"]["DNSName"])]
    return [str(item["Value"]) for item in record.get("ResourceRecords", [])]
