"""What AWS said about cost, as values, each part with when it was asked; a part that could not be asked says why.

Amounts stay in AWS's currency here and are converted where they are shown, so that a new rate needs no new reading.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from dr_core.value import Value


class Money(Value):
    """An amount as AWS wrote it, never a float."""

    amount: Decimal
    currency: str


class Cost(Value):
    """What one service cost in one region in the month that begins with `month`."""

    month: date
    region: str
    service: str
    cost: Money


class Usage(Value):
    """What one usage type cost in one region, and how much of it was used."""

    region: str
    usage_type: str
    cost: Money
    quantity: Decimal
    unit: str


class TaggedCost(Value):
    """What carries one value of the cost allocation tag, in one region and month; an empty value: it carries none."""

    month: date
    region: str
    value: str
    cost: Money


class AwsBudget(Value):
    """A monthly cost budget of AWS Budgets. `whole`: it covers the account without a filter."""

    name: str
    limit: Money | None
    actual: Money
    forecast: Money | None
    updated_at: datetime | None
    whole: bool


class Recommendation(Value):
    """What AWS itself would do to one resource, and what that would save in a month."""

    resource: str
    kind: str
    region: str
    action: str
    saving: Money
    current: str
    recommended: str
    refreshed_at: datetime | None


class Part(Value):
    """One answer of AWS. `reason`: why it could not be asked the last time; what was known before that is kept."""

    measured_at: datetime | None = None
    reason: str = ""


class Spending(Part):
    """The month before, and the complete days of this one: `until` is the first day that is not in it."""

    month: date | None = None
    until: date | None = None
    costs: tuple[Cost, ...] = ()


class Usages(Part):
    """The last complete days, as many as `days`."""

    days: int = 0
    usages: tuple[Usage, ...] = ()


class Tagged(Part):
    month: date | None = None
    until: date | None = None
    costs: tuple[TaggedCost, ...] = ()


class Outlook(Part):
    """What Cost Explorer expects from `begins` (today) to the end of that month."""

    begins: date | None = None
    expected: Money | None = None


class AwsBudgets(Part):
    budgets: tuple[AwsBudget, ...] = ()


class Recommendations(Part):
    found: tuple[Recommendation, ...] = ()


class BucketCare(Part):
    """How a bucket keeps old versions. `noncurrent_bytes` None: not counted; `all_counted` False: at least that."""

    application: str
    region: str
    bucket: str
    expires_noncurrent: bool | None = None
    noncurrent_bytes: int | None = None
    all_counted: bool = True


class AccountCosts(Value):
    """One AWS account: `role` is how it was asked (None: the process's own identity)."""

    role: str | None
    account: str | None
    applications: tuple[str, ...]
    spending: Spending = Spending()
    usages: Usages = Usages()
    tagged: Tagged | None = None
    outlook: Outlook = Outlook()
    budgets: AwsBudgets = AwsBudgets()
    recommendations: Recommendations = Recommendations()
    buckets: tuple[BucketCare, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """Why something of it could not be asked the last time, each reason once."""
        parts: list[Part] = [self.spending, self.usages, self.outlook, self.budgets, *self.buckets]
        parts += [self.tagged] if self.tagged is not None else []
        return tuple(dict.fromkeys(part.reason for part in parts if part.reason))


class CostSheet(Value):
    """Everything of one reading. `tag` is the cost allocation tag that it was asked with."""

    at: datetime
    tag: str | None
    accounts: tuple[AccountCosts, ...]


P = TypeVar("P", bound=Part)


def kept(before: P, reason: str) -> P:
    """What was known before, with why it could not be asked again."""
    return before.model_copy(update={"reason": reason})
