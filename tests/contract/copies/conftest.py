"""Both sides of the suite for what AWS copies or is compared by name: the simulated AWS, and the fakes in memory.

The world is one for all tests of the file: each begins without a fault, and takes away only what is `archive`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.health_events import HealthEvents
from bot.sandbox.world.world import World
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, ThrottledError
from dr_core.health.events import AwsHealth, HealthEvent
from dr_core.health.memory import MemoryEvents, MemoryProber
from dr_core.observation.asking import ask_all
from dr_core.observation.copies import CopyLook
from dr_core.observation.model import Reading, SignalState
from dr_core.observation.scope import Compared, Scope, aws_readers
from dr_core.parameters.memory import MemoryParameters
from dr_core.parameters.ssm import SsmParameters
from dr_core.replication.copies import CacheMember, CacheView, CopyReaders, FlagsView, KeyView, TableView
from dr_core.replication.history import with_history
from dr_core.replication.memory_copies import MemoryCaches, MemoryFlags, MemoryKeys, MemoryRegions, MemoryTables
from dr_core.replication.port import Measurement
from dr_core.topology.model import Topology

HOME, STANDBY = "eu-north-1", "ca-central-1"
NAMES = {
    "key": "alias/books",
    "dynamodb_global": "loans",
    "elasticache_global": "shelf",
    "appconfig": "library/prod/switches",
    "parameters": "/library/config",
}
TIMED = ("dynamodb_global", "elasticache_global")
KINDS = tuple(NAMES)
SERVICES = {
    "key": "kms",
    "dynamodb_global": "cloudwatch",
    "elasticache_global": "elasticache",
    "appconfig": "appconfig",
    "parameters": "ssm",
}
# The region that is asked for what counts: latency of a table is measured where the items are written.
ASKED_IN = {kind: HOME if kind == "dynamodb_global" else STANDBY for kind in KINDS}


def application(**changed: str) -> dict[str, object]:
    names = {**NAMES, **changed}
    app, environment, profile = names["appconfig"].split("/")
    return {
        "primary": HOME,
        "standby": [STANDBY],
        "keys": [names["key"]],
        "tables": [{"dynamodb_global": {"table": names["dynamodb_global"], "gate": True}}],
        "cache": [{"elasticache_global": {"group": names["elasticache_global"]}}],
        "parameters": {
            "paths": [names["parameters"]],
            "appconfig": [{"application": app, "environment": environment, "profile": profile}],
        },
    }


def topology() -> Topology:
    return Topology.model_validate(
        {
            "version": 1,
            "residency": {"allowed_regions": [HOME, STANDBY]},
            "control_region": HOME,
            "slack": {"incident_channel": "C0INCIDENT", "digest_channel": "C0DIGEST"},
            "approval": {"approvers": {"usergroup": "S0APPROVERS"}},
            "applications": {
                "library": application(),
                # The world makes these in both regions; a test takes them away from the standby.
                "archive": application(
                    key="alias/old",
                    dynamodb_global="old-loans",
                    elasticache_global="attic",
                    appconfig="archive/prod/old",
                    parameters="/archive/config",
                ),
            },
        }
    )


TOPOLOGY = topology()


@dataclass
class Side:
    """One of the two worlds that the suite runs in; what it cannot do is done by its subclass."""

    clock: ManualClock

    def scope(self, name: str = "library") -> Scope:
        raise NotImplementedError

    def look(self, previous: tuple[Reading, ...] = (), name: str = "library") -> dict[str, Reading]:
        """One pass: readings by kind, towards the standby."""
        look = CopyLook(self.scope(name))
        answers = ask_all(look.questions, self.clock, 8.0)
        readings = with_history(look.readings(answers, HOME), previous)
        return {reading.kind: reading for reading in readings}

    def states(self, component: str) -> dict[str, SignalState]:
        look = CopyLook(self.scope())
        signals = look.signals(ask_all(look.questions, self.clock, 8.0))
        return {signal.region: signal.state for signal in signals if signal.component == component}


class OnAws(Side):
    """The adapters on the simulated AWS."""

    def __init__(self, world: World, url: str, clock: ManualClock) -> None:
        super().__init__(clock)
        self.world = world
        self.aws = AwsSessions.for_topology(TOPOLOGY, url)
        self.clients = observing_clients(self.aws, None)

    def scope(self, name: str = "library") -> Scope:
        return scope(
            name,
            self.clock,
            aws_readers(self.clients, self.clock).copies,
            SsmParameters(self.clients),
        )

    def throttle(self, kind: str) -> None:
        self.world.add_fault("throttle", region=ASKED_IN[kind], service=SERVICES[kind])

    def deny(self, kind: str) -> None:
        self.world.add_fault("denied", region=ASKED_IN[kind], service=SERVICES[kind])

    def down(self, region: str) -> None:
        self.world.add_fault("region_down", region=region)

    def stop(self, kind: str) -> None:
        """Nothing new is measured any more."""
        if kind in TIMED:
            self.world.add_fault("metrics_stop", service=kind.split("_")[0])
        else:
            self.deny(kind)

    def steady(self) -> None:
        self.world.add_fault("replication_lag", value=2.0)

    def late(self) -> None:
        self.world.add_fault("replication_lag", value=95.0)
        self.clock.advance(61)

    def events(self) -> AwsHealth:
        return AwsHealth(self.clients, self.clock)

    def issue(self, service: str) -> None:
        self.world.part(HealthEvents).open(STANDBY, service)

    def issues_end(self) -> None:
        self.world.part(HealthEvents).events.clear()

    def events_fail(self, kind: str) -> None:
        self.world.add_fault(kind, service="health")

    def take_away(self, kind: str) -> None:
        """What `archive` has of this kind in the standby."""
        client = self.clients
        if kind == "key":
            client("kms", STANDBY).delete_alias(AliasName="alias/old")
        elif kind == "dynamodb_global":
            client("dynamodb", STANDBY).delete_table(TableName="old-loans")
        elif kind == "elasticache_global":
            (store,) = (s for s in self.world.part(ElastiCacheGlobal).datastores.values() if s.id.endswith("attic"))
            client("elasticache", HOME).disassociate_global_replication_group(
                GlobalReplicationGroupId=store.id, ReplicationGroupId="attic", ReplicationGroupRegion=STANDBY
            )
        elif kind == "appconfig":
            appconfig = client("appconfig", STANDBY)
            found = {app["Name"]: app["Id"] for app in appconfig.list_applications()["Items"]}
            appconfig.delete_application(ApplicationId=found["archive"])
        else:
            client("ssm", STANDBY).delete_parameters(Names=["/archive/config/api-token", "/archive/config/page-size"])


class InMemory(Side):
    """The fakes."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.keys, self.tables, self.caches, self.flags = MemoryKeys(), MemoryTables(), MemoryCaches(), MemoryFlags()
        self.parameters = MemoryParameters({})
        self.health = MemoryEvents(clock)
        self.stopped: set[str] = set()
        self.lag = 1.0
        for name in ("library", "archive"):
            self.fill(name)

    def fill(self, name: str) -> None:
        app = TOPOLOGY.applications[name]
        cache, table = app.cache[0].value.group, app.tables[0].value.table
        members = tuple(
            CacheMember(region, cache, "PRIMARY" if region == HOME else "SECONDARY", "associated")
            for region in app.regions
        )
        for region, other in ((HOME, STANDBY), (STANDBY, HOME)):
            self.keys.views[app.keys[0], region] = KeyView(region, "mrk-1", "Enabled", True, HOME)
            self.tables.views[table, region] = TableView(region, "ACTIVE", {other: "ACTIVE"}, "2019.11.21")
            self.caches.views[cache, region] = CacheView(region, f"x-{cache}", "available", members, "available", None)
            self.flags.views["switches" if name == "library" else "old", region] = FlagsView(region, "1", {"a": "1"})
            self.parameters.values.setdefault(region, {}).update(
                {f"{app.parameters.paths[0]}/{word}": word for word in ("log-level", "api-token")}
            )

    def scope(self, name: str = "library") -> Scope:
        """What is measured is measured now, unless it has stopped."""
        now = self.clock.now()
        if "key" not in self.stopped:
            self.keys.tried_at = now
        found = Measurement(self.lag, now, "memory")
        if "dynamodb_global" not in self.stopped:
            self.tables.lags = {(table, STANDBY): found for table in ("loans", "old-loans")}
        if "elasticache_global" not in self.stopped:
            for (cache, region), view in list(self.caches.views.items()):
                if region == STANDBY:
                    self.caches.views[cache, region] = replace(view, lag=found)
        readers = CopyReaders(self.keys, self.tables, self.caches, self.flags)
        return scope(name, self.clock, readers, self.parameters)

    def reader(self, kind: str) -> MemoryRegions | MemoryParameters:
        return {
            "key": self.keys,
            "dynamodb_global": self.tables,
            "elasticache_global": self.caches,
            "appconfig": self.flags,
            "parameters": self.parameters,
        }[kind]

    def throttle(self, kind: str) -> None:
        self.reader(kind).failing[ASKED_IN[kind]] = ThrottledError("It is throttled.")

    def deny(self, kind: str) -> None:
        self.reader(kind).failing[ASKED_IN[kind]] = DeniedError("permission is missing for it.")

    def down(self, region: str) -> None:
        for kind in KINDS:
            self.reader(kind).down.add(region)

    def stop(self, kind: str) -> None:
        self.stopped.add(kind)
        if kind not in TIMED:
            self.deny(kind)

    def steady(self) -> None:
        self.lag = 2.0

    def late(self) -> None:
        self.lag = 95.0

    def events(self) -> MemoryEvents:
        return self.health

    def issue(self, service: str) -> None:
        self.health.events = (HealthEvent(STANDBY, service, f"AWS_{service}_OPERATIONAL_ISSUE", None, None),)

    def issues_end(self) -> None:
        self.health.events = ()

    def events_fail(self, kind: str) -> None:
        errors = {"denied": DeniedError("No permission."), "throttle": ThrottledError("It is throttled.")}
        self.health.failing = errors[kind]

    def take_away(self, kind: str) -> None:
        if kind == "parameters":
            self.parameters.values[STANDBY].pop("/archive/config/api-token")
        elif kind == "elasticache_global":
            view = self.caches.views["attic", STANDBY]
            self.caches.views["attic", STANDBY] = replace(view, members=view.members[:1], own_status=None)
        else:
            name = {"key": "alias/old", "dynamodb_global": "old-loans", "appconfig": "old"}[kind]
            reader = self.reader(kind)
            reader.views.pop((name, STANDBY))  # type: ignore[union-attr]  # each of these has views


def scope(name: str, clock: ManualClock, copies: CopyReaders, parameters: object) -> Scope:
    """Of everything else nothing is asked."""
    ports = SimpleNamespace(parameters=parameters)
    readers = replace(aws_readers(lambda service, region: None, clock), copies=copies)
    return Scope(
        name=name, application=TOPOLOGY.applications[name], ports=ports, readers=readers, endpoints=MemoryProber(),
        compared=Compared(clock), threshold_s=60, assumed=HOME,
    )  # fmt: skip


@pytest.fixture(scope="module")
def aws_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAws]:
    # The world signs with real time only where botocore does; its own time is this clock.
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        world = World(TOPOLOGY, data_dir=tmp_path_factory.mktemp("copies"), clock=clock, speed=1.0)
        try:
            yield OnAws(world, world.start().aws_url, clock)
        finally:
            world.stop()


@pytest.fixture(params=["memory", "aws"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        yield InMemory(ManualClock())
        return
    found: OnAws = request.getfixturevalue("aws_side")
    yield found
    found.world.remove_fault(None)
    found.issues_end()
    found.clock.advance(61)
