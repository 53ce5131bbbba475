"""Whose cost is what, and what could be saved."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dr_core.budget import shares
from dr_core.budget.exchange import Exchange
from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.budget.model import CostSheet, Recommendation
from dr_core.budget.savings import savings
from dr_core.budget.shares import RegionRole
from dr_core.observation.model import CapacityState
from dr_core.topology.model import Topology
from tests.unit.budget.conftest import EU, NOV, WEST, euros, usd

EUR = Exchange.of(euros())
Read = Callable[..., CostSheet]


@pytest.fixture
def two(topology: Topology) -> Topology:
    """Besides the shop a blog, which lives where the shop only waits."""
    shop = topology.applications["shop"]
    blog = shop.model_copy(update={"primary": WEST, "standby": (EU,), "storage": (), "capacity": ()})
    return topology.model_copy(update={"applications": {"shop": shop, "blog": blog}})


@pytest.mark.parametrize(
    ("active", "role"),
    [
        ({"shop": EU, "blog": WEST}, RegionRole.MIXED),
        ({"shop": WEST, "blog": WEST}, RegionRole.ACTIVE),
        ({"shop": EU, "blog": EU}, RegionRole.STANDBY),
        ({"shop": None, "blog": EU}, RegionRole.UNKNOWN),
    ],
)
def test_a_region_s_role_is_what_it_is_to_all_applications(
    two: Topology, active: dict[str, str | None], role: RegionRole
) -> None:
    assert shares.role_of(WEST, two, two.applications, active) is role
    assert shares.role_of("us-east-1", two, two.applications, active) is RegionRole.OTHER


def test_where_every_region_serves_none_is_a_standby(read: Read, topology: Topology) -> None:
    shop = topology.applications["shop"].model_copy(update={"active_active": True})
    everywhere = topology.model_copy(update={"applications": {"shop": shop}, "budget": euros(tag="application")})
    assert shares.role_of(WEST, everywhere, ("shop",), {"shop": None}) is RegionRole.ACTIVE
    assert shares.standbys(read(everywhere), everywhere, EUR, NOV, {"shop": None}).value == 0


def test_the_standby_costs_what_its_region_costs(read: Read, topology: Topology) -> None:
    sheet = read(topology)
    assert shares.standbys(sheet, topology, EUR, NOV, {"shop": EU}).value == 10
    assert shares.standbys(sheet, topology, EUR, NOV, {"shop": WEST}).value == 20, "roles have swapped"


def test_where_nobody_knows_who_works_the_standby_s_cost_is_unknown(read: Read, topology: Topology) -> None:
    found = shares.standbys(read(topology), topology, EUR, NOV, {"shop": None})
    assert (found.value, found.known) == (None, 0)


def test_a_region_that_is_standby_and_at_work_needs_a_tag_to_be_told_apart(read: Read, two: Topology) -> None:
    active = {"shop": EU, "blog": WEST}
    untold = shares.standbys(read(two), two, EUR, NOV, active)
    assert untold.value is None
    assert "budget.tag" in untold.reason
    tagged = two.model_copy(update={"budget": euros(tag="application")})
    sheet = read(tagged)
    assert shares.standbys(sheet, tagged, EUR, NOV, active).value == 10
    assert shares.application(sheet, EUR, NOV, "shop").value == 30
    assert shares.application(sheet, EUR, NOV, "blog").value == 0
    assert shares.application_before(sheet, EUR, NOV, "shop").value == 31 * 3 / Decimal(2)


def test_regions_come_dearest_first_with_the_month_before(read: Read, topology: Topology) -> None:
    found = shares.by_region(read(topology), topology, EUR, NOV, {"shop": EU})
    assert [(one.region, one.spent.value, one.before.value) for one in found] == [(EU, 20, 31), (WEST, 10, 15.5)]


def found(
    sheet: CostSheet, topology: Topology, capacity: CapacityState | None = None
) -> list[tuple[str, Decimal | None]]:
    seen = {"shop": (capacity,) if capacity else ()}
    return [(one.resource, one.amount) for one in savings(sheet, topology, EUR, {"shop": EU}, seen)]


def running(desired: int, region: str = WEST) -> CapacityState:
    at = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
    return CapacityState(region=region, name="shop/api", desired=desired, running=desired, observed_at=at)


def test_where_nothing_can_be_saved_nothing_is_told(read: Read, topology: Topology) -> None:
    standby = next(c.ecs.standby for c in topology.applications["shop"].capacity if c.ecs)
    assert found(read(topology), topology, running(standby)) == []


def test_a_standby_that_runs_more_than_wanted_costs_its_share_of_the_tasks(
    read: Read, billing: MemoryBilling, topology: Topology
) -> None:
    """USD 0.40 a day for four tasks where one is wanted: three quarters of it for 30 days, in euros."""
    assert found(read(topology), topology, running(4)) == [("ECS shop/api", None)], "no bill for tasks"
    billing.daily.append(Daily(WEST, "Amazon ECS", "EU-Fargate-vCPU-Hours:perCPU", Decimal("0.40")))
    assert found(read(topology), topology, running(4)) == [("ECS shop/api", Decimal("4.5"))]
    assert found(read(topology), topology, running(4, EU)) == [], "where it works nothing is too much"


def test_old_versions_cost_what_the_account_pays_for_storage_there(
    read: Read, billing: MemoryBilling, keeping: MemoryKeeping, topology: Topology
) -> None:
    keeping.buckets["shop-web-eu-west-1"] = (False, 50 * 2**30)
    assert found(read(topology), topology) == [("s3://shop-web-eu-west-1", None)], "no price in the bill"
    storage = Daily(WEST, "Amazon S3", "EU-TimedStorage-ByteHrs", Decimal("0.02"), quantity=Decimal("1"), unit="GB-Mo")
    billing.daily.append(storage)
    assert found(read(topology), topology) == [("s3://shop-web-eu-west-1", Decimal("0.5"))]


def test_what_aws_recommends_is_told_with_its_amount_the_largest_first(
    read: Read, billing: MemoryBilling, keeping: MemoryKeeping, topology: Topology
) -> None:
    keeping.buckets["shop-web-eu-west-1"] = (False, 50 * 2**30)
    for name, amount in (("small", "2"), ("big", "80"), ("elsewhere", "900")):
        region = "us-east-1" if name == "elsewhere" else WEST
        billing.tips.append(
            Recommendation(resource=name, kind="RdsDbInstance", region=region, action="Rightsize", saving=usd(amount),
                           current="a", recommended="b", refreshed_at=None)
        )  # fmt: skip
    assert found(read(topology), topology) == [("big", 40), ("small", 1), ("s3://shop-web-eu-west-1", None)]
