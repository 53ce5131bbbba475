"""Secrets Manager: whose replica a secret is, and ending that. Values are never read.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html: it is asked in the
replica's region, and nothing of the primary's region is needed.
"""

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.replication.secrets import SecretsManager


class SecretReplicas:
    """One attempt a call: the runner repeats, so that every attempt is seen."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client = client_of
        self._reader = SecretsManager(client_of)

    def primary_of(self, name: str, region: str) -> str | None:
        primary = self._reader.view(name, region).primary_region
        return None if primary == region else primary

    def promote(self, name: str, region: str) -> None:
        with aws_errors("secretsmanager", region, "StopReplicationToReplica"):
            self._client("secretsmanager", region).stop_replication_to_replica(SecretId=name)
