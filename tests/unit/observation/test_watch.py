"""The whole pass over an application in memory: healthy, a region gone, roles swapped, nobody answering."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dr_core.aws.session import AwsSessions
from dr_core.capacity.memory import MemoryCapacity
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.database.memory import MemoryDatabase
from dr_core.health.database import ClusterFacts
from dr_core.health.events import HealthEvent
from dr_core.health.http import ProbeAnswer
from dr_core.health.memory import MemoryBuckets, MemoryClusters, MemoryEvents, MemoryHealthChecks, MemoryProber
from dr_core.health.route53 import CheckerReport
from dr_core.observation.model import Observation, SignalState, Vantage, Verdict, Work
from dr_core.observation.samples import samples_of
from dr_core.observation.scope import Readers
from dr_core.observation.watch import Watch
from dr_core.parameters.memory import MemoryParameters
from dr_core.plan.ports import Ports
from dr_core.replication.copies import CacheMember, CacheView, CopyReaders
from dr_core.replication.exposure import application_exposure, store_exposures
from dr_core.replication.memory import MemoryBucketLag, MemoryClusterLag, MemorySecrets
from dr_core.replication.memory_copies import MemoryCaches, MemoryFlags, MemoryKeys, MemoryTables
from dr_core.replication.port import Measurement, SecretView
from dr_core.settings import Settings
from dr_core.topology.model import Topology
from dr_core.traffic.memory import MemoryRecords, MemoryTakeover
from dr_core.verify.memory import MemoryProbe, MemoryResolver
from tests.ports import some_ports

WEST, EAST = "us-west-2", "us-east-2"
URLS = {region: f"https://{region}.example.org/health" for region in (WEST, EAST)}

TOPOLOGY = Topology.model_validate({
    "version": 1,
    "residency": {"allowed_regions": [WEST, EAST]},
    "control_region": EAST,
    "detection": {"interval": "10s", "hold_down": "30s"},
    "slack": {"incident_channel": "C1", "digest_channel": "C2"},
    "approval": {"approvers": {"users": ["U1", "U2", "U3"]}},
    "applications": {"ledger": {
        "primary": WEST, "standby": [EAST],
        "health": [{"http": URLS}, {"route53": {WEST: "hc-w", EAST: "hc-e"}}],
        "traffic": [{"route53_records": {
            "hosted_zone": "Z", "name": "ledger.example.org", "set_identifiers": {WEST: "w", EAST: "e"}}}],
        "database": {"aurora_global": {"global_cluster": "ledger", "clusters": {WEST: "l-w", EAST: "l-e"}}},
        "storage": [{"s3": {"buckets": {WEST: "docs-w", EAST: "docs-e"}}}],
        "cache": [{"elasticache_global": {"group": "hot", "gate": False}}],
        "secrets": ["ledger/key"],
        "parameters": {"paths": ["/ledger/"]},
        "capacity": [{"ecs": {"cluster": "l", "service": "api", "active": 3, "standby": 1}},
                     {"autoscaling": {"group": "batch", "active": 2, "standby": 0}}],
    }},
})  # fmt: skip
APP = TOPOLOGY.applications["ledger"]


class World:
    """Everything in memory, and the switch that takes a region away from all of it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        assert APP.database is not None
        assert APP.database.aurora_global is not None
        records = APP.traffic[0].route53_records
        assert records is not None
        self.database = MemoryDatabase(APP.database.aurora_global, WEST, self.clock, takes_s=0)
        self.records = MemoryRecords(records, WEST, {WEST: ("10.1.0.1",), EAST: ("10.2.0.1",)}, self.clock)
        self.capacity = MemoryCapacity(
            {("l/api", WEST): 3, ("l/api", EAST): 1, ("batch", WEST): 2, ("batch", EAST): 0}, self.clock
        )
        self.parameters = MemoryParameters({region: {"/ledger/limit": "5"} for region in (WEST, EAST)})
        self.resolver = MemoryResolver()
        self.resolver.values["ledger.example.org", "A"] = ("10.1.0.1",)
        self.prober = MemoryProber(dict.fromkeys(URLS.values(), 200))
        self.checks = MemoryHealthChecks()
        self.report({WEST: True, EAST: True})
        self.clusters = MemoryClusters({name: ClusterFacts("available", 2, "16.4") for name in ("l-w", "l-e")})
        self.lag = MemoryClusterLag()
        self.buckets = MemoryBuckets({"docs-w", "docs-e"})
        self.bucket_lag = MemoryBucketLag()
        views = {("ledger/key", region): SecretView(region, "v1", WEST, {}) for region in (WEST, EAST)}
        self.secrets = MemorySecrets(views)
        self.caches = MemoryCaches()
        self.cached(0.2)
        self.events = MemoryEvents(self.clock)
        self.works: tuple[Work, ...] = ()
        self.watch = Watch(
            TOPOLOGY, AwsSessions((WEST, EAST)), Settings(), self.clock, self.ports(), readers=self.readers(),
            endpoints=self.prober, at_work=lambda application: self.works,
        )  # fmt: skip

    def ports(self) -> Ports:
        return some_ports(
            database=self.database, records=self.records, takeover=MemoryTakeover(), capacity=self.capacity,
            parameters=self.parameters, resolver=self.resolver, probe=MemoryProbe(),
        )  # fmt: skip

    def readers(self) -> Readers:
        copies = CopyReaders(MemoryKeys(), MemoryTables(), self.caches, MemoryFlags())
        return Readers(
            self.checks, self.clusters, self.lag, self.buckets, self.bucket_lag, self.secrets, copies, self.events
        )

    def cached(self, seconds: float) -> None:
        members = (
            CacheMember(WEST, "hot", "PRIMARY", "associated"),
            CacheMember(EAST, "hot", "SECONDARY", "associated"),
        )
        lags = {WEST: None, EAST: Measurement(seconds, self.clock.now(), "CloudWatch")}
        self.caches.views = {
            ("hot", region): CacheView(region, "x-hot", "available", members, "available", lag)
            for region, lag in lags.items()
        }

    def report(self, good: dict[str, bool]) -> None:
        for region, check in ((WEST, "hc-w"), (EAST, "hc-e")):
            self.checks.reports[check] = (CheckerReport("eu-west-1", good[region], "words", None),) * 3

    def measure(self, seconds: float) -> None:
        now = self.clock.now()
        self.lag.measured = {"l-e": Measurement(seconds, now, "CloudWatch")}
        self.bucket_lag.measured = {"docs-e": Measurement(2.0, now, "CloudWatch")}

    def lose(self, region: str) -> None:
        self.prober.statuses.pop(URLS[region])
        for part in (
            self.database,
            self.capacity,
            self.parameters,
            self.clusters,
            self.lag,
            self.buckets,
            self.secrets,
            self.caches,
        ):
            part.down.add(region)

    def observe(self, previous: Observation | None = None, *, passes: int = 1) -> Observation:
        for _ in range(passes):
            previous = self.watch.observe("ledger", previous)
            self.clock.advance(10)
        assert previous is not None
        return previous


