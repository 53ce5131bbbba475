"""Secrets as each region describes them; values are never read.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
"""

from collections.abc import Callable
from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.replication.port import SecretView


class SecretsManager:
    """DescribeSecret; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any]) -> None:
        self._client_of = client_of

    def view(self, name: str, region: str) -> SecretView:
        with aws_errors("secretsmanager", region, "DescribeSecret"):
            raw = self._client_of("secretsmanager", region).describe_secret(SecretId=name)
        current = next((v for v, stages in raw.get("VersionIdsToStages", {}).items() if "AWSCURRENT" in stages), None)
        return SecretView(
            region=region,
            current_version=current,
            primary_region=raw.get("PrimaryRegion"),
            replicas={entry["Region"]: _status_text(entry) for entry in raw.get("ReplicationStatus", ())},
            deleted=raw.get("DeletedDate") is not None,
        )


def _status_text(entry: dict[str, Any]) -> str:
    message = entry.get("StatusMessage")
    return f"{entry.get('Status', 'unknown')}" + (f": {message}" if message else "")
