"""Bucket policies: kept as they were put. moto would enforce them without their conditions, which denies everybody."""

import json
from typing import ClassVar

from moto.s3.models import s3_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground


class BucketPolicies:
    """By bucket; what a policy denies is not played."""

    PAGES: ClassVar[dict[str, str]] = {"s3": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._policies: dict[str, str] = {}

    def operations(self) -> Operations:
        return {
            ("s3", "PutBucketPolicy"): self.put,
            ("s3", "GetBucketPolicy"): self.get,
            ("s3", "DeleteBucketPolicy"): self.delete,
        }

    def put(self, call: Call) -> Parameters:
        """Kept whole; it must be a document."""
        bucket, policy = self._bucket(call), str(call.parameters.get("Policy"))
        try:
            json.loads(policy)
        except ValueError:
            raise AwsError("MalformedPolicy", "This policy contains invalid Json") from None
        self._policies[bucket] = policy
        return {}

    def get(self, call: Call) -> Parameters:
        """As it was put."""
        bucket = self._bucket(call)
        if bucket not in self._policies:
            raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
        return {"Policy": self._policies[bucket]}

    def delete(self, call: Call) -> Parameters:
        """The bucket has none any more."""
        self._policies.pop(self._bucket(call), None)
        return {}

    def _bucket(self, call: Call) -> str:
        bucket = call.text("Bucket")
        if bucket not in s3_backends[self._account]["aws"].buckets:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        return bucket
