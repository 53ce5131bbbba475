"""Where anchors are kept outside the database: one bucket with Object Lock, as this project uses it.

Of each key only the oldest version counts: it was put with `If-None-Match: *` and cannot be deleted before its time,
whatever was laid over it later.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from dr_core.audit.anchor import PREFIX, Sealed, key_of, number_of
from dr_core.aws.clients import acting_clients
from dr_core.aws.faults import AwsFault, AwsRejectedError, aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.topology.duties import Anchor as Configured
from dr_core.topology.model import Topology


@dataclass(frozen=True)
class Stored:
    """One anchor's object. `etag` is the MD5 of its bytes wherever S3 itself keeps the keys of encryption."""

    number: int
    version: str
    etag: str


class Place(Protocol):
    """A bucket; `name` is `region/bucket`. Every method raises UnreachableError, DeniedError or RejectedError."""

    @property
    def name(self) -> str: ...

    def put(self, number: int, content: bytes, retain_until: datetime) -> bool:
        """Put a new object; False when there is one of that number already."""
        ...

    def read(self, number: int, version: str | None = None) -> bytes | None:
        """The bytes of a version, of the oldest one where none is named; None when there is no such object."""
        ...

    def after(self, number: int) -> Iterator[Stored]:
        """The objects with higher numbers, in order."""
        ...


@dataclass(frozen=True)
class Bucket:
    """A place in S3."""

    aws: AwsSessions
    configured: Configured

    @property
    def name(self) -> str:
        return f"{self.configured.region}/{self.configured.bucket}"

    def put(self, number: int, content: bytes, retain_until: datetime) -> bool:
        try:
            with aws_errors("s3", self.configured.region, "PutObject"):
                self._client().put_object(
                    Bucket=self.configured.bucket,
                    Key=key_of(number),
                    Body=content,
                    ContentType="application/json",
                    IfNoneMatch="*",
                    ObjectLockMode="COMPLIANCE",
                    ObjectLockRetainUntilDate=retain_until,
                )
        except AwsRejectedError as error:
            if _taken(error):
                return False
            raise
        return True

    def read(self, number: int, version: str | None = None) -> bytes | None:
        if version is None:
            found = next(iter(self.after(number - 1)), None)
            if found is None or found.number != number:
                return None
            version = found.version
        with aws_errors("s3", self.configured.region, "GetObject"):
            answer = self._client().get_object(Bucket=self.configured.bucket, Key=key_of(number), VersionId=version)
            content: bytes = answer["Body"].read()
        return content

    def after(self, number: int) -> Iterator[Stored]:
        marker: dict[str, str] = {"KeyMarker": key_of(number)} if number > 0 else {}
        waiting: Stored | None = None
        while True:
            with aws_errors("s3", self.configured.region, "ListObjectVersions"):
                page = self._client().list_object_versions(Bucket=self.configured.bucket, Prefix=PREFIX, **marker)
            # Newest version first within a key: the last one before the next key is the oldest.
            for item in page.get("Versions", ()):
                found = number_of(item["Key"])
                if found is None or found <= number:
                    continue
                if waiting is not None and waiting.number != found:
                    yield waiting
                waiting = Stored(found, item["VersionId"], str(item["ETag"]).strip('"'))
            if not page.get("IsTruncated"):
                break
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        if waiting is not None:
            yield waiting

    def _client(self) -> Any:
        return acting_clients(self.aws, None, purpose=Purpose.ANCHOR, read_timeout_s=5.0)("s3", self.configured.region)


def holds(place: Place, stored: Stored, sealed: Sealed) -> bool:
    """Whether the object is exactly this anchor; read only where its tag does not say so."""
    content = sealed.content
    if hashlib.md5(content, usedforsecurity=False).hexdigest() == stored.etag:
        return True
    return place.read(stored.number, stored.version) == content


def places(topology: Topology, aws: AwsSessions) -> tuple[Place, ...]:
    """The buckets of `audit.anchors`."""
    return tuple(Bucket(aws, configured) for configured in topology.audit.anchors)


def _taken(error: AwsFault) -> bool:
    return error.aws_code in ("PreconditionFailed", "412")
