"""S3 replication: rules as they were put, objects copied after a while, statuses and metrics of what is pending.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground

LAG_S = 5.0
_WRITES = ("PutObject", "CopyObject", "CompleteMultipartUpload")
Version = tuple[str, str, str]
Stored = tuple[str, str, int]
"""Key, version id and size of an object as it is now."""


@dataclass
class Pending:
    """One version on its way from a bucket to another; `at` is when it was written."""

    source: str
    destination: str
    rule: str
    key: str
    version: str
    size: int
    at: datetime
    deletes: bool = False
    blocked: bool = False


@dataclass
class Flow:
    """One rule: what goes from a bucket to another, and how that went since it was last published."""

    source: str
    destination: str
    rule: str
    failed: int = 0
    latency_s: float = 0.0
    done: int = 0


class S3:
    """Objects are moto's; this follows every write of them."""

    PAGES: ClassVar[dict[str, str]] = {"s3": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._rules: dict[str, Parameters] = {}
        self._status: dict[Version, str] = {}
        self.pending: list[Pending] = []
        self.flows: dict[tuple[str, str, str], Flow] = {}
        ground.faults.subscribe(self._resume)

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "PutBucketReplication": self.put_rules,
            "GetBucketReplication": self.get_rules,
            "DeleteBucketReplication": self.delete_rules,
            "HeadObject": self.with_status,
            "GetObject": self.with_status,
            "DeleteObject": self.deleted,
            "DeleteObjects": self.deleted,
            **dict.fromkeys(_WRITES, self.written),
        }
        return {("s3", name): handler for name, handler in table.items()}

    # -- the world's view --------------------------------------------------------------------------------------------

    def region_of(self, bucket: str) -> str | None:
        found = self._buckets().get(bucket)
        return None if found is None else str(found.region_name)

    def exists(self, bucket: str, key: str) -> bool:
        found = self._buckets().get(bucket)
        return found is not None and isinstance(found.keys.get(key), FakeKey)

    def watched(self) -> list[Flow]:
        """The rules for which S3 publishes metrics: enabled, and with metrics or time control switched on."""
        return [
            self.flows[bucket, _destination(rule), str(rule["ID"])]
            for bucket, config in self._rules.items()
            for rule in config.get("Rules", [])
            if rule.get("Status") == "Enabled" and _has_metrics(rule)
        ]

    def eligible(self, bucket: str, statuses: set[str]) -> list[Stored]:
        """Current objects that an enabled rule is for and whose replication status is one of these."""
        found: list[Stored] = []
        for key in sorted(self._buckets()[bucket].keys):
            stored = self._buckets()[bucket].keys.get(key)
            if not isinstance(stored, FakeKey) or not self._carried(bucket, key):
                continue
            version = str(stored.version_id)
            if self._status.get((bucket, key, version), "NONE") in statuses:
                found.append((key, version, int(stored.size)))
        return found

    def replicate(self, bucket: str, stored: Stored) -> None:
        """Once more by every rule that is for it."""
        key, version, size = stored
        if bucket in self._rules:
            self._queue(bucket, key, version, size, deletes=False)

    # -- rules -------------------------------------------------------------------------------------------------------

    def put_rules(self, call: Call) -> Parameters:
        """Both buckets must be versioned; what is written from now on is copied."""
        bucket = call.text("Bucket")
        config = call.parameters.get("ReplicationConfiguration") or {}
        self._versioned(bucket)
        for rule in config.get("Rules", []):
            self._versioned(_destination(rule))
        self._rules[bucket] = config
        for number, rule in enumerate(config.get("Rules", [])):
            rule.setdefault("ID", f"rule-{number + 1}")
            where = (bucket, _destination(rule), str(rule["ID"]))
            self.flows.setdefault(where, Flow(*where))
        return {}

    def get_rules(self, call: Call) -> Parameters:
        """The rules with every field as it was put."""
        bucket = call.text("Bucket")
        if bucket not in self._buckets():
            raise _no_bucket()
        if bucket not in self._rules:
            raise AwsError("ReplicationConfigurationNotFoundError", "The replication configuration was not found", 404)
        return {"ReplicationConfiguration": self._rules[bucket]}

    def delete_rules(self, call: Call) -> Parameters:
        """Nothing new is copied."""
        self._rules.pop(call.text("Bucket"), None)
        return {}

    # -- objects -----------------------------------------------------------------------------------------------------

    def written(self, call: Call) -> Reply:
        """A new version: queued for every enabled rule whose prefix and tags it has."""
        reply = call.forward()
        bucket, key = call.text("Bucket"), call.text("Key")
        if reply.ok and bucket in self._rules:
            stored = self._buckets()[bucket].keys.get(key)
            if isinstance(stored, FakeKey):
                self._queue(bucket, key, str(stored.version_id), int(stored.size), deletes=False)
        return reply

    def deleted(self, call: Call) -> Reply:
        """Delete markers go along when the rule says so; deleting a version never does."""
        reply = call.forward()
        bucket = call.text("Bucket")
        asked = call.parameters
        objects = asked.get("Delete", {}).get("Objects", []) if call.operation == "DeleteObjects" else [asked]
        for item in objects:
            stored = self._buckets()[bucket].keys.get(item["Key"]) if reply.ok and bucket in self._rules else None
            if not item.get("VersionId") and isinstance(stored, FakeDeleteMarker):
                self._queue(bucket, item["Key"], str(stored.version_id), 0, deletes=True)
        return reply

    def with_status(self, call: Call) -> Reply:
        """moto's, with the replication status of the version."""
        reply = call.forward()
        version = reply.header("x-amz-version-id") or "null"
        status = self._status.get((call.text("Bucket"), call.text("Key"), version))
        return reply.with_header("x-amz-replication-status", status) if status and reply.ok else reply

    # -- time --------------------------------------------------------------------------------------------------------

    def _queue(self, bucket: str, key: str, version: str, size: int, *, deletes: bool) -> None:
        for rule in self._rules[bucket].get("Rules", []):
            if rule.get("Status") != "Enabled" or not key.startswith(_prefix(rule)):
                continue
            if deletes and not _copies_deletes(rule):
                continue
            if not deletes and not self._for(rule, bucket, key):
                continue
            item = Pending(bucket, _destination(rule), str(rule["ID"]), key, version, size, self._timeline.now, deletes)
            self.pending.append(item)
            self._status[bucket, key, version] = "PENDING"
            self._schedule(item)

    def _carried(self, bucket: str, key: str) -> bool:
        return any(self._for(rule, bucket, key) for rule in self._rules.get(bucket, {}).get("Rules", []))

    def _for(self, rule: Parameters, bucket: str, key: str) -> bool:
        """Whether a rule copies the object that this key holds now."""
        enabled = rule.get("Status") == "Enabled" and key.startswith(_prefix(rule))
        return enabled and _tags(rule).items() <= self._tags_of(bucket, key).items()

    def _schedule(self, item: Pending) -> None:
        fault = self._faults.lasting(FaultKind.REPLICATION_LAG, self._sides(item), "s3")
        if fault is not None and fault.value is not None:
            self._timeline.after(fault.value, partial(self._copy, item), scaled=False)
        else:
            self._timeline.after(LAG_S, partial(self._copy, item))

    def _copy(self, item: Pending) -> None:
        if item not in self.pending:
            return
        if self._stopped(item):
            item.blocked = True
            return
        self.pending.remove(item)
        flow = self.flows[item.source, item.destination, item.rule]
        flow.latency_s = (self._timeline.now - item.at).total_seconds()
        done = self._apply(item)
        flow.failed += not done
        flow.done += 1
        self._status[item.source, item.key, item.version] = "COMPLETED" if done else "FAILED"

    def _apply(self, item: Pending) -> bool:
        backend = s3_backends[self._account]["aws"]
        buckets = self._buckets()
        if item.destination not in buckets or item.source not in buckets:
            return False
        if item.deletes:
            backend.delete_object(item.destination, item.key)
            return True
        version = next(
            (
                known
                for known in buckets[item.source].keys.getlist(item.key, default=[])
                if isinstance(known, FakeKey) and str(known.version_id) == item.version
            ),
            None,
        )
        if version is None:
            return False
        copy = backend.put_object(
            item.destination, item.key, version.value, etag=version.etag, disable_notification=True
        )
        copy.set_metadata(version.metadata)
        # Checksums go along: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
        for name in ("checksum_algorithm", "checksum_value", "checksum_type", "checksum_parts"):
            setattr(copy, name, getattr(version, name))
        # A replica keeps the version id and the creation time of its source.
        copy._version_id = version.version_id  # moto has no way to say it
        copy.last_modified = version.last_modified
        backend.tagger.copy_tags(version.arn, copy.arn)
        self._status[item.destination, item.key, str(copy.version_id)] = "REPLICA"
        return True

    def _resume(self) -> None:
        for item in self.pending:
            if item.blocked and not self._stopped(item):
                item.blocked = False
                self._schedule(item)

    def _sides(self, item: Pending) -> tuple[str, ...]:
        regions = (self.region_of(item.source), self.region_of(item.destination))
        return tuple(region for region in regions if region is not None)

    def _stopped(self, item: Pending) -> bool:
        sides = self._sides(item)
        if self._faults.lasting(FaultKind.REPLICATION_STOPS, sides, "s3") is not None:
            return True
        return not all(self._faults.up(region) for region in sides)

    # -- moto's buckets ----------------------------------------------------------------------------------------------

    def _buckets(self) -> dict[str, Any]:
        buckets: dict[str, Any] = s3_backends[self._account]["aws"].buckets
        return buckets

    def _tags_of(self, bucket: str, key: str) -> dict[str, str]:
        stored = self._buckets()[bucket].keys.get(key)
        found: dict[str, str] = s3_backends[self._account]["aws"].tagger.get_tag_dict_for_resource(stored.arn)
        return found

    def _versioned(self, bucket: str) -> None:
        found = self._buckets().get(bucket)
        if found is None:
            raise _no_bucket()
        if not found.is_versioned:
            raise AwsError(
                "InvalidRequest",
                f"Versioning must be 'Enabled' on the bucket {bucket} to apply a replication configuration",
            )


def _no_bucket() -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404)


def _destination(rule: Parameters) -> str:
    return str(rule["Destination"]["Bucket"]).rsplit(":", 1)[-1]


def _prefix(rule: Parameters) -> str:
    chosen = rule.get("Filter") or {}
    return str(rule.get("Prefix") or chosen.get("Prefix") or (chosen.get("And") or {}).get("Prefix") or "")


def _tags(rule: Parameters) -> dict[str, str]:
    """The tags that an object must have, all of them."""
    chosen = rule.get("Filter") or {}
    tags = (chosen.get("And") or {}).get("Tags") or ([chosen["Tag"]] if chosen.get("Tag") else [])
    return {str(tag["Key"]): str(tag["Value"]) for tag in tags}


def _copies_deletes(rule: Parameters) -> bool:
    """A rule without a Filter is of the first version, which copies delete markers; one with tags never does."""
    if _tags(rule):
        return False
    return "Filter" not in rule or (rule.get("DeleteMarkerReplication") or {}).get("Status") == "Enabled"


def _has_metrics(rule: Parameters) -> bool:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html: time control switches them on."""
    destination = rule["Destination"]
    return any((destination.get(part) or {}).get("Status") == "Enabled" for part in ("Metrics", "ReplicationTime"))
