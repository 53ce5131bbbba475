"""Billing as AWS tells it: Cost Explorer, AWS Budgets, the Cost Optimization Hub. Each is global, with one home.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostForecast.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeBudgets.html
https://docs.aws.amazon.com/cost-management/latest/APIReference/API_CostOptimizationHub_ListRecommendations.html
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.budget.model import AwsBudget, Cost, Money, Recommendation, TaggedCost, Usage
from dr_core.budget.port import Period, TagFilter
from dr_core.errors import RejectedError, ThrottledError, UnreachableError
from dr_core.topology.model import Account

_METRIC = "UnblendedCost"
_QUANTITY = "UsageQuantity"
_MOST_PAGES = 20
"""A page costs USD 0.01 and holds some hundred groups: what is longer than this is refused, not paid for."""
_READ_S = 15.0


class AwsBilling:
    """The adapter; `home` says where a role's credentials come from."""

    def __init__(self, aws: AwsSessions, home: str) -> None:
        self._aws = aws
        self._home = home

    def account(self, role: Account | None) -> str:
        with aws_errors("sts", self._home, "GetCallerIdentity"):
            return str(self._client("sts", role).get_caller_identity()["Account"])

    def costs(self, role: Account | None, period: Period, only: TagFilter | None) -> tuple[Cost, ...]:
        grouped = self._grouped(role, period, [_METRIC], _by("REGION", "SERVICE"), only)
        return tuple(
            Cost(month=month, region=keys[0], service=keys[1], cost=_money(metrics[_METRIC]))
            for month, keys, metrics in grouped
        )

    def usages(self, role: Account | None, period: Period, only: TagFilter | None) -> tuple[Usage, ...]:
        grouped = self._grouped(role, period, [_METRIC, _QUANTITY], _by("REGION", "USAGE_TYPE"), only)
        return tuple(
            Usage(
                region=keys[0],
                usage_type=keys[1],
                cost=_money(metrics[_METRIC]),
                quantity=Decimal(metrics[_QUANTITY]["Amount"]),
                unit=str(metrics[_QUANTITY].get("Unit") or ""),
            )
            for _, keys, metrics in grouped
        )

    def tagged(self, role: Account | None, period: Period, key: str) -> tuple[TaggedCost, ...]:
        """Groups of a tag are named `key$value`; those without it `key$`."""
        by = [{"Type": "TAG", "Key": key}, {"Type": "DIMENSION", "Key": "REGION"}]
        return tuple(
            TaggedCost(
                month=month, region=keys[1], value=keys[0].removeprefix(f"{key}$"), cost=_money(metrics[_METRIC])
            )
            for month, keys, metrics in self._grouped(role, period, [_METRIC], by, None)
        )

    def outlook(self, role: Account | None, period: Period, only: TagFilter | None) -> Money:
        """What is expected in a period that begins today; RejectedError while there is too little history."""
        asked: dict[str, Any] = {
            "TimePeriod": _days(period),
            "Metric": "UNBLENDED_COST",
            "Granularity": "MONTHLY",
            **_filter(only),
        }
        with self._errors("ce", "GetCostForecast"):
            return _money(self._client("ce", role).get_cost_forecast(**asked)["Total"])

    def budgets(self, role: Account | None, account: str) -> tuple[AwsBudget, ...]:
        """The monthly cost budgets."""
        pages = self._pages("budgets", role, "describe_budgets", {"AccountId": account}, "NextToken")
        found = [budget for page in pages for budget in page.get("Budgets", ())]
        return tuple(_budget(one) for one in found if one["BudgetType"] == "COST" and one["TimeUnit"] == "MONTHLY")

    def recommendations(self, role: Account | None, regions: Sequence[str]) -> tuple[Recommendation, ...]:
        asked = {"filter": {"regions": list(regions)}, "maxResults": 100}
        pages = self._pages("cost-optimization-hub", role, "list_recommendations", asked, "nextToken")
        return tuple(_recommendation(item) for page in pages for item in page.get("items", ()))

    def _grouped(
        self,
        role: Account | None,
        period: Period,
        metrics: list[str],
        by: list[dict[str, str]],
        only: TagFilter | None,
    ) -> Iterator[tuple[date, list[str], Mapping[str, Mapping[str, str]]]]:
        """(first day of the month, keys, metrics) of each group."""
        asked = {
            "TimePeriod": _days(period),
            "Granularity": "MONTHLY",
            "Metrics": metrics,
            "GroupBy": by,
            **_filter(only),
        }
        for page in self._pages("ce", role, "get_cost_and_usage", asked, "NextPageToken"):
            for result in page["ResultsByTime"]:
                month = date.fromisoformat(result["TimePeriod"]["Start"][:10]).replace(day=1)
                for group in result["Groups"]:
                    yield month, list(group["Keys"]), group["Metrics"]

    def _pages(
        self, service: str, role: Account | None, method: str, asked: dict[str, Any], token: str
    ) -> Iterator[Mapping[str, Any]]:
        operation = "".join(part.capitalize() for part in method.split("_"))
        for _ in range(_MOST_PAGES):
            with self._errors(service, operation):
                page = getattr(self._client(service, role), method)(**asked)
            yield page
            if not page.get(token):
                return
            asked = {**asked, token: page[token]}
        raise RejectedError(f"{service} {operation} answered more than {_MOST_PAGES} pages.")

    def _client(self, service: str, role: Account | None) -> Any:
        return self._aws.client(
            service, self._home, purpose=Purpose.OBSERVE, role=role, read_timeout_s=_READ_S, max_attempts=2
        )

    @contextmanager
    def _errors(self, service: str, operation: str) -> Iterator[None]:
        """Cost Explorer words throttling, and data that it has not got yet, in ways of its own."""
        try:
            with aws_errors(service, "us-east-1", operation):
                yield
        except AwsRejectedError as error:
            if error.aws_code == "LimitExceededException":
                raise ThrottledError(f"{service} {operation} is throttled.", hint="It is tried again later.") from error
            if error.aws_code == "BillExpirationException":
                raise UnreachableError(f"{service} {operation}: the bill is being replaced; ask again.") from error
            raise


