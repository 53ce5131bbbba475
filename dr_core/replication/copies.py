"""What readers bring back of stores that AWS copies by itself (keys, tables, caches, AppConfig), and their ports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dr_core.replication.port import Measurement
from dr_core.topology.stores import AppConfigFlags

ENABLED = "Enabled"
ACTIVE = "ACTIVE"
PRIMARY, SECONDARY = "PRIMARY", "SECONDARY"


@dataclass(frozen=True)
class KeyView:
    """A KMS key as one region describes it; `primary_region` is None for a key that belongs to one region only."""

    region: str
    key_id: str
    state: str
    multi_region: bool
    primary_region: str | None


@dataclass(frozen=True)
class KeyProof:
    """What came of opening in one region what another had closed. `works` None: this key cannot be tried so."""

    works: bool | None
    tried_at: datetime
    took_ms: float | None
    detail: str


class Keys(Protocol):
    def view(self, key: str, region: str) -> KeyView:
        """RejectedError when the region has no such key or alias."""
        ...

    def proof(self, key: str, source: str, target: str) -> KeyProof:
        """A random text encrypted in `source` and decrypted in `target`; a success is kept for a minute."""
        ...


@dataclass(frozen=True)
class TableView:
    """A DynamoDB table as one region describes it; `replicas` are statuses by region, its own perhaps among them."""

    region: str
    status: str
    replicas: Mapping[str, str]
    version: str | None


class Tables(Protocol):
    def view(self, table: str, region: str) -> TableView:
        """RejectedError when the region has no such table."""
        ...

    def lag(self, table: str, source: str, target: str) -> Measurement:
        """How long items take from `source` to `target`, as the source's region measured it."""
        ...


@dataclass(frozen=True)
class CacheMember:
    """One replication group of a Global Datastore. `role`: PRIMARY or SECONDARY."""

    region: str
    group: str
    role: str
    status: str


@dataclass(frozen=True)
class Datastore:
    """A Global Datastore as one region describes it, under the full name that AWS gives it."""

    region: str
    datastore: str
    status: str
    members: tuple[CacheMember, ...]

    def member(self, region: str) -> CacheMember | None:
        return next((member for member in self.members if member.region == region), None)

    @property
    def primary(self) -> str | None:
        """The region whose member takes writes."""
        return next((member.region for member in self.members if member.role == PRIMARY), None)


@dataclass(frozen=True)
class CacheView(Datastore):
    """With the region's own member. `own_status` None: it has none. `lag` None: its member is no secondary."""

    own_status: str | None
    lag: Measurement | None


class Caches(Protocol):
    def view(self, group: str, region: str) -> CacheView:
        """RejectedError when the region knows no such datastore."""
        ...


@dataclass(frozen=True)
class FlagsView:
    """What AppConfig has deployed in one region: fingerprints by flag, or one for the whole of a free-form profile.

    `version` None: nothing was ever deployed. `under_way` tells of a deployment that has not ended.
    """

    region: str
    version: str | None
    fingerprints: Mapping[str, str]
    under_way: str = ""


class Flags(Protocol):
    def deployed(self, spec: AppConfigFlags, region: str) -> FlagsView:
        """RejectedError when the application, environment or profile does not exist in the region."""
        ...


@dataclass(frozen=True)
class CopyReaders:
    """The readers of everything that is copied by AWS itself."""

    keys: Keys
    tables: Tables
    caches: Caches
    flags: Flags
