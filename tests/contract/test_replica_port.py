"""The rules of ReadReplicas and of the steps that stand on them, on the fake and on RDS."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.database.memory_replicas import MemoryReplicas
from dr_core.database.rds_replica import RdsReadReplicas
from dr_core.database.read_replicas import ReadReplicas
from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.plan.catalogue import Progress, StepObservation, observed
from dr_core.plan.failover import build
from dr_core.plan.promotion import member_in, writers
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.topology.capacity import Consumer
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from dr_core.topology.stores import RdsReplica
from tests.contract.by_hand import Hands
from tests.ports import some_ports

REPLICAS = Path(__file__).parents[1] / "topologies" / "replicas.yaml"
OLD, NEW = "ca-central-1", "us-west-2"
LONG_S = 900.0


@dataclass
class Site:
    """A source and its replica, and the hands that break things."""

    topology: Topology
    clock: ManualClock
    replicas: ReadReplicas
    world: World | None = None
    ends: Any = None
    spec: RdsReplica = field(init=False)

    def __post_init__(self) -> None:
        database = self.topology.applications["claims"].database
        assert database is not None
        assert database.rds_replica is not None
        self.spec = database.rds_replica

    def member(self, region: str) -> Any:
        return member_in(self.replicas.state(self.spec, via=region), region)

    def lose(self, region: str) -> None:
        if isinstance(self.replicas, MemoryReplicas):
            self.replicas.down.add(region)
            now = self.clock.now()
            self.replicas.lags = {copy: (0.4, now) for copy, of in self.replicas.copies.items() if of == region}
        elif self.world is not None:
            self.world.add_fault("region_down", region=region)

    def falls_behind(self, region: str, seconds: float) -> None:
        if isinstance(self.replicas, MemoryReplicas):
            self.replicas.lags[region] = (seconds, self.clock.now())
        elif self.world is not None:
            self.world.add_fault("replication_lag", region=region, service="rds", value=seconds)
            self.clock.advance(60)

    def mend(self) -> None:
        if isinstance(self.replicas, MemoryReplicas):
            self.replicas.down.clear()
            self.replicas.lags.clear()
        elif self.world is not None:
            self.world.remove_fault(None)

    def look(self, kind: Any, step: Step) -> StepObservation:
        return observed(kind, step, Claim("token", "run-a", 1))

    def step(self, kind: str, mode: Mode = Mode.FORCED, overrides: tuple[str, ...] = ()) -> tuple[Any, Step]:
        plan = build(self.topology, "claims", source=OLD, target=NEW, mode=mode, overrides=overrides)
        step = next(step for step in plan.steps if step.kind == kind)
        return make_catalogue(some_ports(replicas=self.replicas))[kind], step


@pytest.fixture(params=["memory", "aws"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    topology, clock = load_topology(REPLICAS), ManualClock(datetime.now(UTC).replace(microsecond=0))
    database = topology.applications["claims"].database
    assert database is not None
    assert database.rds_replica is not None
    if request.param == "memory":
        yield Site(topology, clock, MemoryReplicas(database.rds_replica, OLD, clock))
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    world = World(topology, data_dir=tmp_path, clock=clock, speed=1.0)
    try:
        ends = world.start()
        aws = AwsSessions.for_topology(topology, ends.aws_url)
        yield Site(topology, clock, RdsReadReplicas(acting_clients(aws, None), clock), world, ends)
    finally:
        world.stop()


def test_at_rest_one_takes_writes_and_each_side_names_the_other(site: Site) -> None:
    for region in (OLD, NEW):
        state = site.replicas.state(site.spec, via=region)
        assert writers(state) == (OLD,)
        assert {member.region for member in state.members} == {OLD, NEW}
        assert state.failover_status is None
    assert site.member(NEW).copies_from == OLD
    assert site.member(NEW).copying == "replicating"
    assert site.member(OLD).copied_to == (NEW,)
    assert site.member(OLD).engine == site.member(NEW).engine == "postgres"


def test_a_promotion_takes_time_and_leaves_the_old_one_as_it_is(site: Site) -> None:
    site.replicas.promote(site.spec, target=NEW)
    state = site.replicas.state(site.spec, via=NEW)
    assert (state.failover_status, state.failover_to) == ("modifying", NEW)
    site.clock.advance(LONG_S)
    assert (site.member(NEW).is_writer, site.member(NEW).copies_from) == (True, None)
    assert site.member(OLD).is_writer, "nobody fenced it"
    assert site.member(OLD).copied_to == ()


def test_a_replica_is_promoted_while_its_source_is_dead(site: Site) -> None:
    site.lose(OLD)
    site.replicas.promote(site.spec, target=NEW)
    site.clock.advance(LONG_S)
    assert writers(site.replicas.state(site.spec, via=NEW)) == (NEW,)
    with pytest.raises(UnreachableError):
        site.replicas.state(site.spec, via=OLD)


def test_what_is_no_replica_or_is_being_promoted_is_refused(site: Site) -> None:
    with pytest.raises(RejectedError):
        site.replicas.promote(site.spec, target=OLD)
    site.replicas.promote(site.spec, target=NEW)
    with pytest.raises(RejectedError):
        site.replicas.promote(site.spec, target=NEW)


def test_an_instance_with_a_replica_is_not_stopped_and_one_without_takes_its_time(site: Site) -> None:
    with pytest.raises(RejectedError):
        site.replicas.stop(site.spec, region=OLD)
    site.replicas.promote(site.spec, target=NEW)
    site.clock.advance(LONG_S)
    site.replicas.stop(site.spec, region=OLD)
    assert (site.member(OLD).status, site.member(OLD).is_writer) == ("stopping", False)
    with pytest.raises(RejectedError):
        site.replicas.stop(site.spec, region=OLD)
    site.clock.advance(LONG_S)
    assert (site.member(OLD).status, site.member(OLD).is_writer) == ("stopped", False)


def test_lag_has_a_value_and_a_time_or_a_reason(site: Site) -> None:
    site.falls_behind(NEW, 40.0)
    lag = site.replicas.lag(site.spec, NEW)
    assert lag.seconds is not None
    assert 39 < lag.seconds < 45
    assert lag.measured_at is not None
    assert lag.measured_at <= site.clock.now()
    unknown = site.replicas.lag(site.spec, OLD)
    assert (unknown.seconds, bool(unknown.reason)) == (None, True)


def test_an_instance_that_nobody_named_is_refused(site: Site) -> None:
    with pytest.raises(RejectedError, match="nobody"):
        site.replicas.state(site.spec.model_copy(update={"instances": {NEW: "nobody"}}), via=NEW)


def acted(site: Site, kind: Any, step: Step, epoch: int = 1) -> str:
    try:
        kind.act(step, Claim("token", "run-a", epoch))
    except DrError as error:
        return str(error)
    return ""


def test_a_planned_promotion_waits_until_the_replica_has_what_was_written_before(site: Site) -> None:
    site.falls_behind(NEW, 200.0)
    kind, step = site.step("promote-replica", Mode.PLANNED)
    assert site.look(kind, step).progress is Progress.ABSENT
    assert "everything up to" in acted(site, kind, step)
    site.clock.advance(60)
    site.falls_behind(NEW, 150.0)
    assert "Not promoted yet" in acted(site, kind, step), "what is missing may have been written before"
    assert site.look(kind, step).progress is Progress.ABSENT
    site.mend()
    site.clock.advance(120)
    assert acted(site, kind, step) == ""
    assert site.look(kind, step).progress is Progress.UNDER_WAY
    site.clock.advance(LONG_S)
    seen = site.look(kind, step)
    assert seen.progress is Progress.SATISFIED
    assert seen.evidence["data_loss_allowed"] is False
    assert "had everything" in str(seen.evidence["data_loss_basis"])


IN_HAND = [
    ({"lambda_event_source": {"function": "claims-in"}}, None),
    ({"eventbridge_schedule": {"schedule": "nightly"}}, None),
    ({"ecs_poller": {"cluster": "claims", "service": "poller", "count": 1}}, False),
]


@pytest.mark.parametrize(
    ("consumer", "allowed"), IN_HAND, ids=lambda one: next(iter(one)) if isinstance(one, dict) else ""
)
@pytest.mark.parametrize("site", ["memory"], indirect=True)
def test_what_a_function_may_have_in_hand_leaves_the_loss_unknown(
    site: Site, consumer: dict[str, Any], allowed: bool | None
) -> None:
    """Its batch is worked on after its event source is stopped, and nobody sees when that ends."""
    claims = site.topology.applications["claims"]
    consuming = claims.model_copy(update={"consumers": (Consumer.model_validate(consumer),)})
    site.topology = site.topology.model_copy(update={"applications": {"claims": consuming}})
    kind, step = site.step("promote-replica", Mode.PLANNED)
    assert acted(site, kind, step) == ""
    site.clock.advance(LONG_S)
    seen = site.look(kind, step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.SATISFIED, allowed)
    told = str(seen.evidence.get("data_loss_reason") or seen.evidence["data_loss_basis"])
    assert ("may have had work in hand" in told) is (allowed is None)
    assert "had everything" in told
    assert ("nothing is lost" in step.title) is (allowed is False)


@pytest.mark.parametrize(("engine", "allowed"), [("postgres", False), ("mysql", None), ("mariadb", None)])
@pytest.mark.parametrize("site", ["memory"], indirect=True)
def test_a_figure_of_what_arrived_proves_nothing_of_what_did_not(site: Site, engine: str, allowed: bool | None) -> None:
    assert isinstance(site.replicas, MemoryReplicas)
    site.replicas.engine = engine
    kind, step = site.step("promote-replica", Mode.PLANNED)
    assert acted(site, kind, step) == ""
    site.clock.advance(LONG_S)
    seen = site.look(kind, step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.SATISFIED, allowed)
    assert (engine in str(seen.evidence.get("data_loss_reason"))) is (allowed is None)


def test_a_planned_promotion_does_not_go_on_without_knowing_the_lag(site: Site) -> None:
    site.lose(NEW) if site.world is None else site.world.add_fault("metrics_stop", region=NEW)
    site.clock.advance(1200)
    if site.world is None:
        site.mend()
        assert isinstance(site.replicas, MemoryReplicas)
        site.replicas.lags[NEW] = (None, site.clock.now())
    kind, step = site.step("promote-replica", Mode.PLANNED)
    assert "is not known" in acted(site, kind, step)
    assert site.look(kind, step).progress is Progress.ABSENT


def test_another_process_that_adopts_a_planned_promotion_does_not_know_the_loss(site: Site) -> None:
    site.falls_behind(NEW, 30.0)
    kind, step = site.step("promote-replica", Mode.PLANNED)
    assert "Not promoted yet" in acted(site, kind, step)
    site.mend()
    site.clock.advance(180)
    assert acted(site, kind, step) == ""
    site.clock.advance(LONG_S)
    other, _ = site.step("promote-replica", Mode.PLANNED)
    seen = site.look(other, step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.SATISFIED, None)


def test_a_forced_promotion_goes_on_at_once_with_what_there_is(site: Site) -> None:
    site.falls_behind(NEW, 200.0)
    site.lose(OLD)
    kind, step = site.step("promote-replica")
    assert site.look(kind, step).progress is Progress.ABSENT
    assert acted(site, kind, step) == ""
    assert acted(site, kind, step, epoch=2) == "", "a late second call is refused and does no harm"
    site.clock.advance(LONG_S)
    seen = site.look(kind, step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.SATISFIED, True)
    assert "lag_seconds" in seen.evidence


def test_the_old_instance_is_stopped_when_it_can_be_and_the_returning_one_too(site: Site) -> None:
    site.lose(OLD)
    site.replicas.promote(site.spec, target=NEW)
    site.clock.advance(LONG_S)
    kind, step = site.step("stop-instance")
    assert step.best_effort
    with pytest.raises(UnreachableError):
        site.look(kind, step)
    verify, verifying = site.step("verify-promoted")
    seen = site.look(verify, verifying)
    assert (seen.progress, seen.evidence["old_side"]) == (Progress.SATISFIED, "not observed")
    site.mend()
    assert "is not fenced" in site.look(verify, verifying).detail, "two take writes, and that is said"
    assert site.look(kind, step).progress is Progress.ABSENT
    assert acted(site, kind, step) == acted(site, kind, step, epoch=2) == ""
    assert site.look(kind, step).progress is Progress.UNDER_WAY
    site.clock.advance(LONG_S)
    assert site.look(kind, step).progress is Progress.SATISFIED


def test_a_planned_run_is_verified_when_only_the_target_takes_writes(site: Site) -> None:
    kind, step = site.step("verify-promoted", Mode.PLANNED)
    lenient, overridden = site.step("verify-promoted", Mode.PLANNED, ("source-stays-writable",))
    assert site.look(kind, step).progress is Progress.UNDER_WAY
    site.replicas.promote(site.spec, target=NEW)
    site.clock.advance(LONG_S)
    assert site.look(kind, step).progress is Progress.UNDER_WAY
    assert site.look(lenient, overridden).progress is Progress.SATISFIED
    site.replicas.stop(site.spec, region=OLD)
    assert site.look(kind, step).progress is Progress.SATISFIED


@pytest.mark.parametrize(
    ("days", "window", "kept"), [(30, "02:10-02:40", (30, "02:10-02:40")), (0, "02:10-02:40", None)]
)
@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("site", ["aws"], indirect=True)
def test_a_promoted_replica_is_backed_up_as_before(site, days, window, kept, by_hand, tmp_path):
    """RDS would keep one day, in a window of its own choice, of a promotion that says nothing of backups."""
    rds, name = site.replicas._client("rds", NEW), site.spec.instances[NEW]
    rds.modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=days, PreferredBackupWindow=window)
    if by_hand:
        _, step = site.step("promote-replica")
        ends = site.ends
        hands = Hands(ends.aws_url, ends.connect_to, ends.ca_path, ends.resolver, site.clock)
        (tmp_path / "hand").mkdir()
        hands.run("\n".join(KINDS[step.kind].by_hand(step).act), tmp_path / "hand")
    else:
        site.replicas.promote(site.spec, target=NEW)
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    assert found["DBInstanceStatus"] == "modifying"
    assert (found["BackupRetentionPeriod"], found["PreferredBackupWindow"]) == (kept or (1, "00:30-01:00"))


@pytest.mark.parametrize("fault", ["error_before", "error_after", "throttle", "denied"])
@pytest.mark.parametrize("site", ["aws"], indirect=True)
def test_a_promotion_that_goes_wrong_is_done_once(site: Site, fault: str) -> None:
    assert site.world is not None
    kind, step = site.step("promote-replica")
    site.world.add_fault(fault, region=NEW, service="rds", operation="PromoteReadReplica")
    assert site.look(kind, step).progress is Progress.ABSENT
    assert acted(site, kind, step) != ""
    site.mend()
    after = site.look(kind, step).progress
    assert after is (Progress.UNDER_WAY if fault == "error_after" else Progress.ABSENT)
    if after is Progress.ABSENT:
        assert acted(site, kind, step) == ""
    site.clock.advance(LONG_S)
    assert site.look(kind, step).progress is Progress.SATISFIED
    applied = [one for one in site.world.calls() if one["operation"] == "PromoteReadReplica"]
    assert len([one for one in applied if one["effect"] == "applied"]) == 1


def test_the_mere_passage_of_time_promotes_nobody(site: Site) -> None:
    site.clock.advance(timedelta(hours=2).total_seconds())
    assert site.member(OLD).is_writer
    assert site.member(NEW).copies_from == OLD
