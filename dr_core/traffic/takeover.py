"""The take-over object in a standby's bucket: a data-plane switch, without the failed region and without us-east-1.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html: in general purpose buckets a put may
need that nothing is there, and a delete that the ETag is the one seen (with `s3:GetObject` beside `s3:DeleteObject`).
"""

from functools import partial

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors, is_gone
from dr_core.claim import Claim
from dr_core.errors import RejectedError, UnreachableError
from dr_core.topology.traffic import StandbyTakesOver
from dr_core.traffic.mark import Mark

_THERE_ALREADY = "PreconditionFailed"
_AT_THE_SAME_TIME = "ConditionalRequestConflict"


class S3Takeover:
    """Present: the standby has taken over. The health check that watches it is set up beforehand."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "s3")

    def taken_over(self, spec: StandbyTakesOver, region: str) -> bool:
        return self._etag(spec, region) is not None

    def take_over(self, spec: StandbyTakesOver, region: str, claim: Claim) -> None:
        body = f"While this object exists, traffic goes to this region.\n{Mark(claim.run, claim.epoch, 1).words}\n"
        try:
            with aws_errors("s3", region, "PutObject"):
                self._client(region).put_object(
                    Bucket=_bucket(spec, region),
                    Key=spec.key,
                    Body=body.encode(),
                    ContentType="text/plain",
                    IfNoneMatch="*",
                )
        except AwsRejectedError as error:
            if error.aws_code == _AT_THE_SAME_TIME:
                raise UnreachableError(f"Somebody puts the take-over object in {region} too.") from error
            if error.aws_code != _THERE_ALREADY:
                raise  # else it is there, which is all that is wanted

    def give_back(self, spec: StandbyTakesOver, region: str, claim: Claim) -> None:
        seen = self._etag(spec, region)
        if seen is None:
            return
        try:
            with aws_errors("s3", region, "DeleteObject"):
                self._client(region).delete_object(Bucket=_bucket(spec, region), Key=spec.key, IfMatch=seen)
        except AwsRejectedError as error:
            if is_gone(error):
                return
            if error.aws_code not in (_THERE_ALREADY, _AT_THE_SAME_TIME):
                raise
            raise UnreachableError(
                f"The take-over object in {region} is not the one seen before. It is looked at again."
            ) from error

    def _etag(self, spec: StandbyTakesOver, region: str) -> str | None:
        # Listed, not HeadObject: a HEAD answer has no body, so a missing bucket would look like a missing object.
        with aws_errors("s3", region, "ListObjectsV2"):
            answer = self._client(region).list_objects_v2(Bucket=_bucket(spec, region), Prefix=spec.key, MaxKeys=1)
        return next((str(found["ETag"]) for found in answer.get("Contents", ()) if found["Key"] == spec.key), None)


def _bucket(spec: StandbyTakesOver, region: str) -> str:
    if region not in spec.bucket:
        raise RejectedError(f"The topology names no take-over bucket in {region}.")
    return spec.bucket[region]
