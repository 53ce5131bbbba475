"""Billing and buckets in memory, as strict as AWS about periods; tests say what was spent and what fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from dr_core.budget.model import AwsBudget, Cost, Money, Recommendation, TaggedCost, Usage
from dr_core.budget.port import Period, TagFilter
from dr_core.clock import Clock
from dr_core.errors import DrError, RejectedError
from dr_core.topology.model import Account


@dataclass(frozen=True)
class Daily:
    """What one thing costs on every day from `since` on."""

    region: str
    service: str
    usage_type: str
    usd: Decimal
    quantity: Decimal = Decimal(24)
    unit: str = "Hrs"
    since: date = date(2000, 1, 1)
    tags: tuple[tuple[str, str], ...] = ()


@dataclass
class MemoryBilling:
    """One account. `fails` names a method and what it raises."""

    clock: Clock
    account_id: str = "111122223333"
    daily: list[Daily] = field(default_factory=list)
    kept_budgets: list[AwsBudget] = field(default_factory=list)
    tips: list[Recommendation] = field(default_factory=list)
    fails: dict[str, DrError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def account(self, role: Account | None) -> str:
        self._ask("account")
        return role.role_arn.split(":")[4] if role else self.account_id

    def costs(self, role: Account | None, period: Period, only: TagFilter | None) -> tuple[Cost, ...]:
        self._ask("costs", period)
        return tuple(
            Cost(month=month, region=one.region, service=one.service, cost=_usd(one.usd * days))
            for one, month, days in self._charged(period, only)
        )

    def usages(self, role: Account | None, period: Period, only: TagFilter | None) -> tuple[Usage, ...]:
        self._ask("usages", period)
        return tuple(
            Usage(
                region=one.region,
                usage_type=one.usage_type,
                cost=_usd(one.usd * days),
                quantity=one.quantity * days,
                unit=one.unit,
            )
            for one, _, days in self._charged(period, only)
        )

    def tagged(self, role: Account | None, period: Period, key: str) -> tuple[TaggedCost, ...]:
        self._ask("tagged", period)
        return tuple(
            TaggedCost(month=month, region=one.region, value=dict(one.tags).get(key, ""), cost=_usd(one.usd * days))
            for one, month, days in self._charged(period, None)
        )

    def outlook(self, role: Account | None, period: Period, only: TagFilter | None) -> Money:
        self._ask("outlook")
        if period.since > self.clock.now().date() or period.since >= period.until:
            raise RejectedError("ce GetCostForecast was refused: ValidationException")
        return _usd(sum((one.usd * days for one, _, days in self._expected(period, only)), Decimal(0)))

    def budgets(self, role: Account | None, account: str) -> tuple[AwsBudget, ...]:
        self._ask("budgets")
        return tuple(self.kept_budgets)

    def recommendations(self, role: Account | None, regions: Sequence[str]) -> tuple[Recommendation, ...]:
        self._ask("recommendations")
        return tuple(one for one in self.tips if one.region in regions)

    def _ask(self, method: str, period: Period | None = None) -> None:
        self.asked.append(method)
        if method in self.fails:
            raise self.fails[method]
        if period is not None and (period.since >= period.until or period.since > self.clock.now().date()):
            raise RejectedError("ce GetCostAndUsage was refused: ValidationException")

    def _charged(self, period: Period, only: TagFilter | None) -> list[tuple[Daily, date, int]]:
        """Per month, no later than today."""
        last = min(period.until, self.clock.now().date())
        return self._expected(Period(period.since, last), only)

    def _expected(self, period: Period, only: TagFilter | None) -> list[tuple[Daily, date, int]]:
        found = []
        for one in self.daily:
            if only is not None and dict(one.tags).get(only.key) not in only.values:
                continue
            days = [
                day
                for number in range(max(0, (period.until - period.since).days))
                if (day := period.since + timedelta(days=number)) >= one.since
            ]
            for month in dict.fromkeys(day.replace(day=1) for day in days):
                found.append((one, month, sum(day.replace(day=1) == month for day in days)))
        return found


@dataclass
class MemoryKeeping:
    """Buckets by name: (expires noncurrent versions, noncurrent bytes)."""

    buckets: dict[str, tuple[bool, int]] = field(default_factory=dict)

    def expires_noncurrent(self, role: Account | None, region: str, bucket: str) -> bool:
        return self._get(bucket)[0]

    def noncurrent_bytes(self, role: Account | None, region: str, bucket: str) -> tuple[int, bool]:
        return self._get(bucket)[1], True

    def _get(self, bucket: str) -> tuple[bool, int]:
        if bucket not in self.buckets:
            raise RejectedError(f"s3: there is no bucket {bucket}.")
        return self.buckets[bucket]


def _usd(amount: Decimal) -> Money:
    return Money(amount=amount, currency="USD")
