"""The simulated bill behaves as AWS's documentation says.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostForecast.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CalculatedSpend.html
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.api import AwsError, Call
from bot.sandbox.world.costs import Charge, Costs
from bot.sandbox.world.ground import Ground
from dr_core.clock import ManualClock
from dr_core.topology.load import load_topology

TOPOLOGY = Path(__file__).parents[2] / "topologies" / "shop.yaml"
ACCOUNT = "111122223333"
ON_THE_21ST = datetime(2026, 11, 21, 6, tzinfo=UTC)


def charge(region: str, service: str, usd: str, application: str = "", account: str = ACCOUNT) -> Charge:
    return Charge(account, region, service, f"{service}-use", Decimal(usd), Decimal(24), "Hrs", application)


@pytest.fixture
def costs() -> Costs:
    made = Costs(Ground(load_topology(TOPOLOGY), ManualClock(ON_THE_21ST), 1.0))
    made.account, made.tag = ACCOUNT, "app"
    made.charges += [
        charge("eu-west-1", "RDS", "1", "shop"),
        charge("eu-west-1", "S3", "2", "blog"),
        charge("eu-central-1", "RDS", "4"),
        charge("eu-west-1", "RDS", "100", account="444455556666"),
    ]
    return made


def ask(costs: Costs, **changes: Any) -> list[dict[str, Any]]:
    asked = {
        "TimePeriod": {"Start": "2026-10-30", "End": "2026-11-21"},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        **changes,
    }
    principal = f"arn:aws:iam::{ACCOUNT}:user/dr"
    call = Call("ce", "GetCostAndUsage", "us-east-1", asked, "json", principal=principal)
    found: list[dict[str, Any]] = costs.cost_and_usage(call)["ResultsByTime"]
    return found


def amounts(result: dict[str, Any]) -> dict[tuple[str, ...], str]:
    return {tuple(group["Keys"]): group["Metrics"]["UnblendedCost"]["Amount"] for group in result["Groups"]}


def test_a_period_is_cut_into_months_and_its_end_is_not_in_it(costs: Costs) -> None:
    october, november = ask(costs)
    assert october["TimePeriod"] == {"Start": "2026-10-30", "End": "2026-11-01"}
    assert october["Total"]["UnblendedCost"] == {"Amount": "14", "Unit": "USD"}
    assert november["Total"]["UnblendedCost"] == {"Amount": "140", "Unit": "USD"}
    assert (october["Estimated"], november["Estimated"]) == (False, True)


def test_days_come_one_by_one(costs: Costs) -> None:
    assert len(ask(costs, Granularity="DAILY")) == 22


def test_two_groups_at_most(costs: Costs) -> None:
    by = [{"Type": "DIMENSION", "Key": "REGION"}, {"Type": "DIMENSION", "Key": "SERVICE"}]
    found = amounts(ask(costs, GroupBy=by)[1])
    assert found == {("eu-west-1", "RDS"): "20", ("eu-west-1", "S3"): "40", ("eu-central-1", "RDS"): "80"}
    with pytest.raises(AwsError, match="Only two"):
        ask(costs, GroupBy=[*by, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}])


def test_groups_of_a_tag_are_named_by_key_and_value_and_untagged_ones_by_the_key(costs: Costs) -> None:
    found = amounts(ask(costs, GroupBy=[{"Type": "TAG", "Key": "app"}])[1])
    assert found == {("app$shop",): "20", ("app$blog",): "40", ("app$",): "80"}
    assert amounts(ask(costs, GroupBy=[{"Type": "TAG", "Key": "other"}])[1]) == {("other$",): "140"}


@pytest.mark.parametrize(
    ("only", "amount"),
    [
        ({"Tags": {"Key": "app", "Values": ["shop"]}}, "20"),
        ({"Dimensions": {"Key": "REGION", "Values": ["eu-west-1"]}}, "60"),
        ({"Not": {"Dimensions": {"Key": "SERVICE", "Values": ["RDS"]}}}, "40"),
        (
            {"And": [{"Dimensions": {"Key": "REGION", "Values": ["eu-west-1"]}},
                     {"Or": [{"Tags": {"Key": "app", "Values": ["shop", "blog"]}}]}]},
            "60",
        ),
    ],
)  # fmt: skip
def test_a_filter_narrows(costs: Costs, only: dict[str, Any], amount: str) -> None:
    assert ask(costs, Filter=only)[1]["Total"]["UnblendedCost"]["Amount"] == amount


@pytest.mark.parametrize(
    "wrong",
    [
        {"TimePeriod": {"Start": "2026-11-21", "End": "2026-11-21"}},
        {"TimePeriod": {"Start": "2026-11-22", "End": "2026-11-25"}},
        {"TimePeriod": {"Start": "yesterday", "End": "2026-11-25"}},
        {"Granularity": "YEARLY"},
        {"Metrics": ["Money"]},
    ],
)
def test_what_cost_explorer_refuses_is_refused(costs: Costs, wrong: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as caught:
        ask(costs, **wrong)
    assert caught.value.code == "ValidationException"


def forecast(costs: Costs, begins: date, days: int) -> str:
    span = {"Start": begins.isoformat(), "End": (begins + timedelta(days=days)).isoformat()}
    asked = {"TimePeriod": span, "Metric": "UNBLENDED_COST", "Granularity": "MONTHLY"}
    total = costs.forecast(Call("ce", "GetCostForecast", "us-east-1", asked, "json"))["Total"]
    return str(total["Amount"])


def test_a_forecast_goes_on_as_it_was_and_needs_a_history(costs: Costs) -> None:
    today = ON_THE_21ST.date()
    assert forecast(costs, today, 10) == "70"
    with pytest.raises(AwsError, match="in the future"):
        forecast(costs, today - timedelta(days=5), 5)
    costs.charges.clear()
    with pytest.raises(AwsError) as caught:
        forecast(costs, today, 10)
    assert caught.value.code == "DataUnavailableException"
