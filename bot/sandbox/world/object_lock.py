"""S3 Object Lock where moto is too kind: a compliance lock is never shortened, and versions are listed after a key.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from moto.s3.models import FakeKey, s3_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.ground import Ground

_MOST = 1000


class ObjectLock:
    """Puts and deletes are moto's, which respects a lock; these are the ways around one that it leaves open."""

    PAGES: ClassVar[dict[str, str]] = {"s3": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account

    def operations(self) -> Operations:
        return {
            ("s3", "PutObjectRetention"): self.put_retention,
            ("s3", "ListObjectVersions"): self.list_versions,
        }

    def put_retention(self, call: Call) -> Reply:
        """A version under a compliance lock may be locked for longer, never for less, by nobody."""
        found = self._version(call)
        asked = call.parameters.get("Retention") or {}
        if found is not None and found.lock_mode == "COMPLIANCE" and _until(found.lock_until) > datetime.now(UTC):
            new = asked.get("RetainUntilDate")
            if asked.get("Mode") != "COMPLIANCE" or new is None or _until(new) < _until(found.lock_until):
                raise AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)
        return call.forward()

    def list_versions(self, call: Call) -> Parameters:
        """Keys in order, the newest version of each first, everything after the markers."""
        bucket = self._buckets().get(call.text("Bucket"))
        if bucket is None:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        asked = call.parameters
        prefix, marker = asked.get("Prefix") or "", asked.get("KeyMarker") or ""
        after, most = asked.get("VersionIdMarker") or "", int(asked.get("MaxKeys") or _MOST)
        found = [
            (key, item, position == 0)
            for key in sorted(bucket.keys)
            if key.startswith(prefix) and (key > marker or (after and key == marker))
            for position, item in enumerate(reversed(bucket.keys.getlist(key, default=[])))
        ]
        if after:
            at = next((n for n, (key, item, _) in enumerate(found) if key == marker and item.version_id == after), -1)
            found = found[at + 1 :]
        page, rest = found[:most], found[most:]
        cut = {"NextKeyMarker": page[-1][0], "NextVersionIdMarker": page[-1][1].version_id} if rest and page else {}
        return {
            "Name": call.text("Bucket"),
            "Prefix": prefix,
            "KeyMarker": marker,
            "MaxKeys": most,
            "IsTruncated": bool(rest),
            "Versions": [_version(*item) for item in page if isinstance(item[1], FakeKey)],
            "DeleteMarkers": [_marker(*item) for item in page if not isinstance(item[1], FakeKey)],
            **cut,
        }

    def _version(self, call: Call) -> FakeKey | None:
        bucket = self._buckets().get(call.text("Bucket"))
        versions = bucket.keys.getlist(call.text("Key"), default=[]) if bucket is not None else []
        wanted = call.parameters.get("VersionId")
        kept = [item for item in versions if isinstance(item, FakeKey)]
        return next((item for item in reversed(kept) if wanted in (None, "", item.version_id)), None)

    def _buckets(self) -> dict[str, Any]:
        buckets: dict[str, Any] = s3_backends[self._account]["aws"].buckets
        return buckets


def _version(key: str, item: FakeKey, latest: bool) -> Parameters:
    return {
        "Key": key,
        "VersionId": str(item.version_id),
        "IsLatest": latest,
        "ETag": item.etag,
        "Size": item.size,
        "StorageClass": "STANDARD",
        "LastModified": item.last_modified,
    }


def _marker(key: str, item: Any, latest: bool) -> Parameters:
    return {"Key": key, "VersionId": str(item.version_id), "IsLatest": latest, "LastModified": item.last_modified}


def _until(value: object) -> datetime:
    """An instant as botocore's parser or moto keeps it."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
