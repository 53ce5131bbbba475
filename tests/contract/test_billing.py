"""Billing, on the fake in memory and on the AWS adapter against the simulated AWS.

Present, missing, stale, idle, throttled, denied, failing; and a dead region, which does not matter to a global service.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.sandbox.world.cost_optimization_hub import CostOptimizationHub
from bot.sandbox.world.costs import Charge, Costs
from bot.sandbox.world.world import World
from dr_core.aws.session import AwsSessions
from dr_core.budget.billing import AwsBilling
from dr_core.budget.buckets import S3Keeping
from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.budget.model import AwsBudget, Money, Recommendation
from dr_core.budget.port import Billing, BucketKeeping, Period, TagFilter
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, DrError, RejectedError, ThrottledError, UnreachableError
from dr_core.topology.load import load_topology

TOPOLOGY = Path(__file__).parent.parent / "topologies" / "shop.yaml"
EU, WEST = "eu-central-1", "eu-west-1"
TODAY = datetime.now(UTC).date()
SINCE = TODAY - timedelta(days=10)
METHODS = {
    "costs": ("ce", "GetCostAndUsage"),
    "outlook": ("ce", "GetCostForecast"),
    "budgets": ("budgets", "DescribeBudgets"),
    "recommendations": ("cost-optimization-hub", "ListRecommendations"),
}
FAULTS = {
    "throttle": (ThrottledError, ThrottledError("is throttled")),
    "denied": (DeniedError, DeniedError("not allowed")),
    "error_before": (UnreachableError, UnreachableError("failed inside AWS")),
}


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


@dataclass
class Bill:
    """One account's bill, and what can be done to it; on memory (`world` None) or on the simulated AWS."""

    clock: ManualClock
    billing: Billing
    world: World | None = None
    memory: MemoryBilling | None = None
    account: str = "111122223333"

    def charge(self, region: str, service: str, amount: str, *, usage: str = "use", tag: str = "") -> None:
        if self.memory is not None:
            tags = (("application", tag),) if tag else ()
            self.memory.daily.append(Daily(region, service, usage, Decimal(amount), tags=tags))
        if self.world is not None:
            charge = Charge(self.account, region, service, usage, Decimal(amount), Decimal(24), "Hrs", application=tag)
            self.world.part(Costs).charges.append(charge)

    @contextmanager
    def broken(self, method: str, kind: str) -> Iterator[None]:
        if self.memory is not None:
            self.memory.fails[method] = FAULTS[kind][1]
            yield
            del self.memory.fails[method]
            return
        assert self.world is not None
        service, operation = METHODS[method]
        fault = self.world.add_fault(kind, service=service, operation=operation)
        yield
        self.world.remove_fault(fault)

    def asks(self, method: str) -> object:
        period = Period(SINCE, TODAY)
        if method == "outlook":
            return self.billing.outlook(None, Period(TODAY, TODAY + timedelta(days=5)), None)
        if method == "budgets":
            return self.billing.budgets(None, self.account)
        if method == "recommendations":
            return self.billing.recommendations(None, [EU, WEST])
        return self.billing.costs(None, period, None)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, ManualClock, AwsSessions]]:
    """One world for all: each test starts from an empty bill."""
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(load_topology(TOPOLOGY), data_dir=tmp_path_factory.mktemp("bill"), clock=clock, speed=1.0)
    endpoints = world.start()
    key, secret = world.credentials("arn:aws:iam::111122223333:user/dr-worker")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        aws = AwsSessions([EU, WEST], control_region=WEST, endpoint_url=endpoints.aws_url)
        limit = {"BudgetName": "monthly", "BudgetLimit": {"Amount": "100", "Unit": "USD"}}
        kind = {"TimeUnit": "MONTHLY", "BudgetType": "COST"}
        aws.client("budgets", WEST).create_budget(AccountId="111122223333", Budget={**limit, **kind})
        yield world, clock, aws
        aws.close()
    world.stop()


@pytest.fixture(params=["memory", "aws"])
def bill(request: pytest.FixtureRequest) -> Bill:
    if request.param == "memory":
        clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
        memory = MemoryBilling(clock)
        memory.kept_budgets.append(
            AwsBudget(name="monthly", limit=usd("100"), actual=usd("1"), forecast=usd("2"), updated_at=clock.now(),
                      whole=True)
        )  # fmt: skip
        return Bill(clock, memory, memory=memory)
    world, clock, aws = request.getfixturevalue("standing")
    world.part(Costs).charges.clear()
    world.part(CostOptimizationHub).recommendations.clear()
    world.part(Costs).tag = "application"
    return Bill(clock, AwsBilling(aws, WEST), world=world)


