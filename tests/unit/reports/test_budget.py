"""The budget report says what is known, how old it is, and why the rest is not; in a terminal and in Slack."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.views.budget import review
from bot.views.result import draw
from commands.rendering.text import render
from dr_core.aws.session import AwsSessions
from dr_core.budget.costing import Costs
from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.budget.spend import ThresholdState
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError
from dr_core.execution.lease import NamedLease
from dr_core.reports.budget import budget
from dr_core.reports.costs import BudgetReport
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store.engine import Store
from dr_core.topology.duties import Budget, UsdRate
from dr_core.topology.model import Topology
from tests.unit.bot.lint import message_problems

EU, WEST = "eu-central-1", "eu-west-1"


@dataclass
class Books:
    """Services, and a worker that reads the costs when it is told to."""

    services: Services
    billing: MemoryBilling
    keeping: MemoryKeeping

    def read(self) -> None:
        store, clock = self.services.store, self.services.clock
        lease = NamedLease(store, "cost", "w1")
        assert Costs(store, self.services.topology, self.billing, self.keeping, lease, clock, owner="w1").round()

    def report(self, application: str | None = None) -> BudgetReport:
        """The report, which must draw without a fault on both faces."""
        made = budget(self.services, application)
        lines = render(made).splitlines()
        assert all(len(line) <= 100 for line in lines), lines
        for message in (draw(made), review(made, "This report was due earlier.")):
            assert message_problems(message) == ()
        return made

    def text(self, application: str | None = None) -> str:
        """The lines, joined where they were wrapped."""
        return " ".join(render(self.report(application)).split())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 21, 6, 0, tzinfo=UTC))


@pytest.fixture
def books(shop: Topology, sqlite_url: str, clock: ManualClock) -> Iterator[Callable[..., Books]]:
    """USD 2 a day in the primary, 1 in the standby, 0.1 everywhere; a dollar is worth EUR 0.50."""
    made: list[Store] = []

    def make(**changes: object) -> Books:
        rate = UsdRate(value=Decimal("0.50"), date=date(2026, 11, 20))
        told = {"currency": "EUR", "monthly": "50", "burst": "40", "usd_rate": rate, **changes}
        topology = shop.model_copy(update={"budget": Budget.model_validate(told)})
        store = Store(sqlite_url, clock=clock)
        made.append(store)
        tags = (("application", "shop"),)
        daily = [
            Daily(EU, "Amazon RDS", "InstanceUsage", Decimal(2), tags=tags),
            Daily(WEST, "Amazon RDS", "InstanceUsage", Decimal(1), tags=tags),
            Daily("global", "Amazon Route 53", "HostedZone", Decimal("0.10")),
        ]
        services = Services(
            topology=topology, store=store, clock=clock, settings=read_settings({"DATABASE_URL": sqlite_url}),
            aws=AwsSessions.for_topology(topology),
        )  # fmt: skip
        buckets = {f"shop-web-{region}": (True, 0) for region in (EU, WEST)}
        return Books(services, MemoryBilling(clock, daily=daily), MemoryKeeping(buckets))

    yield make
    for store in made:
        store.dispose()


def test_before_the_first_reading_everything_is_unknown_and_says_so(books: Callable[..., Books]) -> None:
    report = books().report()
    assert (report.read_at, report.spend.value, report.forecast.value, report.standby.value) == (None,) * 4
    assert "no costs were read yet" in report.spend.reason
    assert report.problems


def test_every_figure_has_its_amount_its_source_and_its_age(books: Callable[..., Books], clock: ManualClock) -> None:
    room = books()
    room.read()
    clock.advance(3600)
    report = room.report()
    assert (report.currency, report.age_seconds, report.stale) == ("EUR", 3600, False)
    assert (report.month, report.month_until) == (date(2026, 11, 1), date(2026, 11, 21))
    figures = (report.spend, report.forecast, report.last_month, report.standby)
    assert [one.value for one in figures] == [Decimal("31.00"), Decimal("46.50"), Decimal("48.05"), Decimal("10.00")]
    assert all(one.source.startswith("Cost Explorer") and one.measured_at is not None for one in figures)
    assert {one.name: one.state for one in report.thresholds} == {
        "50 %": ThresholdState.REACHED,
        "80 %": ThresholdState.BELOW,
        "burst": ThresholdState.REACHED,
    }
    assert {one.region: (one.role, one.spend.value) for one in report.regions} == {
        EU: ("active", 20),
        WEST: ("standby", 10),
        "global": ("other", 1),
    }
    assert report.rate is not None
    assert (report.rate.value, report.rate.age_days) == (Decimal("0.50"), 1)


def test_amounts_are_decimals_in_the_json(books: Callable[..., Books]) -> None:
    room = books()
    room.read()
    told = room.report().model_dump(mode="json", by_alias=True)
    assert told["schema"] == "dr.budget/1"
    assert told["spend"]["value"] == "31.00"


def test_the_lines_tell_what_was_spent_of_how_much_and_through_which_day(books: Callable[..., Books]) -> None:
    room = books()
    room.read()
    text = room.text()
    assert "spent EUR 31.00 of EUR 50.00 through 2026-11-20, expected for the month EUR 46.50" in text
    assert "standby EUR 10.00 (32 % of what was spent)" in text
    assert "50 % (EUR 25.00) by the spend: REACHED" in text
    assert "USD 1 = EUR 0.50 of 2026-11-20" in text


def test_what_is_denied_is_named_and_its_figures_are_unknown(books: Callable[..., Books]) -> None:
    room = books()
    room.billing.fails["costs"] = DeniedError("ce GetCostAndUsage: permission is missing for ce:GetCostAndUsage.")
    room.read()
    report = room.report()
    assert report.spend.value is None
    assert report.standby.value is None
    assert all(one.state is ThresholdState.UNKNOWN for one in report.thresholds)
    assert any("permission is missing for ce:GetCostAndUsage" in problem for problem in report.problems)


def test_an_old_reading_is_stale_and_an_old_rate_is_a_problem(books: Callable[..., Books], clock: ManualClock) -> None:
    room = books(usd_rate={"value": "0.50", "date": "2026-08-01"})
    room.read()
    clock.advance(14 * 3600)
    report = room.report()
    assert report.stale
    assert any("exchange rate" in problem and "days old" in problem for problem in report.problems)
    assert "STALE" in room.text()


def test_a_rate_of_a_day_that_is_yet_to_come_is_a_problem(books: Callable[..., Books]) -> None:
    room = books(usd_rate={"value": "0.50", "date": "2099-01-01"})
    room.read()
    assert any("yet to come (2099-01-01)" in problem for problem in room.report().problems)


def test_a_budget_of_aws_that_the_file_names_and_nobody_has_is_a_problem(books: Callable[..., Books]) -> None:
    room = books(aws_budget="nowhere")
    room.read()
    assert "AWS Budgets has no monthly cost budget nowhere" in room.report().problems


def test_one_application_has_figures_of_its_own_where_a_tag_tells_them_apart(books: Callable[..., Books]) -> None:
    room = books(tag="application")
    room.read()
    report = room.report("shop")
    assert (report.spend.value, report.standby.value, report.last_month.value) == (30, 10, Decimal("46.50"))
    assert (report.monthly, report.thresholds) == (None, ())
    assert report.forecast.value is None
    whole = room.report()
    assert [(one.name, one.spend.value, one.standby and one.standby.value) for one in whole.applications] == [
        ("shop", 30, 10)
    ]


def test_without_a_tag_an_application_s_account_is_told_as_such(books: Callable[..., Books]) -> None:
    room = books()
    room.read()
    report = room.report("shop")
    assert report.spend.value == 31
    assert report.scope.startswith("everything in the AWS account of shop")
