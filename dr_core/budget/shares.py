"""Whose cost is what: by region, by service, by application, and what the standbys cost. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dr_core.budget.exchange import Exchange, Sum, together
from dr_core.budget.model import AccountCosts, CostSheet, Spending, Tagged
from dr_core.topology.model import Topology

_UNTAGGED = "applications are told apart by budget.tag, and none is configured"

Active = Mapping[str, str | None]
"""application -> the region it is at work in; None: not known, or every region serves."""


class RegionRole(StrEnum):
    """Mixed: standby of one application and at work for another. Unknown: nobody knows where an application works."""

    ACTIVE = "active"
    STANDBY = "standby"
    MIXED = "mixed"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RegionShare:
    """One region over all accounts: this month so far, and the month before."""

    region: str
    role: RegionRole
    spent: Sum
    before: Sum


def role_of(region: str, topology: Topology, applications: Iterable[str], active: Active) -> RegionRole:
    """What a region is to these applications, as they stand now."""
    names = [name for name in applications if region in topology.applications[name].regions]
    if not names:
        return RegionRole.OTHER
    everywhere = {name for name in names if topology.applications[name].active_active}
    if any(active.get(name) is None for name in names if name not in everywhere):
        return RegionRole.UNKNOWN
    at_work = [name in everywhere or active[name] == region for name in names]
    if all(at_work):
        return RegionRole.ACTIVE
    return RegionRole.MIXED if any(at_work) else RegionRole.STANDBY


def by_region(
    sheet: CostSheet, topology: Topology, exchange: Exchange, month: date, active: Active
) -> tuple[RegionShare, ...]:
    """The dearest first."""
    names = [name for account in sheet.accounts for name in account.applications]
    regions = dict.fromkeys(cost.region for account in sheet.accounts for cost in account.spending.costs)
    shares = [
        RegionShare(
            region,
            role_of(region, topology, names, active),
            together(_in(account, exchange, month, region) for account in sheet.accounts),
            together(_before(_only(account, region), exchange, month) for account in sheet.accounts),
        )
        for region in regions
    ]
    return tuple(sorted(shares, key=lambda share: (-share.spent.known, share.region)))


def _in(account: AccountCosts, exchange: Exchange, month: date, region: str) -> Sum:
    missing = _missing(account.spending, month)
    mine = (one for one in account.spending.costs if one.region == region and one.month == month)
    return missing or exchange.total(one.cost for one in mine)


def _only(account: AccountCosts, region: str) -> AccountCosts:
    costs = tuple(one for one in account.spending.costs if one.region == region)
    return account.model_copy(update={"spending": account.spending.model_copy(update={"costs": costs})})


def by_service(sheet: CostSheet, exchange: Exchange, month: date) -> tuple[tuple[str, Sum], ...]:
    """The dearest first."""
    costs = [cost for account in sheet.accounts for cost in account.spending.costs if cost.month == month]
    found = [
        (service, exchange.total(cost.cost for cost in costs if cost.service == service))
        for service in dict.fromkeys(cost.service for cost in costs)
    ]
    return tuple(sorted(found, key=lambda one: (-one[1].known, one[0])))


def application(sheet: CostSheet, exchange: Exchange, month: date, name: str) -> Sum:
    """What carries the application's tag this month; unknown where no tag is configured."""
    return together(_tagged(account, exchange, month, name, None) for account in _of(sheet, name))


def application_before(sheet: CostSheet, exchange: Exchange, month: date, name: str) -> Sum:
    """The same in the month before."""
    return together(_tagged_before(account, exchange, month, name) for account in _of(sheet, name))


def before(sheet: CostSheet, exchange: Exchange, month: date) -> Sum:
    """What everything cost in the month before."""
    return together(_before(account, exchange, month) for account in sheet.accounts)


def standbys(sheet: CostSheet, topology: Topology, exchange: Exchange, month: date, active: Active) -> Sum:
    """What the standbys cost this month so far, by today's roles."""
    return together(_standby(account, topology, exchange, month, active) for account in sheet.accounts)


def standby_of(sheet: CostSheet, topology: Topology, exchange: Exchange, month: date, active: Active, name: str) -> Sum:
    """The same of one application, which only its tag can tell."""
    return together(_waiting(account, topology, exchange, month, active, name) for account in _of(sheet, name))


def _waiting(
    account: AccountCosts, topology: Topology, exchange: Exchange, month: date, active: Active, name: str
) -> Sum:
    app = topology.applications[name]
    if active.get(name) is None and not app.active_active:
        return Sum(None, Decimal(0), f"where {name} is at work is not known")
    waiting = [region for region in app.regions if region != active[name] and not app.active_active]
    return _tagged(account, exchange, month, name, waiting)


def _standby(account: AccountCosts, topology: Topology, exchange: Exchange, month: date, active: Active) -> Sum:
    if account.tagged is not None:
        return together(_waiting(account, topology, exchange, month, active, name) for name in account.applications)
    if (missing := _missing(account.spending, month)) is not None:
        return missing
    costs = [cost for cost in account.spending.costs if cost.month == month]
    roles = {region: role_of(region, topology, account.applications, active) for region in {c.region for c in costs}}
    total = exchange.total(cost.cost for cost in costs if roles[cost.region] is RegionRole.STANDBY)
    unclear = sorted(region for region, role in roles.items() if role in (RegionRole.MIXED, RegionRole.UNKNOWN))
    if unclear:
        reason = (
            f"{', '.join(unclear)}: not a standby alone, or not known which region is at work; "
            "with budget.tag the applications can be told apart"
        )
        return Sum(None, total.known, reason)
    return total


def _tagged(account: AccountCosts, exchange: Exchange, month: date, name: str, regions: list[str] | None) -> Sum:
    told = account.tagged
    if told is None:
        return Sum(None, Decimal(0), _UNTAGGED)
    if (missing := _missing(told, month)) is not None:
        return missing
    mine = [cost for cost in told.costs if cost.value == name and cost.month == month]
    return exchange.total(cost.cost for cost in mine if regions is None or cost.region in regions)


def _tagged_before(account: AccountCosts, exchange: Exchange, month: date, name: str) -> Sum:
    told = account.tagged
    if told is None or told.month != month:
        return Sum(None, Decimal(0), _UNTAGGED if told is None else _unread(told, month))
    return exchange.total(cost.cost for cost in told.costs if cost.value == name and cost.month < month)


def _before(account: AccountCosts, exchange: Exchange, month: date) -> Sum:
    if account.spending.month != month:
        return Sum(None, Decimal(0), _unread(account.spending, month))
    return exchange.total(cost.cost for cost in account.spending.costs if cost.month < month)


def _missing(told: Spending | Tagged, month: date) -> Sum | None:
    """Unknown until a complete day of the month was read."""
    if told.month != month:
        return Sum(None, Decimal(0), _unread(told, month))
    if told.until is None or told.until <= month:
        return Sum(None, Decimal(0), f"Cost Explorer tells of complete days, and {month:%B} has none yet")
    return None


def _unread(told: Spending | Tagged, month: date) -> str:
    return told.reason or f"Cost Explorer was not asked in {month:%B %Y} yet"


def _of(sheet: CostSheet, name: str) -> list[AccountCosts]:
    return [account for account in sheet.accounts if name in account.applications]