@pytest.fixture
def world() -> World:
    world = World()
    world.measure(0.4)
    return world


def verdicts(observation: Observation) -> dict[str, Verdict]:
    return {verdict.region: verdict.verdict for verdict in observation.verdicts}


def test_a_healthy_application_is_seen_whole(world: World) -> None:
    seen = world.observe()
    assert verdicts(seen) == {WEST: Verdict.HEALTHY, EAST: Verdict.HEALTHY}
    assert seen.writers == (WEST,)
    assert seen.database is not None
    assert {member.instances for member in seen.database.members} == {2}
    assert seen.traffic[0].answers == (WEST,)
    assert seen.traffic[0].weights == {WEST: 100, EAST: 0}
    assert {(state.region, state.running) for state in seen.capacity if state.name == "l/api"} == {(WEST, 3), (EAST, 1)}
    assert {signal.component for signal in seen.signals} == {
        "http", "health-check", "database", "storage", "secret", "capacity", "cache", "aws-health",
    }  # fmt: skip
    assert Observation.model_validate_json(seen.model_dump_json()) == seen


def test_readings_go_from_the_active_region_to_the_others(world: World) -> None:
    found = {(reading.kind, reading.region): reading for reading in world.observe().readings}
    assert set(found) == {
        (kind, EAST) for kind in ("aurora_global", "s3", "secret", "parameters", "elasticache_global")
    }
    assert found["aurora_global", EAST].seconds == 0.4
    assert found["secret", EAST].in_step is True
    assert found["parameters", EAST].in_step is True
    assert found["elasticache_global", EAST].seconds == 0.2


def test_a_group_is_seen_like_a_service_and_a_standby_at_nothing_is_not_ill(world: World) -> None:
    batch = {signal.region: signal for signal in world.observe().signals if signal.name == "batch"}
    assert {signal.state for signal in batch.values()} == {SignalState.OK}
    assert (batch[WEST].source, batch[WEST].detail) == ("autoscaling, us-west-2", "2 of 2 running")
    assert "scaled to nothing" in batch[EAST].detail


