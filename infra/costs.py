"""What the templates cost a month: what is counted, at prices with a source; what is not known is named."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from dr_core.topology.deployment import Size
from infra.config import Config
from infra.counted import GLOBAL, Counted, counted, used
from infra.deploying.assembly import Stack
from infra.deploying.model import Bill, Estimate
from infra.prices import Prices

_CENT = Decimal("0.01")
ASSUMED = (
    "a month of 730 hours; prices on demand, without taxes, free tiers, discounts and commitments",
    "as many tasks, instances and nodes as the templates begin with: what scaling adds comes on top",
    "health checks of endpoints in AWS; alarms by the metrics that they look at",
)
RTO: Mapping[Size, tuple[str, ...]] = {
    Size.PILOT_LIGHT: (
        "the standby's database has no instance, though its data is kept up all the time: a run makes one first where "
        "`capacity` has `aurora_readers`, which takes a time that AWS does not publish; without that nobody can fail "
        "over before somebody has added one by hand",
        "services start from as many as the topology's `standby` says, which may be none",
    ),
    Size.WARM_STANDBY: (
        "the standby's database has one instance: it is promoted without waiting for another, and has no second "
        "zone until one is added",
        "what is too small for all users is scaled before they are led there",
    ),
    Size.MULTI_SITE: (
        "the standby's database is as large as the primary's: nothing is made or enlarged before it is promoted",
        "counts of services stay the topology's: with `standby` equal to `active` nothing has to be scaled either",
    ),
}
"""What a size means for the time that a failover takes; how long each step takes is the plan's to say, from records."""


def estimate(config: Config, stacks: Iterable[Stack], prices: Prices) -> Estimate:
    """Pure. `total` is at least what it costs: whatever has no known price is in `unknown`."""
    chosen = tuple(stacks)
    found = [one for stack in chosen for one in counted(stack)]
    regions = dict.fromkeys([*config.regions, *(one.region for one in found)])
    bills = tuple(bill for region in regions if (bill := _bill(region, found, prices)).usd or bill.unknown)
    usd = sum((bill.usd for bill in bills), Decimal(0))
    budget = config.topology.budget
    total = _converted(config, usd)
    return Estimate(
        size=config.deployment.size,
        bills=bills,
        usd=usd,
        currency=budget.currency if budget else "USD",
        total=total,
        monthly=budget.monthly if budget else None,
        burst=budget.burst if budget else None,
        fits=fits(total, budget.monthly if budget else None, budget.burst if budget else None, _whole(bills)),
        assumptions=(*ASSUMED, *_rate(config)),
        unknown=used(chosen),
        prices_of=prices.collected.isoformat(),
        rto=RTO[config.deployment.size],
    )


def _whole(bills: Iterable[Bill]) -> bool:
    return not any(bill.unknown for bill in bills)


def fits(total: Decimal | None, monthly: Decimal | None, burst: Decimal | None, whole: bool) -> str:
    """Against the budget, in words. `whole`: nothing that is paid for by time is without a price."""
    if monthly is None:
        return "no budget is configured"
    if total is None:
        return "unknown: no rate is given from USD to the budget's currency"
    if burst is not None and total > burst:
        return f"does not fit: more than the burst limit of {burst}"
    if total > monthly:
        return f"does not fit: more than the monthly budget of {monthly}" + (
            f", below the burst limit of {burst}" if burst else ""
        )
    return "fits, before what is paid for by use" if whole else "unknown: below the budget as far as prices are known"


def _bill(region: str, found: Iterable[Counted], prices: Prices) -> Bill:
    usd, unknown = Decimal(0), dict[str, Decimal]()
    for one in found:
        if one.region != region or not one.count:
            continue
        asked = prices.month(one.item, one.region) if one.item else None
        if asked is None:
            told = _without_price(one, prices)
            unknown[told] = unknown.get(told, Decimal(0)) + one.count
        else:
            usd += asked * one.count
    names = tuple(f"{count.normalize():f} x {told}" for told, count in unknown.items())
    return Bill(region=region, usd=usd.quantize(_CENT, ROUND_HALF_UP), unknown=names)


def _without_price(one: Counted, prices: Prices) -> str:
    hint = prices.hint(one.item) if one.item else ""
    where = "" if one.region == GLOBAL else f" in {one.region}"
    unit = " an hour" if one.item.endswith("-hour") else " a month"
    return f"{one.what}{where}" + (f" (USD{unit} elsewhere: {hint})" if hint else "")


def _converted(config: Config, usd: Decimal) -> Decimal | None:
    budget = config.topology.budget
    if budget is None or budget.currency == "USD":
        return usd
    return (usd * budget.usd_rate.value).quantize(_CENT, ROUND_HALF_UP) if budget.usd_rate else None


def _rate(config: Config) -> tuple[str, ...]:
    budget = config.topology.budget
    if budget is None or budget.usd_rate is None or budget.currency == "USD":
        return ()
    return (f"1 USD is {budget.usd_rate.value} {budget.currency}, of {budget.usd_rate.date}",)
