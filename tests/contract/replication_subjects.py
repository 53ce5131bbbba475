"""What the suite of the replication readers is played on: each reader on its fake, and on the simulated AWS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, DrError, ThrottledError
from dr_core.observation.model import Reading, Verdict
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.exposure import StoreExposure, exposure_of
from dr_core.replication.heartbeat import Heartbeats
from dr_core.replication.history import with_history
from dr_core.replication.memory import MemoryBucketLag, MemoryClusterLag
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.readings import Towards, timed
from dr_core.replication.s3 import S3Lag
from dr_core.topology.model import Topology

HERE, THERE = "ap-southeast-2", "ap-northeast-1"
CLUSTERS = {HERE: "ledger-syd", THERE: "ledger-nrt"}
BUCKETS = {HERE: "ledger-docs-syd", THERE: "ledger-docs-nrt"}
TOPOLOGY = Topology.model_validate({
    "version": 1, "residency": {"allowed_regions": [HERE, THERE]}, "control_region": HERE,
    "slack": {"incident_channel": "C1", "digest_channel": "C2"},
    "approval": {"approvers": {"users": ["U1", "U2", "U3"]}},
    "applications": {"ledger": {
        "primary": HERE, "standby": [THERE],
        "database": {"aurora_global": {"global_cluster": "ledger", "clusters": CLUSTERS}},
        "storage": [{"s3": {"buckets": BUCKETS}}],
        "secrets": ["ledger/key"],
    }},
})  # fmt: skip
PAIR = BucketPair(BUCKETS[HERE], HERE, BUCKETS[THERE], THERE)


class Subject(Protocol):
    """One reader and the world that it reads. `wait` is in seconds of the injected clock."""

    clock: ManualClock

    def ask(self) -> Measurement: ...
    def ask_for_what_is_not_there(self) -> Measurement: ...
    def behind(self, seconds: float) -> None: ...
    def silence(self) -> None: ...
    def throttle(self) -> None: ...
    def deny(self) -> None: ...
    def lose(self, region: str) -> None: ...
    def wait(self, seconds: float) -> None: ...


@dataclass
class Watched:
    """A subject looked at again and again, as the observer does: each reading keeps what the one before it knew."""

    subject: Subject
    last: Reading | None = None

    def look(self) -> Reading:
        found: Measurement | DrError
        try:
            found = self.subject.ask()
        except DrError as error:
            found = error
        new = timed(Towards("store", "ledger", THERE, HERE, 60, self.subject.clock.now(), gate=True), found)
        (self.last,) = with_history([new], [self.last] if self.last else [])
        return self.last

    def passes(self, seconds: float, every: float = 10.0) -> Reading:
        for _ in range(int(seconds / every)):
            self.subject.wait(every)
            reading = self.look()
        return reading

    def exposure(self, source: Verdict = Verdict.HEALTHY) -> StoreExposure:
        assert self.last is not None
        return exposure_of(self.last, source, self.subject.clock.now())


@dataclass
class InMemory:
    """A fake that measures once a minute, as CloudWatch does."""

    fake: MemoryClusterLag | MemoryBucketLag
    ask_fake: Callable[[Any, str], Measurement]
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 1, 5, 10, 3, 5, tzinfo=UTC)))
    seconds: float = 0.4
    at: datetime | None = None
    silent: bool = False

    def ask(self) -> Measurement:
        now = self.clock.now()
        if not self.silent:
            self.at = now.replace(second=0, microsecond=0) - timedelta(minutes=1)
        if self.at is not None and now - self.at < timedelta(minutes=15):
            self.fake.measured = {"copy": Measurement(self.seconds, self.at, "memory")}
        else:
            self.fake.measured = {}
        return self.ask_fake(self.fake, "copy")

    def ask_for_what_is_not_there(self) -> Measurement:
        return self.ask_fake(self.fake, "another")

    def behind(self, seconds: float) -> None:
        self.seconds = seconds

    def silence(self) -> None:
        self.silent = True

    def throttle(self) -> None:
        self.fake.refusing[THERE] = ThrottledError("CloudWatch is throttled.")

    def deny(self) -> None:
        self.fake.refusing[THERE] = DeniedError("permission is missing for cloudwatch:GetMetricData.")

    def lose(self, region: str) -> None:
        self.silent = True
        self.fake.down |= {region}

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


@dataclass
class Theatre:
    """One simulated AWS for a whole file; each test leaves it whole, with twenty quiet minutes after it."""

    world: World
    clock: ManualClock
    aws: AwsSessions

    @property
    def client_of(self) -> Callable[[str, str], Any]:
        return observing_clients(self.aws, None)

    def bucket_lag(self) -> S3Lag:
        writer_of = observing_clients(self.aws, None, Purpose.HEARTBEAT)
        metrics = Metrics(self.client_of, self.clock)
        return S3Lag(self.client_of, metrics, self.clock, Heartbeats(self.client_of, writer_of, self.clock))

    def tidy(self) -> None:
        self.world.remove_fault(None)
        self.clock.advance(1200)
        self.world.snapshot()


@contextmanager
def theatre(folder: Path, topology: Topology = TOPOLOGY) -> Iterator[Theatre]:
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=folder, clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        endpoints = world.start()
        try:
            yield Theatre(world, clock, AwsSessions.for_topology(topology, endpoints.aws_url))
        finally:
            world.stop()


@dataclass
class InAws:
    """A reader on the simulated AWS; `service` is whose replication the faults strike."""

    theatre: Theatre
    service: str
    reader: Callable[[str], Measurement]

    @property
    def clock(self) -> ManualClock:
        return self.theatre.clock

    def ask(self) -> Measurement:
        return self.reader("copy")

    def ask_for_what_is_not_there(self) -> Measurement:
        return self.reader("another")

    def behind(self, seconds: float) -> None:
        self.theatre.world.add_fault("replication_lag", service=self.service, value=seconds)

    def silence(self) -> None:
        self.theatre.world.add_fault("metrics_stop", service=self.service)

    def throttle(self) -> None:
        self.theatre.world.add_fault("throttle", region=THERE, service="cloudwatch")

    def deny(self) -> None:
        self.theatre.world.add_fault("denied", region=THERE, service="cloudwatch")

    def lose(self, region: str) -> None:
        self.theatre.world.add_fault("region_down", region=region)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


def cluster_in_aws(stage: Theatre) -> InAws:
    lag = AuroraLag(Metrics(stage.client_of, stage.clock))
    names = {"copy": CLUSTERS[THERE], "another": "films"}
    return InAws(stage, "rds", lambda which: lag.lag(names[which], THERE, HERE))


def bucket_in_aws(stage: Theatre) -> InAws:
    lag = stage.bucket_lag()
    elsewhere = BucketPair(PAIR.source, HERE, "ledger-docs-elsewhere", THERE)
    return InAws(stage, "s3", lambda which: lag.lag(PAIR if which == "copy" else elsewhere))


def cluster_in_memory(_stage: Theatre) -> InMemory:
    return InMemory(MemoryClusterLag(), lambda fake, name: fake.lag(name, THERE, HERE))


def bucket_in_memory(_stage: Theatre) -> InMemory:
    return InMemory(MemoryBucketLag(), lambda fake, name: fake.lag(BucketPair("own", HERE, name, THERE)))
