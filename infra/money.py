"""Sums of `dr.yaml` in the currency in which AWS keeps budgets. Pure."""

from decimal import ROUND_DOWN, Decimal

from dr_core.topology.duties import Budget


def in_usd(amount: Decimal, rate: Decimal) -> Decimal:
    """AWS counts budgets in USD; `rate`: what one of them is in the file's currency. Never rounded up."""
    return (amount / rate).quantize(Decimal("0.01"), ROUND_DOWN)


def usd_rate(budget: Budget) -> Decimal | None:
    """What a dollar is in the budget's currency; None: the file does not say."""
    if budget.currency == "USD":
        return Decimal(1)
    return budget.usd_rate.value if budget.usd_rate and budget.usd_rate.value else None