def test_a_region_that_a_run_fences_is_no_outage_until_something_else_is_bad(world: World) -> None:
    healthy = world.observe()
    world.works = tuple(Work(run="run-1", region=WEST, name=name) for name in ("l/api", "batch"))
    for entry in APP.capacity:
        world.capacity.fence(entry, WEST, Claim("t", "run-1", 1))
    world.clock.advance(30)
    world.prober.statuses[URLS[WEST]] = 503
    world.report({WEST: False, EAST: True})
    fenced = world.observe(healthy, passes=6)
    verdict = fenced.verdict(WEST)
    assert verdict is not None
    assert (verdict.verdict, verdict.run) == (Verdict.DEGRADED, "run-1")
    samples = {sample.region: sample.ok for sample in samples_of(fenced) if sample.name == "verdict"}
    assert samples == {WEST: False, EAST: True}
    world.lose(WEST)
    lost = world.observe(fenced, passes=5).verdict(WEST)
    assert lost is not None
    assert (lost.verdict, lost.run) == (Verdict.DOWN, None)


def test_a_lost_region_is_down_after_the_hold_down_and_names_its_signals(world: World) -> None:
    healthy = world.observe()
    world.lose(WEST)
    first = world.observe(healthy)
    assert verdicts(first)[WEST] is Verdict.DEGRADED
    later = world.observe(first, passes=3)
    verdict = later.verdict(WEST)
    assert verdict is not None
    assert verdict.verdict is Verdict.DOWN
    assert any("RDS in us-west-2 did not answer" in reason for reason in verdict.reasons)
    assert any("(probe," in reason for reason in verdict.reasons)
    assert verdicts(later)[EAST] is Verdict.HEALTHY
    assert later.writers == (WEST,), "the surviving region still tells who writes"


def test_exposure_in_an_outage_grows_from_the_last_fresh_lag(world: World) -> None:
    healthy = world.observe()
    measured_at = world.clock.now() - timedelta(seconds=10)
    world.lose(WEST)
    world.lag.measured.clear()
    down = world.observe(healthy, passes=5)
    stores = store_exposures(down, world.clock.now(), TOPOLOGY.detection.interval)
    expected = 0.4 + (world.clock.now() - measured_at).total_seconds()
    assert application_exposure(stores) == pytest.approx(expected)


def test_roles_that_swap_turn_the_readings_round(world: World) -> None:
    before = world.observe()
    world.database.writer = EAST
    world.resolver.values["ledger.example.org", "A"] = ("10.2.0.1",)
    world.lag.measured = {"l-w": Measurement(0.9, world.clock.now(), "CloudWatch")}
    world.bucket_lag.measured = {"docs-w": Measurement(3.0, world.clock.now(), "CloudWatch")}
    swapped = world.observe(before)
    turned = {(reading.kind, reading.region): reading for reading in swapped.readings}
    assert "changed to us-east-2" in turned["aurora_global", WEST].reason
    assert "changed to us-east-2" in turned["s3", WEST].reason
    settled = {(reading.kind, reading.region): reading for reading in world.observe(swapped).readings}
    assert settled["aurora_global", WEST].seconds == 0.9
    assert settled["s3", WEST].seconds == 3.0
    assert ("aurora_global", EAST) not in settled


def test_nobody_answering_is_unknown_with_reasons_and_never_raises(world: World) -> None:
    world.lose(WEST)
    world.lose(EAST)
    world.records.down = True
    world.checks.down = True
    world.resolver.silent = {"resolver-1:53", "resolver-2:53"}
    seen = world.observe(passes=5)
    assert verdicts(seen) == {WEST: Verdict.UNKNOWN, EAST: Verdict.UNKNOWN}
    assert seen.writers is None
    assert "no region answers" in seen.writers_reason
    assert seen.traffic[0].answers is None
    assert application_exposure(store_exposures(seen, world.clock.now(), timedelta(seconds=10))) is None


def test_both_regions_down_is_down_when_something_else_still_answers(world: World) -> None:
    world.lose(WEST)
    world.lose(EAST)
    assert set(verdicts(world.observe(passes=5)).values()) == {Verdict.DOWN}


def test_a_false_alarm_of_our_own_probe_is_degraded_only(world: World) -> None:
    world.prober.statuses.clear()
    assert set(verdicts(world.observe(passes=9)).values()) == {Verdict.DEGRADED}


