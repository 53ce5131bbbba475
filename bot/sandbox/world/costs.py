"""What the world costs: Cost Explorer, AWS Budgets and the Cost Optimization Hub over invented daily prices.

Prices are so small that the example stays below its budget; each complete day costs the same. Cost Explorer ends with
yesterday here, and groups by REGION as its console does, which its API reference does not list.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostForecast.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CalculatedSpend.html
https://docs.aws.amazon.com/cost-management/latest/APIReference/API_CostOptimizationHub_ListRecommendations.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.timeline import Timeline

GLOBAL = "global"
_BEGAN = date(2000, 1, 1)
_METRICS = {
    "BlendedCost",
    "UnblendedCost",
    "AmortizedCost",
    "NetUnblendedCost",
    "NetAmortizedCost",
    "UsageQuantity",
    "NormalizedUsageAmount",
}


@dataclass(frozen=True)
class Charge:
    """What one thing costs on every day from `since` on, in US dollars."""

    account: str
    region: str
    service: str
    usage_type: str
    usd: Decimal
    quantity: Decimal
    unit: str
    application: str = ""
    since: date = _BEGAN

    def dimension(self, name: str) -> str:
        known = {
            "REGION": self.region,
            "SERVICE": self.service,
            "USAGE_TYPE": self.usage_type,
            "LINKED_ACCOUNT": self.account,
        }
        if name not in known:
            raise AwsError("ValidationException", f"The dimension {name} is not part of this simulated Cost Explorer.")
        return known[name]


@dataclass
class Costs:
    """The bill of every account of the world. `tag` is the key under which applications are told apart."""

    account: str
    timeline: Timeline
    charges: list[Charge] = field(default_factory=list)
    recommendations: list[Parameters] = field(default_factory=list)
    tag: str = ""
    page: int = 200

    def operations(self) -> Operations:
        return {
            ("ce", "GetCostAndUsage"): self.cost_and_usage,
            ("ce", "GetCostForecast"): self.forecast,
            ("budgets", "DescribeBudgets"): self.budgets,
            ("budgets", "DescribeBudget"): self.budgets,
            ("cost-optimization-hub", "ListRecommendations"): self.list_recommendations,
        }

    # -- Cost Explorer -----------------------------------------------------------------------------------------------

    def cost_and_usage(self, call: Call) -> Parameters:
        """By month or day, in total or in groups of up to two dimensions or tags."""
        asked = call.parameters
        start, end = self._period(asked)
        by, metrics = asked.get("GroupBy") or [], asked.get("Metrics") or []
        if len(by) > 2:
            raise AwsError("ValidationException", "Only two GroupBy are allowed.")
        if not metrics or set(metrics) - _METRICS:
            raise AwsError("ValidationException", f"Metrics must be some of {', '.join(sorted(_METRICS))}.")
        mine = [one for one in self._of(call) if _matches(one, asked.get("Filter"), self.tag)]
        results = [
            self._result(mine, first, last, by, metrics) for first, last in _spans(start, end, asked.get("Granularity"))
        ]
        position = _position(asked.get("NextPageToken"))
        cut = [{**one, "Groups": one["Groups"][position : position + self.page]} for one in results]
        more = any(len(one["Groups"]) > position + self.page for one in results)
        rest = {"NextPageToken": str(position + self.page)} if more else {}
        return {"GroupDefinitions": by, "ResultsByTime": cut, "DimensionValueAttributes": [], **rest}

    def forecast(self, call: Call) -> Parameters:
        """Every day like those of now. It begins today or before, and ends after it."""
        asked = call.parameters
        start, end = self._period(asked)
        today = self._today()
        if end <= today:
            raise AwsError("ValidationException", "The forecast must end in the future.")
        mine = [one for one in self._of(call) if _matches(one, asked.get("Filter"), self.tag)]
        if not mine:
            raise AwsError(
                "DataUnavailableException", "Insufficient amount of historical data to generate forecast.", 400
            )
        total = sum((one.usd * (end - max(start, one.since)).days for one in mine), Decimal(0))
        span = {"Start": start.isoformat(), "End": end.isoformat()}
        return {
            "Total": {"Amount": str(total), "Unit": "USD"},
            "ForecastResultsByTime": [{"TimePeriod": span, "MeanValue": str(total)}],
        }

    def _period(self, asked: Parameters) -> tuple[date, date]:
        try:
            span = asked["TimePeriod"]
            start, end = date.fromisoformat(span["Start"][:10]), date.fromisoformat(span["End"][:10])
        except (KeyError, ValueError) as error:
            raise AwsError("ValidationException", "TimePeriod must hold Start and End as YYYY-MM-DD.") from error
        if start >= end:
            raise AwsError("ValidationException", "Start date (and hour) should be before end date (and hour)")
        if start > self._today():
            raise AwsError("ValidationException", "Start date must be equal to or no later than the current date.")
        return start, end

    def _result(
        self, mine: list[Charge], start: date, end: date, by: list[Parameters], metrics: list[str]
    ) -> dict[str, Any]:
        groups: dict[tuple[str, ...], list[Charge]] = {}
        for one in mine:
            if self._days(one, start, end):
                groups.setdefault(tuple(_key(one, group, self.tag) for group in by), []).append(one)
        return {
            "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
            "Estimated": end > self._today().replace(day=1),
            "Total": self._metrics(mine, start, end, metrics) if not by else {},
            "Groups": [
                {"Keys": list(keys), "Metrics": self._metrics(members, start, end, metrics)}
                for keys, members in sorted(groups.items())
                if by
            ],
        }

    def _metrics(self, members: list[Charge], start: date, end: date, metrics: list[str]) -> Parameters:
        units = {one.unit for one in members}
        found: Parameters = {}
        for name in metrics:
            in_dollars = name.endswith("Cost")
            amount = sum(
                ((one.usd if in_dollars else one.quantity) * self._days(one, start, end) for one in members), Decimal(0)
            )
            unit = "USD" if in_dollars else units.pop() if len(units) == 1 else "N/A"
            found[name] = {"Amount": str(amount), "Unit": unit}
        return found

    def _days(self, one: Charge, start: date, end: date) -> int:
        """Complete days only."""
        return max(0, (min(end, self._today()) - max(start, one.since)).days)

    # -- AWS Budgets -------------------------------------------------------------------------------------------------

    def budgets(self, call: Call) -> Reply:
        """As they were made, with what was spent of them and what is expected; renewed three times a day."""
        account = call.text("AccountId")
        if account != self._caller(call):
            raise AwsError("AccessDeniedException", f"Account {self._caller(call)} does not have access to {account}.")
        reply = call.forward()
        if not reply.ok:
            return reply
        body = json.loads(reply.body)
        for budget in body.get("Budgets") or ([body["Budget"]] if "Budget" in body else []):
            budget |= self._calculated(account)
        return Reply(reply.status, reply.headers, json.dumps(body).encode())

    def _calculated(self, account: str) -> Parameters:
        today = self._today()
        month = today.replace(day=1)
        mine = [one for one in self.charges if one.account == account]
        spent = sum((one.usd * self._days(one, month, today) for one in mine), Decimal(0))
        days_left = (_next(month) - today).days
        expected = spent + sum((one.usd * days_left for one in mine), Decimal(0))
        now = self.timeline.now
        return {
            "CalculatedSpend": {
                "ActualSpend": {"Amount": str(spent), "Unit": "USD"},
                "ForecastedSpend": {"Amount": str(expected), "Unit": "USD"},
            },
            "LastUpdatedTime": now.replace(hour=now.hour // 8 * 8, minute=0, second=0, microsecond=0).timestamp(),
        }

    # -- Cost Optimization Hub ---------------------------------------------------------------------------------------

    def list_recommendations(self, call: Call) -> Parameters:
        """Filtered by region; what was put into `recommendations` with the names of the API reference."""
        wanted = (call.parameters.get("filter") or {}).get("regions")
        account = self._caller(call)
        found = [
            one
            for one in self.recommendations
            if one["accountId"] == account and (not wanted or one["region"] in wanted)
        ]
        position, most = _position(call.parameters.get("nextToken")), int(call.parameters.get("maxResults") or 100)
        rest = {"nextToken": str(position + most)} if len(found) > position + most else {}
        return {"items": found[position : position + most], **rest}

    # -- inside ------------------------------------------------------------------------------------------------------

    def _of(self, call: Call) -> list[Charge]:
        account = self._caller(call)
        return [one for one in self.charges if one.account == account]

    def _caller(self, call: Call) -> str:
        parts = call.principal.split(":")
        return parts[4] if len(parts) > 5 and parts[4] else self.account

    def _today(self) -> date:
        now: datetime = self.timeline.now
        return now.date()


def _key(one: Charge, group: Parameters, tag: str) -> str:
    if group.get("Type") == "TAG":
        return f"{group['Key']}${one.application if group['Key'] == tag else ''}"
    return one.dimension(str(group.get("Key")))


def _matches(one: Charge, only: Parameters | None, tag: str) -> bool:
    """The part of the filter's language that is used: And, Or, Not, Dimensions and Tags."""
    if not only:
        return True
    if "And" in only:
        return all(_matches(one, part, tag) for part in only["And"])
    if "Or" in only:
        return any(_matches(one, part, tag) for part in only["Or"])
    if "Not" in only:
        return not _matches(one, only["Not"], tag)
    if "Tags" in only:
        return only["Tags"]["Key"] == tag and one.application in only["Tags"]["Values"]
    return one.dimension(only["Dimensions"]["Key"]) in only["Dimensions"]["Values"]


def _spans(start: date, end: date, granularity: object) -> Iterator[tuple[date, date]]:
    """Days, or months whose first and last may be cut."""
    if granularity not in ("DAILY", "MONTHLY"):
        raise AwsError("ValidationException", "Granularity must be DAILY or MONTHLY.")
    while start < end:
        last = start + timedelta(days=1) if granularity == "DAILY" else min(_next(start.replace(day=1)), end)
        yield start, last
        start = last


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _position(token: object) -> int:
    if not token:
        return 0
    if not str(token).isdigit():
        raise AwsError("InvalidNextTokenException", "The pagination token is invalid.")
    return int(str(token))
