"""A bill of the shop in the middle of November, as one reading of it, and what it is made of."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.budget.model import CostSheet, Money
from dr_core.budget.reading import Reader
from dr_core.clock import ManualClock
from dr_core.topology.duties import Budget, UsdRate
from dr_core.topology.model import Topology

EU, WEST = "eu-central-1", "eu-west-1"
NOV = date(2026, 11, 1)
ON_THE_21ST = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
BUCKETS = {"shop-web-eu-central-1": (True, 0), "shop-web-eu-west-1": (False, 0)}


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def euros(**changes: object) -> Budget:
    """EUR 100 a month, told at 50 and 80 %, burst 200, a dollar worth 50 cents."""
    rate = UsdRate(value=Decimal("0.50"), date=date(2026, 11, 20))
    told = {"currency": "EUR", "monthly": "100", "alerts": (50, 80), "burst": "200", "usd_rate": rate, **changes}
    return Budget.model_validate(told)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(ON_THE_21ST)


@pytest.fixture
def topology(shop: Topology) -> Topology:
    return shop.model_copy(update={"budget": euros()})


@pytest.fixture
def billing(clock: ManualClock) -> MemoryBilling:
    """USD 2 a day in the primary, 1 in the standby, tagged with the application's name."""
    tags = (("application", "shop"),)
    return MemoryBilling(
        clock,
        daily=[
            Daily(EU, "Amazon RDS", "InstanceUsage", Decimal(2), tags=tags),
            Daily(WEST, "Amazon RDS", "InstanceUsage", Decimal(1), tags=tags),
        ],
    )


@pytest.fixture
def keeping() -> MemoryKeeping:
    return MemoryKeeping(dict(BUCKETS))


@pytest.fixture
def read(billing: MemoryBilling, keeping: MemoryKeeping, clock: ManualClock) -> Callable[..., CostSheet]:
    def work(topology: Topology, before: CostSheet | None = None) -> CostSheet:
        return Reader(billing, keeping, topology).read(clock.now(), before)

    return work