def _by(first: str, second: str) -> list[dict[str, str]]:
    return [{"Type": "DIMENSION", "Key": first}, {"Type": "DIMENSION", "Key": second}]


def _days(period: Period) -> dict[str, str]:
    return {"Start": period.since.isoformat(), "End": period.until.isoformat()}


def _filter(only: TagFilter | None) -> dict[str, Any]:
    if only is None:
        return {}
    return {"Filter": {"Tags": {"Key": only.key, "Values": list(only.values), "MatchOptions": ["EQUALS"]}}}


def _money(told: Mapping[str, str]) -> Money:
    return Money(amount=Decimal(told["Amount"]), currency=str(told["Unit"]))


def _budget(one: Mapping[str, Any]) -> AwsBudget:
    spend = one.get("CalculatedSpend") or {}
    limit, forecast = one.get("BudgetLimit"), spend.get("ForecastedSpend")
    return AwsBudget(
        name=str(one["BudgetName"]),
        limit=_money(limit) if limit else None,
        actual=_money(spend["ActualSpend"]),
        forecast=_money(forecast) if forecast else None,
        updated_at=_utc(one.get("LastUpdatedTime")),
        whole=not one.get("CostFilters") and not one.get("FilterExpression"),
    )


def _recommendation(item: Mapping[str, Any]) -> Recommendation:
    return Recommendation(
        resource=str(item.get("resourceArn") or item.get("resourceId") or item["recommendationId"]),
        kind=str(item.get("currentResourceType") or ""),
        region=str(item.get("region") or ""),
        action=str(item.get("actionType") or ""),
        saving=Money(amount=Decimal(str(item["estimatedMonthlySavings"])), currency=str(item["currencyCode"])),
        current=str(item.get("currentResourceSummary") or ""),
        recommended=str(item.get("recommendedResourceSummary") or ""),
        refreshed_at=_utc(item.get("lastRefreshTimestamp")),
    )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
