"""Secrets Manager beyond moto: replicas whose replication fails, and replicas that become secrets of their own.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets_troubleshoot.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicationStatusType.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/standalone-secret.html

In AWS a failed replication is tried again by hand; here it is tried again when the fault ends. Which of its errors AWS
answers to the promotion of what is no replica is not documented; InvalidRequestException is this world's choice.
"""

import copy
from typing import Any, ClassVar

from moto.secretsmanager.models import FakeSecret, ReplicaSecret, secretsmanager_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground

_WRITES = ("PutSecretValue", "UpdateSecret", "RotateSecret", "UpdateSecretVersionStage")
_STOPPED = "Replication failed: Secrets Manager could not write the replica."


class _Frozen(ReplicaSecret):
    """A replica as it was when its replication stopped."""

    def __init__(self, replica: ReplicaSecret) -> None:
        self.__dict__.update(replica.__dict__)
        self._default = replica.default_version_id
        self._versions = copy.deepcopy(replica.versions)
        self._described = copy.deepcopy(replica.to_dict())

    def to_dict(self) -> dict[str, Any]:
        return copy.deepcopy(self._described)

    @property
    def default_version_id(self) -> str | None:
        found: str | None = self._default
        return found

    @property
    def versions(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._versions
        return found


class Secrets:
    """Secrets are moto's, whose replicas are always the same as their source; this holds some of them back."""

    PAGES: ClassVar[dict[str, str]] = {
        "secretsmanager": "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._faults = ground.faults
        self._held: set[str] = set()
        ground.faults.subscribe(self._changed)

    def operations(self) -> Operations:
        handlers: dict[str, Handler] = dict.fromkeys(_WRITES, self.written)
        handlers["StopReplicationToReplica"] = self.stop_replication
        return {("secretsmanager", name): handler for name, handler in handlers.items()}

    def written(self, call: Call) -> Reply:
        """A new version: where a replica is held back, its replication has failed now."""
        reply = call.forward()
        if reply.ok:
            secret = self._store(call.region).get(call.text("SecretId"))
            for replica in getattr(secret, "replicas", ()):
                if replica.arn in self._held:
                    _tell(replica, "Failed", _STOPPED)
        return reply

    def stop_replication(self, call: Call) -> Parameters:
        """In the replica's region: it becomes a secret of its own, with the versions it has; its source forgets it."""
        store, name = self._store(call.region), call.text("SecretId")
        replica = store.get(name)
        if replica is None:
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        if not isinstance(replica, ReplicaSecret):
            raise AwsError("InvalidRequestException", f"Secret {replica.arn} is not a replica.")
        source = replica.source
        alone = copy.copy(source)
        alone.arn, alone.region, alone.replicas = replica.arn, call.region, []
        alone.versions = copy.deepcopy(replica.versions)
        alone.default_version_id = replica.default_version_id
        source.replicas = [other for other in source.replicas if other.arn != replica.arn]
        self._held.discard(replica.arn)
        dict.pop(store, replica.arn)
        store[alone.name] = alone
        return {"ARN": alone.arn}

    def _changed(self) -> None:
        for region in list(secretsmanager_backends[self._account]):
            for secret in list(dict.values(self._store(region))):
                if isinstance(secret, FakeSecret):
                    for replica in secret.replicas:
                        self._set(secret, replica)

    def _set(self, secret: FakeSecret, replica: ReplicaSecret) -> None:
        sides = (str(secret.region), str(replica.region))
        fault = self._faults.lasting(FaultKind.REPLICATION_STOPS, sides, "secretsmanager")
        stopped = fault is not None or not all(self._faults.up(region) for region in sides)
        store = self._store(sides[1])
        if stopped and replica.arn not in self._held and replica.has_replica:
            self._held.add(replica.arn)
            dict.__setitem__(store, replica.arn, _Frozen(replica))
        if not stopped and replica.arn in self._held:
            self._held.discard(replica.arn)
            dict.__setitem__(store, replica.arn, replica)
            _tell(replica, "InSync", "Replication succeeded")

    def _store(self, region: str) -> Any:
        return secretsmanager_backends[self._account][region].secrets


def _tell(replica: ReplicaSecret, status: str, message: str) -> None:
    replica.status, replica.message = status, message
    replica.config.update({"Status": status, "StatusMessage": message})