def test_costs_come_by_region_and_service_for_the_complete_days_of_a_period(bill: Bill) -> None:
    bill.charge(EU, "Amazon RDS", "1.25")
    bill.charge(WEST, "Amazon S3", "0.10")
    found = bill.billing.costs(None, Period(SINCE, TODAY), None)
    assert sum((one.cost.amount for one in found if one.region == EU), Decimal(0)) == Decimal("12.50")
    assert {(one.region, one.service) for one in found} == {(EU, "Amazon RDS"), (WEST, "Amazon S3")}
    assert {one.cost.currency for one in found} == {"USD"}
    assert {one.month for one in found} == {day.replace(day=1) for day in (SINCE, TODAY - timedelta(days=1))}


def test_a_day_that_is_not_over_is_not_in_it(bill: Bill) -> None:
    bill.charge(EU, "Amazon RDS", "1")
    [one] = bill.billing.costs(None, Period(TODAY - timedelta(days=1), TODAY + timedelta(days=1)), None)[-1:]
    assert one.cost.amount == 1


def test_where_nothing_was_spent_nothing_is_told(bill: Bill) -> None:
    """Missing is empty, not a row of zero."""
    assert bill.billing.costs(None, Period(SINCE, TODAY), None) == ()


def test_an_idle_bill_says_the_same_again(bill: Bill) -> None:
    bill.charge(EU, "Amazon RDS", "1.25")
    assert bill.asks("costs") == bill.asks("costs")


def test_only_what_carries_the_tag_counts_when_it_is_asked_for(bill: Bill) -> None:
    bill.charge(EU, "Amazon RDS", "1", tag="shop")
    bill.charge(EU, "Amazon RDS", "2", tag="blog")
    bill.charge(EU, "Amazon RDS", "4")
    only = TagFilter("application", ("shop", "blog"))
    found = bill.billing.costs(None, Period(TODAY - timedelta(days=1), TODAY), only)
    assert sum(one.cost.amount for one in found) == 3
    tagged = bill.billing.tagged(None, Period(TODAY - timedelta(days=1), TODAY), "application")
    assert {one.value: one.cost.amount for one in tagged} == {"shop": 1, "blog": 2, "": 4}


def test_usage_comes_with_its_quantity(bill: Bill) -> None:
    bill.charge(WEST, "Amazon ECS", "0.5", usage="Fargate-vCPU-Hours:perCPU")
    [one] = bill.billing.usages(None, Period(TODAY - timedelta(days=2), TODAY), None)[-1:]
    assert (one.region, one.usage_type, one.unit) == (WEST, "Fargate-vCPU-Hours:perCPU", "Hrs")
    assert one.quantity / one.cost.amount == 48


def test_many_groups_come_in_pages_each_once(bill: Bill) -> None:
    for number in range(450):
        bill.charge(EU, f"service {number:03}", "1")
    found = bill.billing.costs(None, Period(TODAY - timedelta(days=1), TODAY), None)
    assert len(found) == len({one.service for one in found}) == 450


def test_the_forecast_begins_today_and_ends_with_its_period(bill: Bill) -> None:
    bill.charge(EU, "Amazon RDS", "1.25")
    assert bill.billing.outlook(None, Period(TODAY, TODAY + timedelta(days=4)), None) == usd("5.00")


@pytest.mark.parametrize("since", [TODAY + timedelta(days=1), TODAY + timedelta(days=9)])
def test_a_period_that_ends_before_it_begins_or_begins_tomorrow_is_refused(bill: Bill, since: date) -> None:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_DateInterval.html"""
    bill.charge(EU, "Amazon RDS", "1")
    with pytest.raises(RejectedError):
        bill.billing.outlook(None, Period(since, since + timedelta(days=1)), None)
    with pytest.raises(RejectedError):
        bill.billing.costs(None, Period(TODAY, TODAY), None)


def test_a_budget_has_what_was_spent_what_is_expected_and_its_age(bill: Bill) -> None:
    """The age is AWS's own: a budget that is not renewed any more is seen by it."""
    bill.charge(EU, "Amazon RDS", "1")
    [one] = bill.billing.budgets(None, bill.account)
    assert one.whole
    assert one.forecast is not None
    assert one.forecast.amount >= one.actual.amount
    assert one.updated_at is not None
    assert timedelta(0) <= bill.clock.now() - one.updated_at <= timedelta(hours=8)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("method", METHODS)
