"""What runs beside runs, killed around its writes: observing, leases by name, the list of replicas."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.budget.costing import Costs
from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point, When, armed
from dr_core.objectives.keeping import Keeping, history_of
from dr_core.objectives.performance import Window
from dr_core.observation.model import Observation, Verdict
from dr_core.readiness.examination import HERE, Inquiry, Subject
from dr_core.readiness.examining import Examining
from dr_core.readiness.history import SOON
from dr_core.runbook.export import Export
from dr_core.runbook.memory import MemoryPlace
from dr_core.store import observations, replicas
from dr_core.store.engine import Store
from dr_core.topology.duties import Budget
from dr_core.topology.model import Topology
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

    def look(application: str, previous: Observation | None, recorded: str | None) -> Observation:
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
def test_samples_are_counted_once_whenever_the_history_duty_dies(
    healthy: Store, clock: ManualClock, shop: Topology, when: When
) -> None:
    lease: Any = Ours()
    duty = Keeping(healthy, shop, lease, clock)
    killed(lambda: duty.pass_over("shop"), Point.HISTORY_KEEP, when)
    Keeping(healthy, shop, lease, clock).pass_over("shop")
    kept = healthy.read(lambda tx: history_of(tx, "shop"))
    assert kept is not None
    month = kept.span(Window.MONTH)
    assert month is not None
    assert month.series["eu-central-1|verdict"].results == 1


@pytest.mark.parametrize("when", list(When))
def test_a_runbook_is_noted_and_told_once_whenever_its_duty_dies(
    store: Store, clock: ManualClock, shop: Topology, when: When
) -> None:
    lease: Any = Ours()
    place = MemoryPlace("bucket")
    killed(Export(store, shop, (), (place,), lease, clock, owner="a").round, Point.RUNBOOK_KEEP, when)
    assert len(place.pages) == 5
    Export(store, shop, (), (place,), lease, clock, owner="b").round()
    told = [event.kind for event in store.read(lambda tx: listing(tx, limit=100))]
    assert told.count(EventKind.RUNBOOK_EXPORTED) == 1


@pytest.mark.parametrize("when", list(When))
def test_a_threshold_is_told_once_whenever_the_reader_of_costs_dies(
    store: Store, clock: ManualClock, shop: Topology, when: When
) -> None:
    lease: Any = Ours()
    budget = Budget.model_validate({"currency": "USD", "monthly": "10"})
    dear = MemoryBilling(clock, daily=[Daily("eu-west-1", "Amazon RDS", "InstanceUsage", Decimal(2))])

    def costs() -> Costs:
        topology = shop.model_copy(update={"budget": budget})
        return Costs(store, topology, dear, MemoryKeeping(), lease, clock, owner="me")

    clock.advance(20 * 24 * 3600)
    killed(costs().round, Point.COST_KEEP, when)
    costs().round()
    told = [event.data["threshold"] for event in store.read(listing) if event.kind == EventKind.BUDGET_ALERT]
    assert told == ["50", "80"]


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


@pytest.mark.parametrize("when", list(When))
def test_a_preflight_is_kept_and_its_change_told_once_whenever_its_duty_dies(
    healthy: Store, clock: ManualClock, shop: Topology, when: When
) -> None:
    def blocked(subject: Subject) -> Iterator[Inquiry[Any]]:
        yield Inquiry(
            "it-unknown", "tests", "it", HERE, "a test", lambda: None,
            lambda seen, about: [about.blocking("it", "It is broken.", way_out="Mend it.")],
        )  # fmt: skip

    def duty() -> Examining:
        lease: Any = Ours()
        shake: Any = None
        return Examining(
            healthy, shop, lambda account: lambda service, region: None, (blocked,), lease, clock, owner="a",
            handshake=shake, store_host=None,
        )  # fmt: skip

    killed(lambda: duty().examine("shop"), Point.READINESS_KEEP, when)
    clock.advance(SOON.total_seconds())
    duty().examine("shop")
    told = [event.kind for event in healthy.read(lambda tx: listing(tx, limit=100))]
    assert told.count(EventKind.READINESS_CHANGED) == 1
