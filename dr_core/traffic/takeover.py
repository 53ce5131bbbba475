"""The take-over object in a standby's bucket: a data-plane switch, without the failed region and without us-east-1."""

from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.aws.session import AwsSessions
from dr_core.errors import RejectedError
from dr_core.topology.model import Account, StandbyTakesOver

_BODY = b"While this object exists, traffic goes to this region.\n"


class S3Takeover:
    """Present: the standby has taken over. The health check that watches it is set up beforehand."""

    def __init__(self, aws: AwsSessions, *, account: Account | None = None, purpose: str = "run") -> None:
        self._aws = aws
        self._account = account
        self._purpose = purpose

    def taken_over(self, spec: StandbyTakesOver, region: str) -> bool:
        # Listed, not HeadObject: a HEAD answer has no body, so a missing bucket would look like a missing object.
        with aws_errors("s3", region, "ListObjectsV2"):
            answer = self._client(region).list_objects_v2(Bucket=_bucket(spec, region), Prefix=spec.key, MaxKeys=1)
        return any(found["Key"] == spec.key for found in answer.get("Contents", ()))

    def take_over(self, spec: StandbyTakesOver, region: str) -> None:
        with aws_errors("s3", region, "PutObject"):
            self._client(region).put_object(
                Bucket=_bucket(spec, region), Key=spec.key, Body=_BODY, ContentType="text/plain"
            )

    def give_back(self, spec: StandbyTakesOver, region: str) -> None:
        with aws_errors("s3", region, "DeleteObject"):
            self._client(region).delete_object(Bucket=_bucket(spec, region), Key=spec.key)

    def _client(self, region: str) -> Any:
        return self._aws.client(
            "s3",
            region,
            purpose=self._purpose,
            role=self._account,
            connect_timeout_s=2,
            read_timeout_s=4,
            max_attempts=1,
        )


def _bucket(spec: StandbyTakesOver, region: str) -> str:
    if region not in spec.bucket:
        raise RejectedError(f"The topology names no take-over bucket in {region}.")
    return spec.bucket[region]
