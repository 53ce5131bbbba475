"""Spend to date and forecast of the month, and which thresholds they have reached. Pure.

Cost Explorer tells of complete days, so that nothing is counted twice: spend ends yesterday, the forecast begins today.
Its figures are renewed at least once in 24 hours, those of AWS Budgets up to three times a day:
https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from dr_core.budget.exchange import Exchange, Sum, together
from dr_core.budget.model import AccountCosts, AwsBudget, CostSheet, Money
from dr_core.topology.duties import Budget

BURST = "burst"
COST_EXPLORER = "Cost Explorer"
AWS_BUDGETS = "AWS Budgets"


@dataclass(frozen=True)
class Reckoned:
    """A sum over all accounts, where it comes from, and when the oldest part of it was asked."""

    sum: Sum
    source: str
    measured_at: datetime | None


class ThresholdState(StrEnum):
    """Below is only said of what is known whole; reached also of a part, since costs grow within a month."""

    BELOW = "below"
    REACHED = "reached"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Threshold:
    """`name` is 50, 80 or burst; `share` is the percentage where it is one. `amount` None: `known` is the part of it
    that is known."""

    name: str
    share: int | None
    limit: Decimal
    measure: str
    amount: Decimal | None
    known: Decimal
    state: ThresholdState
    reason: str = ""


def spend(sheet: CostSheet, exchange: Exchange, month: date, budget: Budget | None) -> Reckoned:
    """What was spent in `month`, over all accounts."""
    return _reckoned(_spend(account, exchange, month, budget) for account in sheet.accounts)


def forecast(sheet: CostSheet, exchange: Exchange, month: date, budget: Budget | None) -> Reckoned:
    """What the whole of `month` is expected to cost, over all accounts."""
    return _reckoned(_forecast(account, exchange, month, budget) for account in sheet.accounts)


def thresholds(budget: Budget, spent: Sum, expected: Sum) -> tuple[Threshold, ...]:
    """Each share of the monthly budget by what was spent, and the burst limit by the forecast."""
    found = [
        _threshold(str(share), share, budget.monthly * share / 100, "spend", spent) for share in sorted(budget.alerts)
    ]
    if budget.burst is not None:
        found.append(_threshold(BURST, None, budget.burst, "forecast", expected, beyond=True))
    return tuple(found)


def covering(account: AccountCosts, budget: Budget | None, month: date) -> AwsBudget | None:
    """The budget of AWS that covers the same: the one that the file names, else one over the whole account."""
    wanted = budget.aws_budget if budget else None
    tagged = budget is not None and budget.tag is not None
    for one in account.budgets.budgets:
        current = one.updated_at is not None and one.updated_at.date() >= month
        if current and (one.name == wanted if wanted else one.whole and not tagged):
            return one
    return None


def _threshold(
    name: str, share: int | None, limit: Decimal, measure: str, amount: Sum, *, beyond: bool = False
) -> Threshold:
    reached = amount.known > limit if beyond else amount.known >= limit
    if reached:
        state, reason = ThresholdState.REACHED, "" if amount.value is not None else f"at least: {amount.reason}"
    elif amount.value is None:
        state, reason = ThresholdState.UNKNOWN, amount.reason
    else:
        state, reason = ThresholdState.BELOW, ""
    return Threshold(name, share, limit, measure, amount.value, amount.known, state, reason)


def _reckoned(parts: Iterable[Reckoned]) -> Reckoned:
    found = tuple(parts)
    times = [part.measured_at for part in found if part.measured_at is not None]
    sources = dict.fromkeys(part.source for part in found if part.source)
    return Reckoned(together(part.sum for part in found), " and ".join(sources), min(times, default=None))


def _spend(account: AccountCosts, exchange: Exchange, month: date, budget: Budget | None) -> Reckoned:
    """The larger of the two that AWS tells: costs grow within a month, so the larger one is the newer."""
    told = [part for part in (_explored(account, exchange, month), _budgeted(account, exchange, month, budget)) if part]
    known = [part for part in told if part.sum.value is not None]
    if known:
        return max(known, key=lambda part: part.sum.known)
    if told:
        return told[0]
    reason = account.spending.reason or f"{COST_EXPLORER} was not asked in {month:%B %Y} yet"
    if account.spending.until == month:
        reason = f"{COST_EXPLORER} tells of complete days, and {month:%B} has none yet"
    return Reckoned(Sum(None, Decimal(0), f"{_named(account)}{reason}"), "", None)


def _explored(account: AccountCosts, exchange: Exchange, month: date) -> Reckoned | None:
    spending = account.spending
    if spending.month != month or spending.until is None or spending.until <= month:
        return None
    return Reckoned(exchange.total(_this_month(account, month)), COST_EXPLORER, spending.measured_at)


def _budgeted(account: AccountCosts, exchange: Exchange, month: date, budget: Budget | None) -> Reckoned | None:
    one = covering(account, budget, month)
    return None if one is None else Reckoned(exchange.total([one.actual]), f"{AWS_BUDGETS} {one.name}", one.updated_at)


def _forecast(account: AccountCosts, exchange: Exchange, month: date, budget: Budget | None) -> Reckoned:
    """Complete days and what Cost Explorer expects from there on; else AWS Budgets; never below what was spent."""
    spent = _spend(account, exchange, month, budget)
    spending, outlook = account.spending, account.outlook
    of_this_month = outlook.begins is not None and outlook.begins.replace(day=1) == month
    if of_this_month and outlook.expected is not None and spending.month == month and spending.until == outlook.begins:
        total = exchange.total([*_this_month(account, month), outlook.expected])
        return Reckoned(_at_least(total, spent.sum), COST_EXPLORER, outlook.measured_at)
    one = covering(account, budget, month)
    if one is not None and one.forecast is not None:
        total = exchange.total([one.forecast])
        return Reckoned(_at_least(total, spent.sum), f"{AWS_BUDGETS} {one.name}", one.updated_at)
    reason = outlook.reason or f"{COST_EXPLORER} was not asked for a forecast of {month:%B %Y} yet"
    return Reckoned(Sum(None, spent.sum.known, f"{_named(account)}{reason}"), "", None)


def _this_month(account: AccountCosts, month: date) -> list[Money]:
    return [cost.cost for cost in account.spending.costs if cost.month == month]


def _at_least(total: Sum, spent: Sum) -> Sum:
    known = max(total.known, spent.known)
    return Sum(None if total.value is None else known, known, total.reason)


def _named(account: AccountCosts) -> str:
    return f"account {account.account}: " if account.account else f"{account.role or 'own credentials'}: "
