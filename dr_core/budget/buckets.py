"""How a bucket keeps old versions: its lifecycle rules, and how much lies in versions that nobody sees any more.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from collections.abc import Mapping
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.topology.model import Account

MOST_PAGES = 5
"""A thousand versions each; a larger bucket is counted in part, and said to be."""


class S3Keeping:
    """The adapter."""

    def __init__(self, aws: AwsSessions) -> None:
        self._aws = aws

    def expires_noncurrent(self, role: Account | None, region: str, bucket: str) -> bool:
        try:
            with aws_errors("s3", region, "GetBucketLifecycleConfiguration"):
                answer = self._client(role, region).get_bucket_lifecycle_configuration(Bucket=bucket)
        except AwsRejectedError as error:
            if error.aws_code == "NoSuchLifecycleConfiguration":
                return False
            raise
        return any(_whole(rule) and "NoncurrentVersionExpiration" in rule for rule in answer.get("Rules", ()))

    def noncurrent_bytes(self, role: Account | None, region: str, bucket: str) -> tuple[int, bool]:
        asked: dict[str, Any] = {"Bucket": bucket, "MaxKeys": 1000}
        size = 0
        for _ in range(MOST_PAGES):
            with aws_errors("s3", region, "ListObjectVersions"):
                page = self._client(role, region).list_object_versions(**asked)
            size += sum(int(one.get("Size") or 0) for one in page.get("Versions", ()) if not one.get("IsLatest"))
            if not page.get("IsTruncated"):
                return size, True
            asked |= {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page.get("NextVersionIdMarker", "")}
        return size, False

    def _client(self, role: Account | None, region: str) -> Any:
        return self._aws.client("s3", region, purpose=Purpose.OBSERVE, role=role, read_timeout_s=5.0, max_attempts=2)


def _whole(rule: Mapping[str, Any]) -> bool:
    """Whether a rule is on and holds for every object."""
    only = rule.get("Filter") or {}
    narrowed = rule.get("Prefix") or only.get("Prefix") or only.keys() - {"Prefix"}
    return rule.get("Status") == "Enabled" and not narrowed
