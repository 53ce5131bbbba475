"""The values of what it costs, `dr.budget/1`: amounts are decimals in one currency, unknown is null with a reason."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from dr_core.budget.shares import RegionRole
from dr_core.budget.spend import ThresholdState
from dr_core.value import Shown


class Amount(Shown):
    """`value` None: unknown, `reason` says why, and `at_least` is the part of it that is known."""

    value: Decimal | None
    at_least: Decimal | None = None
    measured_at: datetime | None = None
    source: str = ""
    reason: str = ""


class RateLine(Shown):
    """What one US dollar was worth, and on which day; from dr.yaml."""

    value: Decimal
    date: date
    age_days: int


class ThresholdLine(Shown):
    name: str
    limit: Decimal
    measure: Literal["spend", "forecast"]
    state: ThresholdState
    amount: Decimal | None
    reason: str = ""


class RegionCost(Shown):
    """`role` is what the region is to the applications now, not what it was all month."""

    region: str
    role: RegionRole
    spend: Amount
    last_month: Amount


class NamedCost(Shown):
    name: str
    spend: Amount
    standby: Amount | None = None


class SavingLine(Shown):
    """`amount` is a month's; None: `reason` says why it cannot be told."""

    resource: str
    region: str
    what: str
    amount: Decimal | None
    source: str
    reason: str = ""


class AwsBudgetLine(Shown):
    """As AWS Budgets has it, converted."""

    name: str
    account: str | None
    limit: Decimal | None
    actual: Decimal | None
    forecast: Decimal | None
    updated_at: datetime | None


class BudgetReport(Shown):
    """`read_at` None: nothing was read yet, and `problems` says so. `month_until`: the first day that is not in it."""

    schema_: Literal["dr.budget/1"] = Field(default="dr.budget/1", alias="schema")
    at: datetime
    read_at: datetime | None
    age_seconds: float | None
    stale: bool
    application: str | None
    scope: str
    currency: str
    rate: RateLine | None
    month: date
    month_until: date | None
    monthly: Decimal | None
    burst: Decimal | None
    spend: Amount
    forecast: Amount
    last_month: Amount
    standby: Amount
    thresholds: tuple[ThresholdLine, ...] = ()
    regions: tuple[RegionCost, ...] = ()
    services: tuple[NamedCost, ...] = ()
    applications: tuple[NamedCost, ...] = ()
    savings: tuple[SavingLine, ...] = ()
    aws_budgets: tuple[AwsBudgetLine, ...] = ()
    problems: tuple[str, ...] = ()
