"""From the currency in which AWS bills to the one of the budget, by the rate of `dr.yaml` and its date. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dr_core.budget.model import Money
from dr_core.topology.duties import Budget

AWS_CURRENCY = "USD"
OLD_RATE_DAYS = 90


@dataclass(frozen=True)
class Sum:
    """`value` None: something of it is unknown, `reason` says what; `known` is what the rest comes to."""

    value: Decimal | None
    known: Decimal
    reason: str = ""


@dataclass(frozen=True)
class Exchange:
    """Into one currency. `rate` is the price of one US dollar in it, None where the file gives none."""

    currency: str
    rate: Decimal | None = None
    rate_date: date | None = None

    @classmethod
    def of(cls, budget: Budget | None) -> "Exchange":
        """Without a budget amounts stay in AWS's own currency."""
        if budget is None:
            return cls(AWS_CURRENCY)
        rate = budget.usd_rate
        return cls(budget.currency, rate.value if rate else None, rate.date if rate else None)

    def convert(self, money: Money) -> Decimal | None:
        """None where no rate is known."""
        if money.currency == self.currency:
            return money.amount
        return money.amount * self.rate if money.currency == AWS_CURRENCY and self.rate is not None else None

    def total(self, amounts: Iterable[Money]) -> Sum:
        """The sum; unknown as soon as one amount cannot be converted."""
        known, strange = Decimal(0), set[str]()
        for money in amounts:
            value = self.convert(money)
            if value is None:
                strange.add(money.currency)
            else:
                known += value
        if strange:
            return Sum(None, known, f"no exchange rate from {', '.join(sorted(strange))} to {self.currency} is given")
        return Sum(known, known)


def together(sums: Iterable[Sum]) -> Sum:
    """Several sums as one; unknown as soon as one is."""
    parts = tuple(sums)
    known = sum((part.known for part in parts), Decimal(0))
    reasons = tuple(dict.fromkeys(part.reason for part in parts if part.value is None))
    if not parts:
        return Sum(None, Decimal(0), "nothing was read")
    return Sum(None, known, "; ".join(reasons)) if reasons else Sum(known, known)