def test_two_regions_that_write_are_both_named(world: World) -> None:
    seen = world.observe()
    assert seen.database is not None
    state = world.database.state

    def torn(spec: object, *, via: str, details: bool = True) -> object:
        world.database.writer = via
        return state(spec, via=via, details=details)  # type: ignore[arg-type]  # handed on as it came

    world.database.state = torn  # type: ignore[method-assign, assignment]  # each region claims to write
    split = world.observe(seen)
    assert split.writers == (EAST, WEST)
    assert "disagree" in split.writers_reason


def test_a_prober_that_breaks_says_nothing_about_the_regions(world: World) -> None:
    class Broken:
        def sweep(self, urls: Sequence[str]) -> tuple[ProbeAnswer, ...]:
            raise OSError("no more sockets")

    world.watch = Watch(
        TOPOLOGY, AwsSessions((WEST, EAST)), Settings(), world.clock, world.ports(), readers=world.readers(),
        endpoints=Broken(),
    )  # fmt: skip
    seen = world.observe()
    probes = [signal for signal in seen.signals if signal.vantage is Vantage.PROBE]
    assert {signal.state for signal in probes} == {SignalState.UNKNOWN}
    assert set(verdicts(seen).values()) == {Verdict.HEALTHY}


def test_answers_are_told_apart_by_the_records_of_an_earlier_pass_while_route53_is_silent(world: World) -> None:
    before = world.observe()
    world.records.down = True
    state = world.observe(before).traffic[0]
    assert state.answers == (WEST,)
    assert state.weights is None
    assert "Route 53 did not answer" in state.reason


def test_an_issue_that_aws_tells_of_is_a_vantage_of_its_own(world: World) -> None:
    world.events.events = (HealthEvent(WEST, "RDS", "AWS_RDS_OPERATIONAL_ISSUE", None, None),)
    alone = world.observe()
    assert verdicts(alone) == {WEST: Verdict.DEGRADED, EAST: Verdict.HEALTHY}
    world.prober.statuses.pop(URLS[WEST])
    assert verdicts(world.observe(alone, passes=5))[WEST] is Verdict.DOWN


def test_an_issue_of_a_service_that_is_not_used_changes_nothing(world: World) -> None:
    world.events.events = (HealthEvent(WEST, "SAGEMAKER", "AWS_SAGEMAKER_OPERATIONAL_ISSUE", None, None),)
    assert verdicts(world.observe())[WEST] is Verdict.HEALTHY


def test_that_aws_tells_of_no_issue_is_no_sign_of_health(world: World) -> None:
    world.lose(WEST)
    world.lose(EAST)
    world.records.down = world.checks.down = True
    world.resolver.silent = {"resolver-1:53", "resolver-2:53"}
    assert set(verdicts(world.observe(passes=5)).values()) == {Verdict.UNKNOWN}


def test_a_fresh_watch_closes_what_it_opened() -> None:
    world = World()
    watch = Watch(TOPOLOGY, AwsSessions((WEST, EAST)), Settings(), world.clock, world.ports(), readers=world.readers())
    watch.close()
    watch.close()


def test_what_nothing_tells_of_is_timed_from_where_the_last_run_took_it(world: World) -> None:
    """Neither a writer nor DNS: without the record it would be timed from the primary for ever."""
    told = {"database": None, "traffic": ()}
    alone = TOPOLOGY.model_copy(update={"applications": {"ledger": APP.model_copy(update=told)}})
    watch = Watch(alone, AwsSessions((WEST, EAST)), Settings(), world.clock, world.ports(), readers=world.readers(),
                  endpoints=world.prober)  # fmt: skip
    before = watch.observe("ledger", None)
    assert {reading.source_region for reading in before.readings} == {WEST}
    moved = watch.observe("ledger", before, EAST)
    assert {reading.source_region for reading in moved.readings} == {EAST}
    assert {reading.source_region for reading in watch.observe("ledger", moved, EAST).readings} == {EAST}


def test_passes_that_cannot_tell_who_is_active_keep_the_last_source(world: World) -> None:
    """The writer is in the standby since a failover; then nobody tells for a while, and the file says otherwise."""
    world.resolver.values["ledger.example.org", "A"] = ("10.2.0.1",)
    world.database.writer = EAST
    seen = world.observe()
    assert {reading.source_region for reading in seen.readings} == {EAST}
    world.database.down |= {WEST, EAST}
    world.resolver.values.clear()
    for _ in range(3):
        seen = world.observe(seen)
        assert seen.writers is None
        assert {reading.source_region for reading in seen.readings} == {EAST}