def test_each_question_fails_as_what_it_is_and_works_again(bill: Bill, method: str, kind: str) -> None:
    bill.charge(EU, "Amazon RDS", "1")
    with bill.broken(method, kind), pytest.raises(FAULTS[kind][0]):
        bill.asks(method)
    assert bill.asks(method) is not None


def test_a_dead_region_of_the_applications_does_not_matter(bill: Bill) -> None:
    bill.charge(EU, "Amazon RDS", "1")
    fault = bill.world.add_fault("region_down", region=EU) if bill.world else ""
    told = [bill.asks(method) for method in ("costs", "budgets", "outlook")]
    if bill.world:
        bill.world.remove_fault(fault)
    assert all(told)


def test_recommendations_come_for_the_regions_asked_for_with_their_resource_and_saving(bill: Bill) -> None:
    wanted = Recommendation(
        resource="arn:aws:rds:eu-west-1:111122223333:db:big", kind="RdsDbInstance", region=WEST, action="Rightsize",
        saving=usd("12.5"), current="db.r6g.4xlarge", recommended="db.r6g.large", refreshed_at=None,
    )  # fmt: skip
    for region in (WEST, "us-east-2"):
        if bill.memory is not None:
            bill.memory.tips.append(wanted.model_copy(update={"region": region}))
        if bill.world is not None:
            bill.world.part(CostOptimizationHub).recommendations.append(_item(wanted, region))
    assert bill.billing.recommendations(None, [EU, WEST]) == (wanted,)


def _item(one: Recommendation, region: str) -> dict[str, object]:
    return {
        "recommendationId": region, "accountId": "111122223333", "region": region, "resourceArn": one.resource,
        "currentResourceType": one.kind, "actionType": one.action, "currencyCode": one.saving.currency,
        "estimatedMonthlySavings": float(one.saving.amount), "currentResourceSummary": one.current,
        "recommendedResourceSummary": one.recommended,
    }  # fmt: skip


def test_billing_says_which_account_it_is(bill: Bill) -> None:
    assert bill.billing.account(None) == "111122223333"


@pytest.fixture(params=["memory", "aws"])
def keeping(request: pytest.FixtureRequest) -> BucketKeeping:
    """A bucket with 7 bytes in old versions and no rule, and one whose rule removes them."""
    if request.param == "memory":
        return MemoryKeeping({"shop-web-eu-west-1": (False, 7), "shop-web-eu-central-1": (True, 0)})
    _, _, aws = request.getfixturevalue("standing")
    s3 = aws.client("s3", WEST)
    for version in s3.list_object_versions(Bucket="shop-web-eu-west-1", Prefix="page").get("Versions", ()):
        s3.delete_object(Bucket="shop-web-eu-west-1", Key="page", VersionId=version["VersionId"])
    for body in (b"1234567", b"12"):
        s3.put_object(Bucket="shop-web-eu-west-1", Key="page", Body=body)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}  # fmt: skip
    aws.client("s3", EU).put_bucket_lifecycle_configuration(
        Bucket="shop-web-eu-central-1", LifecycleConfiguration={"Rules": [rule]}
    )
    return S3Keeping(aws)


def test_a_bucket_without_a_rule_keeps_old_versions_and_they_are_counted(keeping: BucketKeeping) -> None:
    assert not keeping.expires_noncurrent(None, WEST, "shop-web-eu-west-1")
    assert keeping.noncurrent_bytes(None, WEST, "shop-web-eu-west-1") == (7, True)


def test_a_rule_over_the_whole_bucket_is_seen(keeping: BucketKeeping) -> None:
    assert keeping.expires_noncurrent(None, EU, "shop-web-eu-central-1")


def test_a_bucket_that_is_not_there_is_an_error_and_not_an_empty_one(keeping: BucketKeeping) -> None:
    with pytest.raises(DrError):
        keeping.expires_noncurrent(None, WEST, "nowhere")
