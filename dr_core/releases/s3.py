"""Artifacts in S3: what is listed below a prefix, and the checksums that S3 keeps of an object."""

from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.releases.port import Stored, Sums

_PREFIX = "Checksum"
_NO_SUMS = frozenset({"ChecksumType"})
_OWN_KEY = "AES256"


class S3Artifacts:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "s3")

    def listing(self, bucket: str, region: str, prefix: str) -> tuple[Stored, ...]:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
        found: list[Stored] = []
        after: dict[str, str] = {}
        while True:
            with aws_errors("s3", region, "ListObjectsV2"):
                page = self._client(region).list_objects_v2(Bucket=bucket, Prefix=prefix, **after)
            found += [_stored(raw, prefix) for raw in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return tuple(found)
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def sums(self, bucket: str, region: str, key: str) -> Sums:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html; of what a key of KMS encrypts it takes
        kms:Decrypt as well."""
        with aws_errors("s3", region, "HeadObject"):
            answer = self._client(region).head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        values = {
            name.removeprefix(_PREFIX): str(value)
            for name, value in answer.items()
            if name.startswith(_PREFIX) and name not in _NO_SUMS
        }
        # A composite value ends with the number of its parts, also where S3 does not say which type it is.
        full = answer.get("ChecksumType") != "COMPOSITE" and not any("-" in value for value in values.values())
        plain = answer.get("ServerSideEncryption", _OWN_KEY) == _OWN_KEY and "SSECustomerAlgorithm" not in answer
        return Sums(values, full, plain and "-" not in str(answer["ETag"]))


def _stored(raw: dict[str, Any], prefix: str) -> Stored:
    return Stored(str(raw["Key"]).removeprefix(prefix), int(raw["Size"]), str(raw["ETag"]).strip('"'))
