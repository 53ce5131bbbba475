"""Buckets with all that is said about them, tables and caches that stand in several regions."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.world.cloudformation.kinds import Kind, Site, changed, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json

Put = Callable[[Site, str, Any], None]


def _versioning(site: Site, bucket: str, given: Json) -> None:
    site.ask("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": given["Status"]})


def _encryption(site: Site, bucket: str, given: Json) -> None:
    rules = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
         "BucketKeyEnabled": bool(rule.get("BucketKeyEnabled"))}
        for rule in given["ServerSideEncryptionConfiguration"]
    ]  # fmt: skip
    site.ask("s3", "PutBucketEncryption", Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _access(site: Site, bucket: str, given: Json) -> None:
    site.ask("s3", "PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration=given)


def _lifecycle(site: Site, bucket: str, given: Json) -> None:
    rules = []
    for number, rule in enumerate(given["Rules"]):
        made: Json = {"ID": rule.get("Id", f"rule-{number + 1}"), "Status": rule["Status"]}
        made["Filter"] = {"Prefix": rule.get("Prefix", "")}
        if "ExpirationInDays" in rule or "ExpiredObjectDeleteMarker" in rule:
            days = {"Days": int(rule["ExpirationInDays"])} if "ExpirationInDays" in rule else {}
            made["Expiration"] = days or {"ExpiredObjectDeleteMarker": bool(rule["ExpiredObjectDeleteMarker"])}
        if "NoncurrentVersionExpiration" in rule:
            made["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
        if "AbortIncompleteMultipartUpload" in rule:
            made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
        rules.append(made)
    asked = parameters("s3", "PutBucketLifecycleConfiguration", {"LifecycleConfiguration": {"Rules": rules}})
    site.ask("s3", "PutBucketLifecycleConfiguration", Bucket=bucket, **asked)


def _replication(site: Site, bucket: str, given: Json) -> None:
    """CloudFormation writes `Id` where S3 writes `ID`, and nothing else differently."""
    asked = parameters("s3", "PutBucketReplication", {"ReplicationConfiguration": given})
    site.ask("s3", "PutBucketReplication", Bucket=bucket, **asked)


def _lock(site: Site, bucket: str, given: Json) -> None:
    asked = parameters("s3", "PutObjectLockConfiguration", {"ObjectLockConfiguration": given})
    site.ask("s3", "PutObjectLockConfiguration", Bucket=bucket, **asked)


def _ownership(site: Site, bucket: str, given: Json) -> None:
    site.ask("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls={"Rules": given["Rules"]})


_PUTS: dict[str, Put] = {
    "VersioningConfiguration": _versioning,
    "BucketEncryption": _encryption,
    "PublicAccessBlockConfiguration": _access,
    "OwnershipControls": _ownership,
    "LifecycleConfiguration": _lifecycle,
    "ObjectLockConfiguration": _lock,
    "ReplicationConfiguration": _replication,
}
_DROPS = {"ReplicationConfiguration": "DeleteBucketReplication", "LifecycleConfiguration": "DeleteBucketLifecycle"}


@dataclass(frozen=True)
class _Bucket:
    """Each part of what is said about a bucket is a call of its own."""

    fixed: frozenset[str] = frozenset({"BucketName", "ObjectLockEnabled"})

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get("BucketName") or site.name().lower())
        where = {"CreateBucketConfiguration": {"LocationConstraint": site.region}}
        lock = {"ObjectLockEnabledForBucket": True} if properties.get("ObjectLockEnabled") else {}
        site.ask("s3", "CreateBucket", Bucket=name, **lock, **({} if site.region == "us-east-1" else where))
        self._put(site, name, properties, list(_PUTS))
        return Made(name, _addresses(name, site.region))

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        names = changed(before, after)
        self._put(site, made.id, after, [name for name in _PUTS if name in names])
        for name in names:
            if name in _DROPS and name not in after:
                site.ask("s3", _DROPS[name], Bucket=made.id)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("s3", "DeleteBucket", Bucket=made.id))

    def _put(self, site: Site, bucket: str, properties: Json, names: list[str]) -> None:
        for name in names:
            if properties.get(name):
                _PUTS[name](site, bucket, properties[name])


@dataclass(frozen=True)
class _BucketPolicy:
    fixed: frozenset[str] = frozenset({"Bucket"})

    def create(self, site: Site, properties: Json) -> Made:
        bucket = str(properties["Bucket"])
        site.ask("s3", "PutBucketPolicy", Bucket=bucket, Policy=json.dumps(properties["PolicyDocument"]))
        return Made(bucket)

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return self.create(site, after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("s3", "DeleteBucketPolicy", Bucket=made.id))


def _addresses(bucket: str, region: str) -> Json:
    return {
        "Arn": f"arn:aws:s3:::{bucket}",
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "RegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
        "DualStackDomainName": f"{bucket}.s3.dualstack.{region}.amazonaws.com",
        "WebsiteURL": f"http://{bucket}.s3-website.{region}.amazonaws.com",
    }


KINDS: dict[str, Kind] = {"AWS::S3::Bucket": _Bucket(), "AWS::S3::BucketPolicy": _BucketPolicy()}
