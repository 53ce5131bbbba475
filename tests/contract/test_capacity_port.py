"""The rules of Capacity, on the fake and on ECS."""

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.capacity.ecs import EcsCapacity
from dr_core.capacity.memory import MemoryCapacity
from dr_core.capacity.port import Capacity
from dr_core.errors import RejectedError, UnreachableError
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.topology.capacity import EcsService

SOURCE, TARGET = "eu-central-1", "eu-west-1"


@pytest.fixture
def entry(stage) -> CapacityEntry:
    return stage.topology.applications["shop"].capacity[0]


@pytest.fixture
def capacity(stage) -> Capacity:
    if stage.world is not None:
        return EcsCapacity(acting_clients(stage.aws, None), stage.clock)
    fake = MemoryCapacity({("shop/api", SOURCE): 4, ("shop/api", TARGET): 1}, stage.clock)
    stage.take_down = fake.down.add
    return fake


def counts(capacity: Capacity, entry: CapacityEntry, region: str) -> tuple[int | None, int | None]:
    state = capacity.state(entry, region)
    return state.desired, state.running


def test_a_service_tells_wanted_and_running_and_its_name(capacity, entry):
    state = capacity.state(entry, SOURCE)
    assert (state.name, state.region, state.desired, state.running) == ("shop/api", SOURCE, 4, 4)


def test_scaling_up_takes_time(stage, capacity, entry):
    capacity.scale(entry, TARGET, 4)
    assert counts(capacity, entry, TARGET) == (4, 1)
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (4, 4)


def test_scaling_to_zero_ends_with_nothing_running(stage, capacity, entry):
    capacity.scale(entry, SOURCE, 0)
    stage.advance(600)
    assert counts(capacity, entry, SOURCE) == (0, 0)


def test_the_other_region_is_left_alone(stage, capacity, entry):
    capacity.scale(entry, TARGET, 4)
    stage.advance(600)
    assert counts(capacity, entry, SOURCE) == (4, 4)


def test_asking_twice_has_one_effect(stage, capacity, entry):
    capacity.scale(entry, TARGET, 3)
    capacity.scale(entry, TARGET, 3)
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (3, 3)


def test_a_missing_service_is_refused_by_name(capacity):
    missing = CapacityEntry(ecs=EcsService(cluster="shop", service="nothing", active=1, standby=1))
    with pytest.raises(RejectedError, match="nothing"):
        capacity.state(missing, TARGET)


def test_a_kind_that_is_not_supported_is_refused_by_name(capacity):
    workers = CapacityEntry.model_validate({"autoscaling": {"group": "workers", "active": 2, "standby": 1}})
    with pytest.raises(RejectedError, match="workers"):
        capacity.scale(workers, TARGET, 2)


def test_a_region_that_is_down_cannot_be_asked(stage, capacity, entry):
    stage.take_down(SOURCE)
    with pytest.raises(UnreachableError):
        capacity.state(entry, SOURCE)
