"""What was spent, what is expected, and which thresholds are reached."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from dr_core.budget.exchange import Exchange, Sum
from dr_core.budget.memory import MemoryBilling
from dr_core.budget.model import AwsBudget, CostSheet, Money
from dr_core.budget.spend import ThresholdState, forecast, spend, thresholds
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, RejectedError
from dr_core.topology.duties import Budget
from dr_core.topology.model import Topology
from tests.unit.budget.conftest import NOV, ON_THE_21ST, euros, usd

EUR = Exchange.of(euros())
Read = Callable[..., CostSheet]
REACHED, BELOW, UNKNOWN = ThresholdState.REACHED, ThresholdState.BELOW, ThresholdState.UNKNOWN


def known(amount: str) -> Sum:
    return Sum(Decimal(amount), Decimal(amount))


def at_least(amount: str) -> Sum:
    return Sum(None, Decimal(amount), "the rest is not known")


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (usd("10"), Decimal("5.00")),
        (Money(amount=Decimal("10"), currency="EUR"), Decimal("10")),
        (Money(amount=Decimal("10"), currency="CNY"), None),
    ],
)
def test_dollars_are_converted_by_the_rate_and_what_has_none_is_unknown(money: Money, value: Decimal | None) -> None:
    assert EUR.convert(money) == value


def test_without_a_rate_a_sum_is_unknown_and_says_why() -> None:
    total = Exchange.of(euros(usd_rate=None)).total([usd("1"), Money(amount=Decimal(3), currency="EUR")])
    assert (total.value, total.known) == (None, 3)
    assert "exchange rate from USD to EUR" in total.reason


@pytest.mark.parametrize(
    ("spent", "expected", "states"),
    [
        (known("49.99"), known("200"), (BELOW, BELOW, BELOW)),
        (known("50"), known("200.01"), (REACHED, BELOW, REACHED)),
        (known("80"), known("90"), (REACHED, REACHED, BELOW)),
        (at_least("49"), at_least("199"), (UNKNOWN, UNKNOWN, UNKNOWN)),
        (at_least("60"), at_least("201"), (REACHED, UNKNOWN, REACHED)),
    ],
)
def test_a_threshold_is_below_only_of_what_is_known_whole(
    spent: Sum, expected: Sum, states: tuple[ThresholdState, ...]
) -> None:
    assert tuple(one.state for one in thresholds(euros(), spent, expected)) == states


def test_spend_ends_yesterday_and_the_forecast_begins_today_so_that_nothing_counts_twice(
    read: Read, topology: Topology
) -> None:
    sheet = read(topology)
    assert spend(sheet, EUR, NOV, topology.budget).sum.value == 20 * 3 / Decimal(2)
    assert forecast(sheet, EUR, NOV, topology.budget).sum.value == 30 * 3 / Decimal(2)


def test_on_the_first_of_a_month_spend_is_unknown_and_not_nothing(
    read: Read, topology: Topology, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=10).total_seconds())
    sheet, december = read(topology), date(2026, 12, 1)
    spent = spend(sheet, EUR, december, topology.budget).sum
    assert (spent.value, spent.known) == (None, 0)
    assert "complete days" in spent.reason
    assert forecast(sheet, EUR, december, topology.budget).sum.value == 31 * 3 / Decimal(2)


def test_a_reading_of_last_month_says_nothing_of_this_one(read: Read, topology: Topology) -> None:
    sheet = read(topology)
    assert spend(sheet, EUR, date(2026, 12, 1), topology.budget).sum.value is None
    assert forecast(sheet, EUR, date(2026, 12, 1), topology.budget).sum.value is None


def budget_of_aws(
    name: str = "all", *, actual: str = "100", whole: bool = True, at: datetime = ON_THE_21ST
) -> AwsBudget:
    return AwsBudget(name=name, limit=usd("200"), actual=usd(actual), forecast=usd("150"), updated_at=at, whole=whole)


@pytest.mark.parametrize(
    ("one", "settings", "value"),
    [
        (budget_of_aws(), euros(), 50),
        (budget_of_aws(actual="1"), euros(), 30),
        (budget_of_aws(whole=False), euros(), 30),
        (budget_of_aws("mine", whole=False), euros(aws_budget="mine"), 50),
        (budget_of_aws("other"), euros(aws_budget="mine"), 30),
        (budget_of_aws(), euros(tag="application"), 30),
        (budget_of_aws(at=datetime(2026, 10, 31, tzinfo=UTC)), euros(), 30),
    ],
    ids=["the larger", "not the smaller", "filtered", "named", "not named", "tagged", "of last month"],
)
def test_aws_budgets_counts_where_it_covers_the_same_and_is_newer(
    read: Read, billing: MemoryBilling, topology: Topology, one: AwsBudget, settings: Budget, value: int
) -> None:
    billing.kept_budgets.append(one)
    sheet = read(topology.model_copy(update={"budget": settings}))
    assert spend(sheet, EUR, NOV, settings).sum.value == value


def test_without_a_forecast_of_cost_explorer_that_of_aws_budgets_is_taken(
    read: Read, billing: MemoryBilling, topology: Topology
) -> None:
    billing.fails["outlook"] = RejectedError("too little history")
    assert forecast(read(topology), EUR, NOV, topology.budget).sum.reason.endswith("too little history")
    billing.kept_budgets.append(budget_of_aws())
    found = forecast(read(topology), EUR, NOV, topology.budget)
    assert (found.sum.value, found.source) == (75, "AWS Budgets all")


def test_what_cannot_be_asked_is_unknown_and_never_nothing(
    read: Read, billing: MemoryBilling, topology: Topology
) -> None:
    billing.fails |= {
        name: DeniedError(f"permission is missing for {name}") for name in ("costs", "outlook", "budgets")
    }
    spent = spend(read(topology), EUR, NOV, topology.budget)
    assert (spent.sum.value, spent.measured_at) == (None, None)
    assert spent.sum.reason.endswith("permission is missing for costs")


def test_what_was_known_stays_with_its_age_while_it_cannot_be_asked(
    read: Read, billing: MemoryBilling, topology: Topology, clock: ManualClock
) -> None:
    first, before = clock.now(), read(topology)
    clock.advance(6 * 3600)
    billing.fails["costs"] = DeniedError("not now")
    sheet = read(topology, before)
    spent = spend(sheet, EUR, NOV, topology.budget)
    assert (spent.sum.value, spent.measured_at) == (30, first)
    assert sheet.accounts[0].failed == ("not now",)
    assert forecast(sheet, EUR, NOV, topology.budget).sum.value == 45


def test_a_forecast_of_today_and_a_spend_of_yesterday_s_reading_are_not_added(
    read: Read, billing: MemoryBilling, topology: Topology, clock: ManualClock
) -> None:
    before = read(topology)
    clock.advance(24 * 3600)
    billing.fails["costs"] = DeniedError("not now")
    assert forecast(read(topology, before), EUR, NOV, topology.budget).sum.value is None
