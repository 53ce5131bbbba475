"""The rules of TakeoverSwitch, on the fake and on S3."""

import pytest

from dr_core.errors import RejectedError, UnreachableError
from dr_core.topology.model import StandbyTakesOver
from dr_core.traffic.memory import MemoryTakeover
from dr_core.traffic.port import TakeoverSwitch
from dr_core.traffic.takeover import S3Takeover

STANDBY = "eu-west-1"


@pytest.fixture
def spec(stage) -> StandbyTakesOver:
    # Any bucket of the standby will do: the port knows nothing of the health check behind it.
    buckets = stage.topology.applications["shop"].storage[0].s3
    assert buckets is not None
    return StandbyTakesOver(bucket={STANDBY: buckets.buckets[STANDBY]}, key="switch/active", health_check="hc")


@pytest.fixture
def switch(stage) -> TakeoverSwitch:
    if stage.world is not None:
        return S3Takeover(stage.aws)
    fake = MemoryTakeover()
    stage.take_down = fake.down.add
    return fake


def test_at_first_nobody_has_taken_over(switch, spec):
    assert switch.taken_over(spec, STANDBY) is False


def test_a_standby_takes_over_and_gives_back(switch, spec):
    switch.take_over(spec, STANDBY)
    assert switch.taken_over(spec, STANDBY) is True
    switch.give_back(spec, STANDBY)
    assert switch.taken_over(spec, STANDBY) is False


def test_both_may_be_said_twice(switch, spec):
    switch.give_back(spec, STANDBY)
    switch.take_over(spec, STANDBY)
    switch.take_over(spec, STANDBY)
    assert switch.taken_over(spec, STANDBY) is True


def test_a_longer_key_is_another_object(switch, spec):
    if isinstance(switch, S3Takeover):
        switch.take_over(spec.model_copy(update={"key": "switch/active-not"}), STANDBY)
    assert switch.taken_over(spec, STANDBY) is False


def test_a_region_without_a_bucket_is_refused(switch, spec):
    with pytest.raises(RejectedError, match="eu-central-1"):
        switch.take_over(spec, "eu-central-1")


def test_a_region_that_is_down_cannot_take_over(stage, switch, spec):
    stage.take_down(STANDBY)
    with pytest.raises(UnreachableError):
        switch.take_over(spec, STANDBY)
