"""The rules of TakeoverSwitch, on the fake and on S3."""

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.aws.sending import guarded
from dr_core.claim import Claim
from dr_core.errors import RejectedError, UnreachableError
from dr_core.topology.traffic import StandbyTakesOver
from dr_core.traffic.memory import MemoryTakeover
from dr_core.traffic.port import TakeoverSwitch
from dr_core.traffic.takeover import S3Takeover

STANDBY = "eu-west-1"
FIRST, LATER = Claim("t", "run-a", 1), Claim("u", "run-b", 1)


@pytest.fixture
def spec(stage) -> StandbyTakesOver:
    # Any bucket of the standby will do: the port knows nothing of the health check behind it.
    buckets = stage.topology.applications["shop"].storage[0].s3
    assert buckets is not None
    return StandbyTakesOver(bucket={STANDBY: buckets.buckets[STANDBY]}, key="switch/active", health_check="hc")


@pytest.fixture
def switch(stage) -> TakeoverSwitch:
    if stage.world is not None:
        return S3Takeover(acting_clients(stage.aws, None))
    fake = MemoryTakeover()
    stage.take_down = fake.down.add
    return fake


def test_at_first_nobody_has_taken_over(switch, spec):
    assert switch.taken_over(spec, STANDBY) is False


def test_a_standby_takes_over_and_gives_back(switch, spec):
    switch.take_over(spec, STANDBY, FIRST)
    assert switch.taken_over(spec, STANDBY) is True
    switch.give_back(spec, STANDBY, FIRST)
    assert switch.taken_over(spec, STANDBY) is False


def test_both_may_be_said_twice(switch, spec):
    switch.give_back(spec, STANDBY, FIRST)
    switch.take_over(spec, STANDBY, FIRST)
    switch.take_over(spec, STANDBY, FIRST)
    assert switch.taken_over(spec, STANDBY) is True


def test_a_longer_key_is_another_object(switch, spec):
    if isinstance(switch, S3Takeover):
        switch.take_over(spec.model_copy(update={"key": "switch/active-not"}), STANDBY, FIRST)
    assert switch.taken_over(spec, STANDBY) is False


def test_a_region_without_a_bucket_is_refused(switch, spec):
    with pytest.raises(RejectedError, match="eu-central-1"):
        switch.take_over(spec, "eu-central-1", FIRST)


def test_a_region_that_is_down_cannot_take_over(stage, switch, spec):
    stage.take_down(STANDBY)
    with pytest.raises(UnreachableError):
        switch.take_over(spec, STANDBY, FIRST)


def late(stage, switch, change, calls_before_it, meanwhile) -> None:
    """`change` is ready to leave and sleeps right before it, while `meanwhile` happens."""
    left = calls_before_it

    def sleep() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            switch.paused = lambda: None
            with guarded(lambda: None):
                meanwhile()

    if stage.world is None:
        left, switch.paused = 0, sleep
        change()
        return
    with guarded(sleep):
        change()


def test_a_put_that_arrives_late_leaves_the_object_of_the_owner_who_was_first(stage, switch, spec):
    late(stage, switch, lambda: switch.take_over(spec, STANDBY, FIRST), 0, lambda: taken(switch, spec, LATER))
    assert switch.taken_over(spec, STANDBY) is True
    assert "run-b" in words(stage, switch, spec)


def test_a_delete_that_arrives_late_spares_the_object_of_a_later_run(stage, switch, spec):
    switch.take_over(spec, STANDBY, FIRST)

    def given_back_and_taken_again() -> None:
        switch.give_back(spec, STANDBY, FIRST)
        taken(switch, spec, LATER)

    with pytest.raises(UnreachableError, match="looked at again"):
        late(stage, switch, lambda: switch.give_back(spec, STANDBY, FIRST), 1, given_back_and_taken_again)
    assert switch.taken_over(spec, STANDBY) is True


def test_a_delete_that_arrives_after_another_one_is_no_error(stage, switch, spec):
    switch.take_over(spec, STANDBY, FIRST)
    change = switch.give_back
    late(stage, switch, lambda: change(spec, STANDBY, FIRST), 1, lambda: change(spec, STANDBY, LATER))
    assert switch.taken_over(spec, STANDBY) is False


def taken(switch, spec, claim: Claim) -> None:
    if not switch.taken_over(spec, STANDBY):
        switch.take_over(spec, STANDBY, claim)


def words(stage, switch, spec) -> str:
    if stage.world is None:
        return str(switch.words[STANDBY])
    client = stage.aws.client("s3", STANDBY)
    return str(client.get_object(Bucket=spec.bucket[STANDBY], Key=spec.key)["Body"].read())
