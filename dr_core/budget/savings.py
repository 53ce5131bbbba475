"""What could be saved, each with its resource and an amount from the bill or from AWS, else with why not. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from dr_core.budget.exchange import Exchange
from dr_core.budget.model import AccountCosts, BucketCare, CostSheet, Money, Usage, Usages
from dr_core.budget.shares import Active
from dr_core.observation.model import CapacityState
from dr_core.topology.model import Topology

_GIB = Decimal(2**30)
_LEAST = Decimal("0.01")
_STORAGE = "TimedStorage-ByteHrs"
_TASKS = "Fargate"
_DAYS_A_MONTH = 30


@dataclass(frozen=True)
class Saving:
    """`amount` a month, in the budget's currency; None: `reason` says why it cannot be told."""

    resource: str
    region: str
    what: str
    amount: Decimal | None
    source: str
    reason: str = ""


def savings(
    sheet: CostSheet,
    topology: Topology,
    exchange: Exchange,
    active: Active,
    capacity: Mapping[str, Iterable[CapacityState]],
) -> tuple[Saving, ...]:
    """The largest first, those without an amount last. `capacity`: what was observed, by application."""
    found = [
        saving
        for account in sheet.accounts
        for saving in (
            *_recommended(account, exchange),
            *_oversized(account, topology, exchange, active, capacity),
            *_old_versions(account, exchange),
        )
    ]
    return tuple(sorted(found, key=lambda one: (one.amount is None, -(one.amount or 0), one.resource)))


def _recommended(account: AccountCosts, exchange: Exchange) -> Iterator[Saving]:
    for one in account.recommendations.found:
        amount = exchange.convert(one.saving)
        change = f": {one.current} -> {one.recommended}" if one.current and one.recommended else ""
        yield Saving(
            one.resource,
            one.region,
            f"{one.action} {one.kind}{change}",
            amount,
            "Cost Optimization Hub",
            "" if amount is not None else f"no exchange rate from {one.saving.currency} is given",
        )


def _oversized(
    account: AccountCosts,
    topology: Topology,
    exchange: Exchange,
    active: Active,
    capacity: Mapping[str, Iterable[CapacityState]],
) -> Iterator[Saving]:
    """A standby that runs more than the file wants there, at the price of its share of the region's tasks."""
    services = [
        (name, entry.ecs, state)
        for name in account.applications
        for entry in topology.applications[name].capacity
        if entry.ecs is not None
        for state in capacity.get(name, ())
        if state.name == f"{entry.ecs.cluster}/{entry.ecs.service}"
    ]
    for name, wanted, state in services:
        waiting = active.get(name) not in (None, state.region)
        if not waiting or state.desired is None or state.desired <= wanted.standby:
            continue
        others = [one for _, _, one in services if one.region == state.region and one is not state]
        amount, reason = None, "several services share the region's bill for tasks"
        if not others:
            amount, reason = _bill(account.usages, state.region, _TASKS, exchange)
        excess = Decimal(state.desired - wanted.standby) / Decimal(state.desired)
        yield Saving(
            f"ECS {state.name}",
            state.region,
            f"the standby runs {state.desired}, the file wants {wanted.standby}",
            None if amount is None else _monthly(amount * excess, account.usages.days),
            f"Cost Explorer, usage types with {_TASKS} of the last {account.usages.days} days, its share of the tasks",
            reason,
        )


def _old_versions(account: AccountCosts, exchange: Exchange) -> Iterator[Saving]:
    """Noncurrent versions that no rule removes, at the price that the account pays for storage in that region."""
    for care in account.buckets:
        if care.expires_noncurrent is not False or not care.noncurrent_bytes:
            continue
        price, reason = _price(account.usages, care.region, exchange)
        amount = None if price is None else price * care.noncurrent_bytes / _GIB
        if amount is not None and amount < _LEAST:
            continue
        yield Saving(
            f"s3://{care.bucket}",
            care.region,
            f"no lifecycle rule removes old versions: {_size(care)} lie there",
            amount,
            f"ListObjectVersions, at the price of {_STORAGE} in Cost Explorer",
            reason,
        )


def _size(care: BucketCare) -> str:
    least = "" if care.all_counted else "at least "
    return f"{least}{(care.noncurrent_bytes or 0) / 2**30:.2f} GiB"


def _bill(usages: Usages, region: str, word: str, exchange: Exchange) -> tuple[Decimal | None, str]:
    found = [one for one in usages.usages if one.region == region and word in one.usage_type]
    if not found:
        return None, usages.reason or f"the bill has no usage type with {word} in {region}"
    total = exchange.total(one.cost for one in found)
    return total.value, total.reason


def _price(usages: Usages, region: str, exchange: Exchange) -> tuple[Decimal | None, str]:
    """Of one GB for a month, as the bill has it."""
    found: list[Usage] = [one for one in usages.usages if one.region == region and one.usage_type.endswith(_STORAGE)]
    quantity = sum((one.quantity for one in found), Decimal(0))
    if not quantity:
        return None, usages.reason or f"the bill has no {_STORAGE} in {region}"
    total = exchange.total(Money(amount=one.cost.amount, currency=one.cost.currency) for one in found)
    return (None if total.value is None else total.value / quantity), total.reason


def _monthly(amount: Decimal, days: int) -> Decimal:
    return amount * _DAYS_A_MONTH / days if days else amount
