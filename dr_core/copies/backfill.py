"""A Batch Replication job as this product makes it: what it copies, and how it is known again. Pure."""

from typing import Any

from dr_core.replication.port import BucketPair

OPERATION: dict[str, Any] = {"S3ReplicateObject": {}}
REPORT = {"Enabled": False}
PRIORITY = 10
_STATUSES = ("FAILED", "NONE")
"""What is copied again: what failed, and what no rule ever looked at because it is older."""


def described(pair: BucketPair, by: str) -> str:
    """How the job of a run (or of whoever else made it) is known: jobs have no name of their own."""
    return f"dr backfill of {pair.target} from {pair.source}, {by}"


def account_of(role_arn: str) -> str:
    """Jobs belong to the account of the role that carries them out."""
    return role_arn.split(":")[4]


def listed_by(pair: BucketPair) -> dict[str, Any]:
    """The manifest generator: S3 lists the objects itself, and keeps the list to itself."""
    return {
        "S3JobManifestGenerator": {
            "SourceBucket": f"arn:aws:s3:::{pair.source}",
            "EnableManifestOutput": False,
            "Filter": {"EligibleForReplication": True, "ObjectReplicationStatuses": [*_STATUSES]},
        }
    }
