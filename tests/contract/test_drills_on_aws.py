"""Whole drills on the simulated AWS: every call says that it is a drill's, is intended, and nothing is left."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from dr_core.approvals.model import Actor, Face
from dr_core.audit.cloudtrail import CloudTrail
from dr_core.audit.events import EventKind
from dr_core.audit.reconciling import Reconciliation
from dr_core.audit.trail import listing
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.drills.asking import ask
from dr_core.drills.aws import aws_drill_ports
from dr_core.drills.carrying import Carrying
from dr_core.drills.kinds import by_account
from dr_core.drills.model import Drill, DrillKind, DrillState, Result
from dr_core.execution.lease import NamedLease
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import drills, observations
from dr_core.store.engine import Store
from dr_core.topology.model import Topology
from tests.unit.approvals.conftest import observed

WEST = "eu-west-1"
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")
DR_USER = "arn:aws:iam::111122223333:user/dr-worker"


class Place:
    """A worker on the world; time is moved by hand, and the world's with it."""

    def __init__(self, services: Services, world: World, clock: ManualClock) -> None:
        self.services, self.world, self.clock = services, world, clock
        ports = aws_drill_ports(services.aws, services.settings, clock)
        self.worker = Carrying(services, by_account(services, ports), owner="w")
        calls = CloudTrail(services.aws)
        lease = NamedLease(services.store, "reconcile", "w")
        self.checked = Reconciliation(services.store, services.topology, calls, lease, clock, owner="w")

    def hold(self, kind: DrillKind) -> Drill:
        asked = ask(self.services, "shop", kind, actor=ADA, cmd_id=f"c-{kind}")
        for _ in range(400):
            self.worker.round()
            found = self.services.store.read(lambda tx: drills.get(tx, asked.id))
            if found.state.finished:
                return found
            self.clock.advance(10)
        raise AssertionError(found.exercises)

    def strange(self) -> list[str]:
        self.clock.advance(400)
        self.checked.pass_over()
        told = self.services.store.read(lambda tx: listing(tx, limit=500))
        return [str(event.data) for event in told if event.kind == EventKind.CALL_UNEXPLAINED]

    def left(self) -> list[str]:
        """What of a drill is in AWS."""
        rds, s3 = self.services.aws.client("rds", WEST), {}
        found = [one["DBClusterIdentifier"] for one in rds.describe_db_clusters()["DBClusters"]]
        found += [one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]]
        for region in ("eu-central-1", WEST):
            s3 = self.services.aws.client("s3", region)
            listed = s3.list_object_versions(Bucket=f"shop-web-{region}", Prefix="dr-drill/")
            found += [one["Key"] for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))]
        return [name for name in found if "dr-drill" in name]


@pytest.fixture
def place(sqlite_url: str, shop: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(shop, data_dir=tmp_path / "world", clock=clock, speed=1.0)
    access_key, secret = world.credentials(DR_USER)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    endpoints = world.start()
    aws = AwsSessions.for_topology(shop, endpoints.aws_url)
    store = Store(sqlite_url, clock=clock)
    settings = read_settings({"DR_PROBE_CONNECT_TO": endpoints.connect_to, "DR_PROBE_CA": str(endpoints.ca_path)})
    store.write(lambda tx: observations.save(tx, observed(clock.now())))
    made = Place(Services(shop, store, clock, settings, aws, None), world, clock)
    made.checked.pass_over()
    try:
        yield made
    finally:
        store.dispose()
        aws.close()
        world.stop()


def test_an_isolated_drill_tries_everything_and_leaves_nothing(place: Place) -> None:
    held = place.hold(DrillKind.ISOLATED)
    assert {one.name: one.result for one in held.exercises if one.result is not Result.PASSED} == {}
    assert held.state is DrillState.PASSED
    assert place.left() == []
    service = place.services.aws.client("ecs", WEST).describe_services(cluster="shop", services=["api"])["services"][0]
    assert (service["desiredCount"], service["runningCount"]) == (1, 1)
    made = [call for call in place.world.calls() if call["purpose"] == "drill"]
    assert {call["region"] for call in made} <= {WEST, "eu-central-1"}
    operations = {call["operation"] for call in made}
    assert operations >= {"RestoreDBClusterToPointInTime", "DeleteDBCluster", "UpdateService", "PutObject"}
    assert not {call["purpose"] for call in place.world.calls()} & {"run"}
    assert sum(one.calls for one in held.exercises) >= len(made)
    assert place.strange() == []


def test_a_permission_that_is_missing_fails_its_check_and_not_the_drill(place: Place) -> None:
    place.world.add_fault("denied", service="secretsmanager", operation="DescribeSecret", region=WEST)
    held = place.hold(DrillKind.PROBE)
    failed = [one for one in held.exercises if one.result is Result.FAILED]
    assert {one.kind for one in failed} == {"secret"}
    assert all("permission is missing" in one.detail for one in failed)
    assert (held.state, place.left()) == (DrillState.FAILED, [])


@pytest.mark.parametrize("fault", ["error_after", "throttle"])
def test_calls_that_fail_on_the_way_are_looked_at_again(place: Place, fault: str) -> None:
    for service, operation in (("s3", "PutObject"), ("ecs", "UpdateService"), ("s3", "DeleteObjects")):
        place.world.add_fault(fault, service=service, operation=operation, region=WEST, value=2)
    held = place.hold(DrillKind.PROBE)
    assert (held.state, place.left()) == (DrillState.PASSED, [])
    assert held.ended_at is not None
    assert held.ended_at - held.asked_at < timedelta(minutes=15)


def test_a_dead_active_region_keeps_the_clean_up_waiting_and_loud_until_it_is_back(place: Place) -> None:
    asked = ask(place.services, "shop", DrillKind.PROBE, actor=ADA, cmd_id="c")
    dead = place.world.add_fault("region_down", region="eu-central-1")
    for _ in range(60):
        place.worker.round()
        place.clock.advance(10)
    found = place.services.store.read(lambda tx: drills.get(tx, asked.id))
    assert found.state is DrillState.CLEANING
    assert [one.kind for one in found.unclean] == ["write"]
    assert "S3 has yet to copy it" in found.unclean[0].trouble
    place.world.remove_fault(dead)
    for _ in range(60):
        place.worker.round()
        place.clock.advance(10)
    found = place.services.store.read(lambda tx: drills.get(tx, asked.id))
    assert (found.state.finished, place.left()) == (True, [])
    told = [event.kind for event in place.services.store.read(lambda tx: listing(tx, limit=500))]
    assert told.count(EventKind.DRILL_UNCLEAN) == 1
