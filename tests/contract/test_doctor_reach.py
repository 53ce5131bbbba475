"""The doctor's look at AWS, against the simulated one: everything answers, a dead region, a missing permission."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock, SystemClock
from dr_core.doctor.reach import reach
from dr_core.doctor.result import Check, CheckState
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store.engine import Store
from dr_core.topology.load import load_topology
from dr_core.worker.reaching import Reaching

TOPOLOGY = Path(__file__).parent.parent / "topologies" / "full.yaml"
EU, WEST = "AWS eu-central-1 as dr", "AWS eu-west-1 as dr"


@dataclass
class Room:
    world: World
    services: Services

    def checks(self) -> dict[str, Check]:
        return {check.name: check for check in reach(self.services)}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    topology, folder = load_topology(TOPOLOGY), tmp_path_factory.mktemp("reach")
    world = World(topology, data_dir=folder, clock=ManualClock(datetime.now(UTC)), speed=1.0)
    url = world.start().aws_url
    key, secret = world.credentials("arn:aws:iam::111122223333:user/dr-worker")
    store = Store(f"sqlite:///{folder}/dr.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        aws = AwsSessions.for_topology(topology, url)
        yield Room(world, Services(topology, store, SystemClock(), read_settings({}), aws))
        aws.close()
    store.dispose()
    world.stop()


def test_where_everything_answers_every_check_is_ok(room: Room) -> None:
    checks = room.checks()
    assert {name: check.detail for name, check in checks.items() if check.state is not CheckState.OK} == {}
    assert {EU, WEST, "AWS eu-west-1", f"{EU} services", f"{WEST} services", "AWS clock"} <= checks.keys()
    assert "assumed-role/dr/" in checks[EU].detail
    for service in ("rds", "s3", "ssm", "secretsmanager", "kms", "dynamodb", "ecs", "elasticache", "autoscaling"):
        assert f"{service} " in checks[f"{WEST} services"].detail
    assert "route53 " in checks["AWS global as dr services"].detail


def test_a_dead_region_fails_and_nothing_else_is_asked_there(room: Room) -> None:
    fault = room.world.add_fault("region_down", region="eu-central-1")
    checks = room.checks()
    room.world.remove_fault(fault)
    assert checks[EU].state is CheckState.FAILED
    assert f"{EU} services" not in checks
    assert checks[f"{WEST} services"].state is CheckState.OK


def test_a_missing_permission_is_named_with_its_action(room: Room) -> None:
    fault = room.world.add_fault("denied", region="eu-west-1", service="kms")
    checks = room.checks()
    room.world.remove_fault(fault)
    failed = checks[f"{WEST} services"]
    assert failed.state is CheckState.FAILED
    assert "permission is missing for kms:DescribeKey" in failed.detail
    assert checks[f"{EU} services"].state is CheckState.OK


def test_a_process_that_only_tells_who_it_is_takes_no_role(room: Room) -> None:
    """Whoever has the role of an application may change things: the bot never does."""
    checks = {check.name: check for check in reach(room.services, identity_only=True)}
    assert checks.keys() == {"AWS eu-central-1", "AWS eu-west-1", "AWS clock"}
    assert {check.state for check in checks.values()} == {CheckState.OK}


def test_looking_changes_nothing(room: Room) -> None:
    before = len(room.world.calls())
    room.checks()
    assert {call["operation"] for call in room.world.calls()[before:]} <= {"AssumeRole"}


def test_a_worker_tells_with_its_beat_what_is_not_ok_and_nothing_of_the_rest(room: Room) -> None:
    reaching = Reaching(room.services)
    assert reaching.told is None
    assert reaching.look()
    assert isinstance(reaching.told, dict)
    assert (reaching.told["ok"], reaching.told["not_ok"]) == (7, [])
    fault = room.world.add_fault("denied", region="eu-west-1", service="kms")
    assert not reaching.look()
    room.world.remove_fault(fault)
    assert isinstance(reaching.told, dict)
    assert [check["name"] for check in reaching.told["not_ok"]] == [f"{WEST} services"]  # type: ignore[union-attr, index, call-overload]  # JSON
