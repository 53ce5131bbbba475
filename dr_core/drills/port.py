"""What drills ask of the world besides what runs ask: objects of their own, clones, and calls that only pretend."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dr_core.capacity.port import Capacity
from dr_core.replication.copies import Keys
from dr_core.replication.port import Secrets
from dr_core.topology.model import Account
from dr_core.verify.port import WriteProbe

Reach = Callable[[str, int], str]
"""(host, port) -> empty where a TCP connection could be made from here, else why not. Never raises."""


@dataclass(frozen=True)
class ObjectVersion:
    """One version of an object, or one delete marker."""

    key: str
    version: str


class DrillObjects(Protocol):
    """Objects under a prefix of the drill's own. Every method raises UnreachableError, DeniedError or RejectedError."""

    def locks(self, bucket: str, region: str) -> bool:
        """Whether the bucket locks every new object by itself, so that none could be deleted again."""
        ...

    def put(self, bucket: str, region: str, key: str, body: bytes) -> None: ...

    def read(self, bucket: str, region: str, key: str) -> bytes | None:
        """The object as it is now; None where there is none."""
        ...

    def copying(self, bucket: str, region: str, key: str) -> bool:
        """Whether S3 still has to copy it to another bucket. What is deleted before may arrive there afterwards."""
        ...

    def versions(self, bucket: str, region: str, prefix: str) -> tuple[ObjectVersion, ...]:
        """Everything under the prefix, older versions and delete markers too."""
        ...

    def delete(self, bucket: str, region: str, versions: Sequence[ObjectVersion]) -> None:
        """For good. What is gone already is what was wanted."""
        ...


@dataclass(frozen=True)
class CloneSource:
    """A cluster that may be cloned. `instance_class` None: it has no instance, and cannot be.

    `serverless`: between which capacities instances of class `db.serverless` scale there, as RDS tells it.
    """

    instance_class: str | None
    engine: str
    endpoint: str
    port: int
    subnet_group: str | None = None
    security_groups: tuple[str, ...] = ()
    parameter_group: str | None = None
    serverless: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Clone:
    """A cluster under a drill's name. `drill`: which drill its tag names. `instances`: name -> status."""

    status: str
    drill: str | None
    endpoint: str
    port: int
    instances: dict[str, str] = field(default_factory=dict)


class Clones(Protocol):
    """Copy-on-write clones of Aurora clusters. Every method raises UnreachableError, DeniedError or RejectedError."""

    def source(self, cluster: str, region: str) -> CloneSource:
        """RejectedError where there is no such cluster."""
        ...

    def state(self, name: str, region: str) -> Clone | None:
        """None: there is no such cluster."""
        ...

    def restore(self, cluster: str, name: str, region: str, *, drill: str) -> None:
        """Ask for a clone under `name`, tagged with the drill. One of that name is there already: nothing happens."""
        ...

    def add_instance(self, name: str, region: str, *, like: str, drill: str) -> None:
        """Give the clone one instance, as the cluster `like` has; once."""
        ...

    def remove(self, name: str, region: str, *, drill: str) -> None:
        """Delete instances, and the cluster once it has none. RejectedError where its tag names another drill."""
        ...


class DryCalls(Protocol):
    """Calls that AWS checks and does not carry out."""

    def invoke(self, function: str, region: str) -> None:
        """RejectedError or DeniedError where the real call would be refused."""
        ...


@dataclass(frozen=True)
class DrillPorts:
    """Everything that exercises reach the world through; `accounts` binds it to the role of another account."""

    capacity: Capacity
    objects: DrillObjects
    keys: Keys
    secrets: Secrets
    clones: Clones
    dry: DryCalls
    probe: WriteProbe
    reach: Reach
    accounts: Callable[[Account], "DrillPorts"] | None = None

    def of(self, account: Account | None) -> "DrillPorts":
        """The ports as used for an application of `account`; None is the account the product itself runs in."""
        return self if account is None or self.accounts is None else self.accounts(account)
