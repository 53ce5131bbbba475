"""Is a bucket there and answering, in its own region?"""

from collections.abc import Callable
from typing import Any, Protocol

from dr_core.aws.faults import aws_errors


class Buckets(Protocol):
    def check(self, bucket: str, region: str) -> None:
        """Returns when the bucket answers; RejectedError when it does not exist."""
        ...


class S3Buckets:
    """HeadBucket; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any]) -> None:
        self._client_of = client_of

    def check(self, bucket: str, region: str) -> None:
        with aws_errors("s3", region, "HeadBucket"):
            self._client_of("s3", region).head_bucket(Bucket=bucket)
