"""The duty: read every six hours, once for all workers, and tell each threshold once a month."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.budget import record
from dr_core.budget.costing import Costs
from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.clock import ManualClock
from dr_core.errors import LeaseLostError, UnreachableError
from dr_core.execution.lease import NamedLease
from dr_core.store import snapshots
from dr_core.store.engine import Store
from dr_core.store.snapshots import Snapshot
from dr_core.topology.model import Account, Topology
from tests.unit.budget.conftest import EU, euros

HOUR = 3600.0
Worker = Callable[..., Costs]


@pytest.fixture
def store(sqlite_url: str, clock: ManualClock) -> Iterator[Store]:
    made = Store(sqlite_url, clock=clock)
    yield made
    made.dispose()


@pytest.fixture
def worker(
    store: Store, billing: MemoryBilling, keeping: MemoryKeeping, topology: Topology, clock: ManualClock
) -> Worker:
    def make(name: str = "w1", among: Topology | None = None) -> Costs:
        lease = NamedLease(store, "cost", name)
        return Costs(store, among or topology, billing, keeping, lease, clock, owner=name)

    return make


def alerts(store: Store) -> list[tuple[str, str]]:
    events = store.read(lambda tx: listing(tx, limit=100))
    return [(str(e.data["month"]), str(e.data["threshold"])) for e in events if e.kind == EventKind.BUDGET_ALERT]


def test_costs_are_read_at_the_start_and_then_every_six_hours(
    worker: Worker, billing: MemoryBilling, clock: ManualClock
) -> None:
    costs = worker()
    assert costs.round()
    clock.advance(5.9 * HOUR)
    assert not costs.round()
    assert not worker("w1").round(), "a worker that starts anew believes the last reading"
    clock.advance(0.2 * HOUR)
    assert costs.round()
    assert billing.asked.count("costs") == 2


def test_one_worker_reads_for_all_and_another_takes_over(worker: Worker, clock: ManualClock) -> None:
    first, second = worker("w1"), worker("w2")
    assert first.round()
    clock.advance(6 * HOUR)
    assert second.round(), "the first has let its lease run out"
    assert not first.round()


def test_a_reading_that_is_not_whole_is_tried_again_after_an_hour_and_not_before(
    worker: Worker, billing: MemoryBilling, clock: ManualClock, store: Store
) -> None:
    billing.fails["outlook"] = UnreachableError("Cost Explorer did not answer.")
    costs = worker()
    assert costs.round()
    clock.advance(0.9 * HOUR)
    assert not costs.round()
    del billing.fails["outlook"]
    clock.advance(0.2 * HOUR)
    assert costs.round()
    sheet = store.read(record.load)
    assert sheet is not None
    assert sheet.accounts[0].failed == ()


def test_only_what_failed_is_asked_and_paid_for_again(
    worker: Worker, billing: MemoryBilling, clock: ManualClock
) -> None:
    """A permission that is missing for weeks must not make every hour cost what six hours should."""
    billing.fails["outlook"] = UnreachableError("Cost Explorer did not answer.")
    costs = worker()
    began = clock.now().date()
    assert costs.round()
    for _ in range(4):
        clock.advance(1.1 * HOUR)
        assert costs.round()
    assert clock.now().date() == began
    assert billing.asked.count("outlook") == 5
    assert billing.asked.count("costs") == billing.asked.count("usages") == 1


def test_another_file_is_read_for_at_once(worker: Worker, topology: Topology) -> None:
    assert worker().round()
    tagged = topology.model_copy(update={"budget": euros(tag="application")})
    assert worker(among=tagged).round()


def test_two_roles_in_one_account_see_one_bill(worker: Worker, topology: Topology, store: Store) -> None:
    shop = topology.applications["shop"]
    names = ("a", "b", "other")
    numbers = ("111122223333", "111122223333", "444455556666")
    applications = {
        name: shop.model_copy(update={"account": Account(role_arn=f"arn:aws:iam::{number}:role/{name}")})
        for name, number in zip(names, numbers, strict=True)
    }
    assert worker(among=topology.model_copy(update={"applications": applications})).round()
    sheet = store.read(record.load)
    assert sheet is not None
    assert [(one.account, one.applications) for one in sheet.accounts] == [
        ("111122223333", ("a", "b")),
        ("444455556666", ("other",)),
    ]


def test_a_sheet_of_another_shape_counts_as_none(worker: Worker, store: Store, clock: ManualClock) -> None:
    store.write(lambda tx: snapshots.put(tx, Snapshot("cost", clock.now(), '{"of": "another version"}')))
    assert store.read(record.load) is None
    assert worker().round()


def test_each_threshold_is_told_once_a_month_and_again_in_the_next(
    worker: Worker, billing: MemoryBilling, clock: ManualClock, store: Store
) -> None:
    """EUR 30 on the 21st and 45 by its end are below everything; three times as much is over all but the burst."""
    costs = worker()
    assert costs.round()
    assert alerts(store) == []
    billing.daily.append(Daily(EU, "Amazon RDS", "more", Decimal(6)))
    for _ in range(4):
        clock.advance(6 * HOUR)
        assert costs.round()
    assert alerts(store) == [("2026-11", "50"), ("2026-11", "80")]
    clock.advance(9 * 24 * HOUR)
    assert costs.round()
    assert alerts(store)[2:] == [], "the new month has no complete day, and its forecast is below the burst limit"
    clock.advance(12 * 24 * HOUR)
    assert costs.round()
    assert alerts(store)[2:] == [("2026-12", "50")]


def test_the_burst_limit_is_told_by_the_forecast(worker: Worker, billing: MemoryBilling, store: Store) -> None:
    billing.daily.append(Daily(EU, "Amazon RDS", "more", Decimal(100), since=billing.clock.now().date()))
    assert worker().round()
    assert alerts(store) == [("2026-11", "burst")]


def test_without_a_budget_costs_are_read_and_nothing_is_told(
    worker: Worker, billing: MemoryBilling, topology: Topology, store: Store
) -> None:
    billing.daily.append(Daily(EU, "Amazon RDS", "more", Decimal(1000)))
    assert worker(among=topology.model_copy(update={"budget": None})).round()
    assert alerts(store) == []


def test_a_worker_that_loses_the_lease_in_the_middle_keeps_nothing(
    worker: Worker, billing: MemoryBilling, store: Store, clock: ManualClock
) -> None:
    ask = billing.account

    def slow(role: Account | None) -> str:
        clock.advance(60)
        assert NamedLease(store, "cost", "w2").hold()
        return ask(role)

    billing.account = slow  # type: ignore[method-assign]  # the network is slow in this test alone
    with pytest.raises(LeaseLostError):
        worker().round()
    assert store.read(record.load) is None
