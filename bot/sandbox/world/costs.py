"""What the world costs, and Cost Explorer over it: invented daily prices.

Prices are so small that the example stays below its budget; each complete day costs the same. Cost Explorer ends with
yesterday here, and groups by REGION as its console does, which its API reference does not list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, account_in
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import position

GLOBAL = "global"
_PAGE = 200
_TOKEN = AwsError("InvalidNextTokenException", "The pagination token is invalid.")
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


class Costs:
    """The bill of every account of the world. `tag` is the key under which applications are told apart."""

    PAGES: ClassVar[dict[str, str]] = {
        "ce": "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self.account = ground.account
        self._timeline = ground.timeline
        self.charges: list[Charge] = []
        self.tag = ""

    def operations(self) -> Operations:
        return {
            ("ce", "GetCostAndUsage"): self.cost_and_usage,
            ("ce", "GetCostForecast"): self.forecast,
        }

    def cost_and_usage(self, call: Call) -> Parameters:
        """By month or day, in total or in groups of up to two dimensions or tags."""
        asked = call.parameters
        start, end = self._period(asked)
        by, metrics = asked.get("GroupBy") or [], asked.get("Metrics") or []
        if len(by) > 2:
            raise AwsError("ValidationException", "Only two GroupBy are allowed.")
        if not metrics or set(metrics) - _METRICS:
            raise AwsError("ValidationException", f"Metrics must be some of {', '.join(sorted(_METRICS))}.")
        mine = [one for one in self._mine(call) if _matches(one, asked.get("Filter"), self.tag)]
        results = [
            self._result(mine, first, last, by, metrics) for first, last in _spans(start, end, asked.get("Granularity"))
        ]
        first = position(asked.get("NextPageToken"), _TOKEN)
        cut = [{**one, "Groups": one["Groups"][first : first + _PAGE]} for one in results]
        more = any(len(one["Groups"]) > first + _PAGE for one in results)
        rest = {"NextPageToken": str(first + _PAGE)} if more else {}
        return {"GroupDefinitions": by, "ResultsByTime": cut, "DimensionValueAttributes": [], **rest}

    def forecast(self, call: Call) -> Parameters:
        """Every day like those of now. It begins today or before, and ends after it."""
        asked = call.parameters
        start, end = self._period(asked)
        today = self._today()
        if end <= today:
            raise AwsError("ValidationException", "The forecast must end in the future.")
        mine = [one for one in self._mine(call) if _matches(one, asked.get("Filter"), self.tag)]
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

    # -- inside ------------------------------------------------------------------------------------------------------

    def of(self, account: str) -> list[Charge]:
        return [one for one in self.charges if one.account == account]

    def spent(self, charges: list[Charge], start: date, end: date) -> Decimal:
        """In US dollars, on the complete days of a period."""
        return sum((one.usd * self._days(one, start, end) for one in charges), Decimal(0))

    def _mine(self, call: Call) -> list[Charge]:
        return self.of(account_in(call.principal, self.account))

    def _today(self) -> date:
        now: datetime = self._timeline.now
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
        last = start + timedelta(days=1) if granularity == "DAILY" else min(next_month(start.replace(day=1)), end)
        yield start, last
        start = last


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)
