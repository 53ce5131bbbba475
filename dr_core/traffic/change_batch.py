"""What a switch of records consists of, as changes of one Route 53 batch: the owner's mark and the records. Pure.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html: a batch is carried out as a
whole or not at all, a DELETE must name exactly what is there, and a CREATE of what exists is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dr_core.errors import RejectedError
from dr_core.topology.traffic import Route53Records
from dr_core.traffic.mark import Mark, read_mark

RecordSet = Mapping[str, Any]
Change = dict[str, Any]
_EVERYBODY = 100
_MARK_TTL_S = 60


def same_name(left: str, right: str) -> bool:
    return left.rstrip(".").lower() == right.rstrip(".").lower()


def mark_name(spec: Route53Records) -> str:
    """A and CNAME exclude each other at a name; AAAA stands beside A and is switched by a batch of its own."""
    label = "_dr-epoch-aaaa" if spec.type == "AAAA" else "_dr-epoch"
    return f"{label}.{spec.name}"


def read_marks(sets: Sequence[RecordSet]) -> Mark | None:
    """The newest mark among what stands at the mark's name."""
    texts = [entry["Value"] for raw in sets for entry in raw.get("ResourceRecords", ())]
    marks = [mark for text in texts if (mark := read_mark(text)) is not None]
    return max(marks, key=lambda mark: (mark.epoch, mark.act), default=None)


def mark_changes(spec: Route53Records, seen: Sequence[RecordSet], mine: Mark) -> list[Change]:
    """Delete the old mark exactly as it was seen, and create the new one: refused as soon as another is there."""
    made = {
        "Name": mark_name(spec),
        "Type": "TXT",
        "TTL": _MARK_TTL_S,
        "ResourceRecords": [{"Value": f'"{mine.words}"'}],
    }
    return [*(_change("DELETE", raw) for raw in seen), _change("CREATE", made)]


def switch_changes(sets: Mapping[str, RecordSet], region: str) -> list[Change]:
    """The same records with another preference; everything else stays as it was read."""
    if all("Weight" in raw for raw in sets.values()):
        return [_change("UPSERT", {**raw, "Weight": _EVERYBODY if name == region else 0}) for name, raw in sets.items()]
    if all("Failover" in raw for raw in sets.values()):
        return _changed_roles(sets, region)
    raise RejectedError(
        "These records are neither all weighted nor all failover records; they cannot be switched as one.",
        hint="Make them so, or switch by a routing control or a take-over object, which they follow by health check.",
    )


def weight_changes(sets: Mapping[str, RecordSet], weights: Mapping[str, int]) -> list[Change]:
    """The same records with these weights; a region that `weights` does not name keeps its own."""
    return [_change("UPSERT", {**raw, "Weight": weights[region]}) for region, raw in sets.items() if region in weights]


def _changed_roles(sets: Mapping[str, RecordSet], region: str) -> list[Change]:
    """Deleted and created, because Route 53 refuses two records of one role, were it only within a batch."""
    chosen = sets[region]
    if "AliasTarget" not in chosen and not chosen.get("HealthCheckId"):
        raise RejectedError(
            f"The record of {chosen['Name']} for {region} has no health check, and Route 53 takes no PRIMARY without.",
            hint="Give every record of a failover pair the health check that switches it.",
        )
    created = [{**raw, "Failover": "PRIMARY" if name == region else "SECONDARY"} for name, raw in sets.items()]
    return [*(_change("DELETE", raw) for raw in sets.values()), *(_change("CREATE", raw) for raw in created)]


def _change(action: str, raw: RecordSet) -> Change:
    return {"Action": action, "ResourceRecordSet": dict(raw)}
