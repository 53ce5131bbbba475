"""A drill's own objects in S3: put, read, found in every version, and deleted for good.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: a version deleted by its id leaves no marker,
and replication carries no such deletion anywhere.
"""

from collections.abc import Sequence
from functools import partial

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors, is_gone
from dr_core.drills.port import ObjectVersion
from dr_core.errors import RejectedError

_AT_ONCE = 1000
"""What one call deletes at most."""


class S3Objects:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "s3")

    def locks(self, bucket: str, region: str) -> bool:
        try:
            with aws_errors("s3", region, "GetObjectLockConfiguration"):
                answer = self._client(region).get_object_lock_configuration(Bucket=bucket)
        except AwsRejectedError as error:
            if error.aws_code == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return bool(answer.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention"))

    def put(self, bucket: str, region: str, key: str, body: bytes) -> None:
        with aws_errors("s3", region, "PutObject"):
            self._client(region).put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/plain")

    def read(self, bucket: str, region: str, key: str) -> bytes | None:
        try:
            with aws_errors("s3", region, "GetObject"):
                body: bytes = self._client(region).get_object(Bucket=bucket, Key=key)["Body"].read()
        except RejectedError as error:
            if is_gone(error) and "NoSuchBucket" not in error.message:
                return None
            raise
        return body

    def copying(self, bucket: str, region: str, key: str) -> bool:
        try:
            # A refused HEAD has no body: what is named here is the permission that it needs.
            with aws_errors("s3", region, "GetObject"):
                answer = self._client(region).head_object(Bucket=bucket, Key=key)
        except RejectedError as error:
            if is_gone(error):
                return False
            raise
        return bool(answer.get("ReplicationStatus") == "PENDING")

    def versions(self, bucket: str, region: str, prefix: str) -> tuple[ObjectVersion, ...]:
        found: list[ObjectVersion] = []
        marker: dict[str, str] = {}
        while True:
            with aws_errors("s3", region, "ListObjectVersions"):
                page = self._client(region).list_object_versions(Bucket=bucket, Prefix=prefix, **marker)
            items = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            found += [ObjectVersion(item["Key"], item.get("VersionId") or "null") for item in items]
            if not page.get("IsTruncated"):
                return tuple(found)
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def delete(self, bucket: str, region: str, versions: Sequence[ObjectVersion]) -> None:
        for start in range(0, len(versions), _AT_ONCE):
            named = [{"Key": one.key, "VersionId": one.version} for one in versions[start : start + _AT_ONCE]]
            with aws_errors("s3", region, "DeleteObjects"):
                answer = self._client(region).delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})
            for refused in answer.get("Errors", ()):
                raise RejectedError(
                    f"s3 DeleteObjects in {region} was refused for {refused.get('Key')}: {refused.get('Code')}."
                )
