"""The replication rules of a bucket as values, and how they differ from what `dr.yaml` declares; purely.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dr_core.replication.port import BucketPair


@dataclass(frozen=True)
class Rule:
    """One rule. `metrics`: whether S3 publishes any for it; `time_control`: S3 Replication Time Control.

    `replica_changes`: metadata that is changed on a replica is carried back (replica modification sync):
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
    """

    id: str
    target: str
    enabled: bool
    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    metrics: bool = True
    time_control: bool = False
    delete_markers: bool = False
    replica_changes: bool = False


def rule_of(raw: Mapping[str, Any]) -> Rule:
    """A rule of GetBucketReplication. Without a `Filter` it is of the first version, which copies delete markers."""
    chosen, destination = raw.get("Filter") or {}, raw["Destination"]
    both = chosen.get("And") or {}
    tags = both.get("Tags") or ([chosen["Tag"]] if chosen.get("Tag") else [])
    time_control = _on(destination.get("ReplicationTime"))
    return Rule(
        id=str(raw.get("ID", "")),
        target=str(destination["Bucket"]).rsplit(":", 1)[-1],
        enabled=raw["Status"] == "Enabled",
        prefix=str(raw.get("Prefix") or chosen.get("Prefix") or both.get("Prefix") or ""),
        tags=tuple((str(tag["Key"]), str(tag["Value"])) for tag in tags),
        # Time control switches the metrics on by itself.
        metrics=time_control or _on(destination.get("Metrics")),
        time_control=time_control,
        delete_markers=_on(raw.get("DeleteMarkerReplication")) or "Filter" not in raw,
        replica_changes=_on((raw.get("SourceSelectionCriteria") or {}).get("ReplicaModifications")),
    )


def _on(part: Mapping[str, Any] | None) -> bool:
    return (part or {}).get("Status") == "Enabled"


def live(rules: Sequence[Rule], pair: BucketPair) -> tuple[Rule, ...]:
    """The rules that copy from the bucket to its declared copy."""
    return tuple(rule for rule in rules if rule.enabled and rule.target == pair.target)


def uncopied(rules: Sequence[Rule], pair: BucketPair) -> tuple[str, ...]:
    """Declared parts of the bucket that no enabled rule copies as a whole, one sentence each."""
    whole = [rule for rule in live(rules, pair) if not rule.tags]
    return tuple(
        f"no enabled rule copies {f'all of {prefix}' if prefix else 'the whole bucket'} to {pair.target}"
        for prefix in pair.prefixes or ("",)
        if not any(prefix.startswith(rule.prefix) for rule in whole)
    )


def not_carried(rules: Sequence[Rule], pair: BucketPair) -> tuple[str, ...]:
    """What of the pair's source does not come to its target, one sentence each; nothing: everything does."""
    found = [*uncopied(rules, pair)]
    for rule in live(rules, pair):
        found += [] if rule.replica_changes else [f"rule {rule.id} leaves out changes of metadata made on replicas"]
        found += [] if rule.delete_markers else [f"rule {rule.id} leaves out delete markers"]
    return tuple(found)


def drift(rules: Sequence[Rule], pair: BucketPair) -> tuple[str, ...]:
    """What the rules do not do although it is declared, one sentence each."""
    working, found = live(rules, pair), [*uncopied(rules, pair)]
    found += [f"rule {rule.id} is disabled" for rule in rules if rule.target == pair.target and not rule.enabled]
    found += [f"rule {rule.id} has no metrics" for rule in working if not rule.metrics]
    return tuple(found)
