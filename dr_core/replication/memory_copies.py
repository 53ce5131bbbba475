"""Copies in memory: tests say what each region has; `failing` is the error with which a region answers instead."""

from dataclasses import dataclass, field
from datetime import datetime

from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.replication.copies import CacheView, FlagsView, KeyProof, KeyView, TableView
from dr_core.replication.port import Measurement
from dr_core.topology.stores import AppConfigFlags

_NOTHING = Measurement(None, None, "memory", "nothing was measured")


@dataclass
class MemoryRegions:
    """Regions that are `down`, and those that answer with an error of their own."""

    down: set[str] = field(default_factory=set)
    failing: dict[str, DrError] = field(default_factory=dict)

    def ask(self, service: str, region: str) -> None:
        if region in self.down:
            raise UnreachableError(f"{service} in {region} did not answer.")
        if region in self.failing:
            raise self.failing[region]


@dataclass
class MemoryKeys(MemoryRegions):
    """Views by (key, region). A proof works between keys of one id that are enabled, and is as old as `tried_at`."""

    views: dict[tuple[str, str], KeyView] = field(default_factory=dict)
    tried_at: datetime | None = None

    def view(self, key: str, region: str) -> KeyView:
        self.ask("KMS", region)
        if (key, region) not in self.views:
            raise RejectedError(f"There is no key {key} in {region}.")
        return self.views[key, region]

    def proof(self, key: str, source: str, target: str) -> KeyProof:
        ends = [self.view(key, source), self.view(key, target)]
        assert self.tried_at is not None  # the test says when
        for end in ends:
            if end.state != "Enabled":
                return KeyProof(False, self.tried_at, None, f"{end.key_id} in {end.region} is {end.state}")
        works = ends[0].key_id == ends[1].key_id
        return KeyProof(works, self.tried_at, 1.0, "encrypted and decrypted" if works else "another key")


@dataclass
class MemoryTables(MemoryRegions):
    """Views by (table, region) and lags by (table, target)."""

    views: dict[tuple[str, str], TableView] = field(default_factory=dict)
    lags: dict[tuple[str, str], Measurement] = field(default_factory=dict)

    def view(self, table: str, region: str) -> TableView:
        self.ask("DynamoDB", region)
        if (table, region) not in self.views:
            raise RejectedError(f"There is no table {table} in {region}.")
        return self.views[table, region]

    def lag(self, table: str, source: str, target: str) -> Measurement:
        self.ask("CloudWatch", source)
        return self.lags.get((table, target), _NOTHING)


@dataclass
class MemoryCaches(MemoryRegions):
    """Views by (group, region)."""

    views: dict[tuple[str, str], CacheView] = field(default_factory=dict)

    def view(self, group: str, region: str) -> CacheView:
        self.ask("ElastiCache", region)
        if (group, region) not in self.views:
            raise RejectedError(f"There is no global datastore {group} in {region}.")
        return self.views[group, region]


@dataclass
class MemoryFlags(MemoryRegions):
    """Views by (profile, region)."""

    views: dict[tuple[str, str], FlagsView] = field(default_factory=dict)

    def deployed(self, spec: AppConfigFlags, region: str) -> FlagsView:
        self.ask("AppConfig", region)
        if (spec.profile, region) not in self.views:
            raise RejectedError(f"There is no AppConfig profile {spec.profile} in {region}.")
        return self.views[spec.profile, region]
