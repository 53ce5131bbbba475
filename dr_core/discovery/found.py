"""What discovery found, as values. A map by region is of one thing that has a part in each."""

from dataclasses import dataclass, field

PerRegion = dict[str, str]


@dataclass(frozen=True)
class Database:
    """An Aurora global database; `writer` None: no member writes."""

    global_cluster: str
    clusters: PerRegion
    writer: str | None


@dataclass(frozen=True)
class Buckets:
    """Buckets that replicate to each other; one alone replicates nowhere. `one_way` names a region without a rule."""

    buckets: PerRegion
    one_way: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """An ECS service by its name, with the tasks wanted in each region."""

    cluster: str
    service: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Group:
    """An Auto Scaling group, with the instances wanted in each region."""

    group: str
    counts: dict[str, int]


@dataclass(frozen=True)
class RecordSet:
    """One record of a name that has several. `weight` and `role` as Route 53 has them; `check` is its health check."""

    identifier: str
    weight: int | None
    role: str | None
    check: str | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class Records:
    """All records of one name and type that take turns."""

    zone: str
    name: str
    type: str
    sets: tuple[RecordSet, ...]


@dataclass(frozen=True)
class HealthCheck:
    id: str
    host: str
    port: int
    path: str
    tls: bool
    inverted: bool


@dataclass(frozen=True)
class Found:
    """Everything. `notes` say what could not be asked: what is missing for that reason is not known to be missing."""

    regions: tuple[str, ...]
    databases: tuple[Database, ...] = ()
    buckets: tuple[Buckets, ...] = ()
    services: tuple[Service, ...] = ()
    groups: tuple[Group, ...] = ()
    records: tuple[Records, ...] = ()
    checks: tuple[HealthCheck, ...] = ()
    secrets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    caches: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    event_sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rules: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    schedules: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
