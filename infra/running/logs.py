"""Buckets for the logs of requests."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3

from infra.place import Part

_KEPT_DAYS = 90


def log_bucket(part: Part, name: str, *, writes_acls: bool = False) -> s3.Bucket:
    """Logs of requests hold addresses of people: they stay in the stack's region, and not for ever.

    Load balancers and CloudFront can only write to a bucket whose encryption is S3's own; CloudFront needs ACLs, too.
    """
    owner = s3.ObjectOwnership.BUCKET_OWNER_PREFERRED if writes_acls else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED
    return s3.Bucket(
        part, name,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        object_ownership=owner,
        # Kept, but for what a failed first attempt has made, which would be in nobody's hands.
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=Duration.days(_KEPT_DAYS), abort_incomplete_multipart_upload_after=Duration.days(1)
            )
        ],
    )  # fmt: skip
