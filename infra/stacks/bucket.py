"""A bucket as all of them are here: versioned, private, encrypted, over TLS only, without old versions piling up."""

from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

OLD_DAYS = 30
"""How long a version that was replaced or deleted can be taken back."""
_UPLOAD_DAYS = 7


def bucket(part: cdk.Stack, name: str, called: str, key: str | None, *, locked: bool = False, **more: Any) -> Any:
    """`key` None: encrypted with the keys of S3. `locked`: objects can be kept from everybody; its versions stay."""
    made = s3.CfnBucket(
        part, name, bucket_name=called, bucket_encryption=_encryption(key),
        versioning_configuration={"status": "Enabled"},
        object_lock_enabled=True if locked else None,
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        ),
        ownership_controls={"rules": [{"objectOwnership": "BucketOwnerEnforced"}]},
        **{"lifecycle_configuration": lifecycle(locked=locked), **more},
    )  # fmt: skip
    made.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    return made


def _encryption(key: str | None) -> s3.CfnBucket.BucketEncryptionProperty:
    """A key of the bucket's own saves a call to KMS for each object."""
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key} if key else {"sseAlgorithm": "AES256"}
    rule = {"serverSideEncryptionByDefault": default, **({"bucketKeyEnabled": True} if key else {})}
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])


def lifecycle(short_lived: Mapping[str, str] | None = None, *, locked: bool = False) -> dict[str, Any]:
    """`short_lived`: by a rule's name, a prefix whose replaced versions go after a day."""
    whole: dict[str, Any] = {
        "id": "old-versions",
        "status": "Enabled",
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": _UPLOAD_DAYS},
    }
    if not locked:
        whole |= {"noncurrentVersionExpiration": {"noncurrentDays": OLD_DAYS}, "expiredObjectDeleteMarker": True}
    short = [
        {"id": name, "status": "Enabled", "prefix": prefix, "noncurrentVersionExpiration": {"noncurrentDays": 1}}
        for name, prefix in (short_lived or {}).items()
    ]
    return {"rules": [whole, *short]}


def policy(part: cdk.Stack, name: str, made: Any, called: str, also: Iterable[iam.PolicyStatement] = ()) -> None:
    """Nobody reads or writes it without TLS; `also`: who outside of IAM may."""
    arn = f"arn:aws:s3:::{called}"
    in_the_clear = iam.PolicyStatement(
        sid="OnlyTls", effect=iam.Effect.DENY, principals=[iam.AnyPrincipal()], actions=["s3:*"],
        resources=[arn, f"{arn}/*"], conditions={"Bool": {"aws:SecureTransport": "false"}},
    )  # fmt: skip
    document = iam.PolicyDocument(statements=[in_the_clear, *also])
    s3.CfnBucketPolicy(part, f"{name}Policy", bucket=made.ref, policy_document=document)
