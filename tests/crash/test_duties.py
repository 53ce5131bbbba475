"""What runs beside runs, killed around its writes: observing, leases by name, the list of replicas."""

from datetime import timedelta
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point, When, armed
from dr_core.observation.model import Observation, Verdict
from dr_core.store import observations, replicas
from dr_core.store.engine import Store
from dr_core.worker.observer import Observer
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.unit.approvals.conftest import observed


class Ours:
    """The lease is ours."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nobody waits for it."""


def observer(store: Store, clock: ManualClock) -> Observer:
    """It sees the shop go down."""

    def look(application: str, previous: Observation | None) -> Observation:
        return observed(clock.now(), down=True)

    lease: Any = Ours()
    return Observer(store, look, ("shop",), timedelta(seconds=1), lease, "me", clock)


def verdicts(store: Store) -> list[object]:
    found = store.read(lambda tx: listing(tx, limit=100))
    return [event.data["verdict"] for event in found if event.kind == EventKind.VERDICT_CHANGED]


@pytest.fixture
def healthy(store: Store, clock: ManualClock) -> Store:
    """Seen in health before."""
    store.write(lambda tx: observations.save(tx, observed(clock.now())))
    clock.advance(5)
    return store


@pytest.mark.parametrize("when", list(When))
def test_a_verdict_changes_once_whenever_the_observer_dies(healthy: Store, clock: ManualClock, when: When) -> None:
    made = observer(healthy, clock)
    killed(lambda: made.pass_over("shop"), Point.OBSERVATION_KEEP, when)
    clock.advance(5)
    observer(healthy, clock).pass_over("shop")
    assert verdicts(healthy) == [Verdict.DOWN.value]


def test_a_verdict_whose_answer_is_lost_is_told_once(healthy: Store, clock: ManualClock) -> None:
    with armed(LostAnswer(1, [Point.OBSERVATION_KEEP])):
        observer(healthy, clock).pass_over("shop")
    assert verdicts(healthy) == [Verdict.DOWN.value]


def test_old_samples_are_forgotten_by_whoever_comes_next(healthy: Store, clock: ManualClock) -> None:
    kept = observations.forget_samples

    def forget() -> None:
        healthy.write(lambda tx: kept(tx, clock.now() + timedelta(days=1)), Point.SAMPLES_FORGET)

    for when in When:
        killed(forget, Point.SAMPLES_FORGET, when)
    forget()
    assert healthy.read(verify).ok


@pytest.mark.parametrize("when", list(When))
def test_a_lease_that_was_to_be_given_back_ends_by_itself(store: Store, clock: ManualClock, when: When) -> None:
    first, second = NamedLease(store, "announcer", "a"), NamedLease(store, "announcer", "b")
    assert first.hold()
    killed(first.release, Point.LEASE_RELEASE, when)
    assert second.hold() is (when is When.AFTER)
    clock.advance(21)
    assert second.hold()
    assert not first.hold()


@pytest.mark.parametrize("when", list(When))
def test_a_lease_that_was_just_taken_is_known_again_by_its_owner_alone(
    store: Store, clock: ManualClock, when: When
) -> None:
    first, second = NamedLease(store, "announcer", "a"), NamedLease(store, "announcer", "b")
    killed(first.hold, Point.LEASE_HOLD, when)
    assert second.hold() is (when is When.BEFORE)
    assert first.hold() is (when is When.AFTER)


def test_a_lease_whose_answer_is_lost_is_held_once(store: Store) -> None:
    first = NamedLease(store, "announcer", "a")
    with armed(LostAnswer(1, [Point.LEASE_HOLD])):
        assert first.hold()
    assert not NamedLease(store, "announcer", "b").hold()


def test_a_replica_that_dies_at_its_beat_is_listed_by_its_last_one(store: Store, clock: ManualClock) -> None:
    def beat() -> None:
        store.write(lambda tx: replicas.beat(tx, "w1", "worker", "1.0", {}), Point.REPLICA_BEAT)

    killed(beat, Point.REPLICA_BEAT, When.BEFORE)
    killed(beat, Point.REPLICA_BEAT, When.AFTER)
    clock.advance(1)
    with armed(LostAnswer(1, [Point.REPLICA_BEAT])):
        beat()
    assert store.read(verify).ok
