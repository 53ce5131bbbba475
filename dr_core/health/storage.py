"""Is a bucket there and answering, in its own region?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from dr_core.aws.faults import aws_errors
from dr_core.observation.model import Signal, SignalState, Vantage


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


def storage_signal(region: str, bucket: str, at: datetime, latency_ms: float) -> Signal:
    """The signal of a bucket that answered."""
    return Signal(
        region=region,
        component="storage",
        name=bucket,
        vantage=Vantage.CONTROL_PLANE,
        state=SignalState.OK,
        detail=f"answers in {latency_ms:.0f} ms",
        latency_ms=latency_ms,
        observed_at=at,
        source=f"S3 HeadBucket, {region}",
    )
