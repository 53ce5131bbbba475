"""The budget report, from the last reading that a worker made: asking for it costs nothing and waits for nothing."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from dr_core.budget import record, shares
from dr_core.budget.costing import EVERY
from dr_core.budget.exchange import OLD_RATE_DAYS, Exchange, Sum
from dr_core.budget.model import AccountCosts, CostSheet, Money
from dr_core.budget.savings import savings
from dr_core.budget.shares import Active
from dr_core.budget.spend import Reckoned, Threshold, forecast, spend, thresholds
from dr_core.observation.age import age_s
from dr_core.observation.model import CapacityState
from dr_core.reports.costs import (
    Amount,
    AwsBudgetLine,
    BudgetReport,
    NamedCost,
    RateLine,
    RegionCost,
    SavingLine,
    ThresholdLine,
)
from dr_core.reports.status import named
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.standing.model import Standing
from dr_core.store import runs
from dr_core.store.engine import Tx
from dr_core.topology.duties import Budget
from dr_core.topology.model import Topology

STALE = 2 * EVERY + timedelta(hours=1)
_CENT = Decimal("0.01")
_MOST_SERVICES = 8


def budget(services: Services, application: str | None = None) -> BudgetReport:
    """Everything, or what concerns one application."""
    now, topology = services.clock.now(), services.topology

    def work(tx: Tx) -> BudgetReport:
        sheet = record.load(tx)
        if sheet is None:
            return _nothing(topology, application, now)
        stands = {name: look(tx, topology, name, now) for name in topology.applications}
        steady = {name: stand for name, stand in stands.items() if not runs.unfinished(tx, name)}
        wanted = set(named(services, application))
        accounts = tuple(one for one in sheet.accounts if wanted & set(one.applications))
        narrowed = sheet.model_copy(update={"accounts": accounts})
        return _Reckoning(narrowed, topology, application, now, stands, steady).report()

    return services.store.read(work)


class _Reckoning:
    """One report from one sheet; pure once it has its values. `steady`: applications that no run is moving."""

    def __init__(
        self,
        sheet: CostSheet,
        topology: Topology,
        application: str | None,
        now: datetime,
        stands: dict[str, Standing],
        steady: dict[str, Standing],
    ) -> None:
        self.sheet, self.topology, self.application, self.now = sheet, topology, application, now
        self.settings: Budget | None = topology.budget
        self.exchange = Exchange.of(topology.budget)
        self.month = now.date().replace(day=1)
        self.active: Active = {name: stand.active for name, stand in stands.items()}
        self.capacity: dict[str, tuple[CapacityState, ...]] = {
            name: stand.observation.capacity for name, stand in steady.items() if stand.observation and stand.fresh
        }

    def report(self) -> BudgetReport:
        spent, expected = self._spend(), self._forecast()
        age = age_s(self.sheet.at, self.now)
        whole = self.application is None
        lines = thresholds(self.settings, spent.sum, expected.sum) if self.settings and whole else ()
        untils = [one.spending.until for one in self.sheet.accounts if one.spending.month == self.month]
        return BudgetReport(
            at=self.now,
            read_at=self.sheet.at,
            age_seconds=age,
            stale=age is None or age > STALE.total_seconds(),
            application=self.application,
            scope=_scope(self.topology, self.application),
            currency=self.exchange.currency,
            rate=self._rate(),
            month=self.month,
            month_until=min((until for until in untils if until), default=None),
            monthly=self.settings.monthly if self.settings and whole else None,
            burst=self.settings.burst if self.settings and whole else None,
            spend=_reckoned(spent),
            forecast=_reckoned(expected),
            last_month=self._last_month(),
            standby=self._standby(),
            thresholds=tuple(_threshold(one) for one in lines),
            regions=self._regions() if self._by_account else (),
            services=self._services() if self._by_account else (),
            applications=self._applications(),
            savings=self._savings(),
            aws_budgets=tuple(self._aws_budgets()) if self._by_account else (),
            problems=self._problems(),
        )

    @property
    def _by_account(self) -> bool:
        """Whether the figures of the account are those that were asked for; a tag narrows to one application."""
        return self.application is None or self.sheet.tag is None

    def _spend(self) -> Reckoned:
        if not self._by_account and self.application is not None:
            total = shares.application(self.sheet, self.exchange, self.month, self.application)
            return Reckoned(total, f"Cost Explorer, tag {self.sheet.tag}", self._oldest(tagged=True))
        return spend(self.sheet, self.exchange, self.month, self.settings)

    def _forecast(self) -> Reckoned:
        if not self._by_account:
            reason = "Cost Explorer was asked for the forecast of all applications together"
            return Reckoned(Sum(None, Decimal(0), reason), "", None)
        return forecast(self.sheet, self.exchange, self.month, self.settings)

    def _standby(self) -> Amount:
        if self.application is not None and self.sheet.tag is not None:
            total = shares.standby_of(
                self.sheet, self.topology, self.exchange, self.month, self.active, self.application
            )
        else:
            total = shares.standbys(self.sheet, self.topology, self.exchange, self.month, self.active)
        at = self._oldest(tagged=self.sheet.tag is not None)
        return _amount(total, "Cost Explorer by region, by today's roles", at)

    def _last_month(self) -> Amount:
        if not self._by_account and self.application is not None:
            total = shares.application_before(self.sheet, self.exchange, self.month, self.application)
        else:
            total = shares.before(self.sheet, self.exchange, self.month)
        return _amount(total, "Cost Explorer", self._oldest(tagged=not self._by_account))

    def _regions(self) -> tuple[RegionCost, ...]:
        found = shares.by_region(self.sheet, self.topology, self.exchange, self.month, self.active)
        at = self._oldest(tagged=False)
        return tuple(
            RegionCost(
                region=one.region,
                role=one.role,
                spend=_amount(one.spent, "Cost Explorer", at),
                last_month=_amount(one.before, "Cost Explorer", at),
            )
            for one in found
        )

    def _services(self) -> tuple[NamedCost, ...]:
        found = shares.by_service(self.sheet, self.exchange, self.month)[:_MOST_SERVICES]
        at = self._oldest(tagged=False)
        return tuple(NamedCost(name=name, spend=_amount(total, "Cost Explorer", at)) for name, total in found)

    def _applications(self) -> tuple[NamedCost, ...]:
        """Only a tag tells applications apart."""
        if self.sheet.tag is None:
            return ()
        at, source = self._oldest(tagged=True), f"Cost Explorer, tag {self.sheet.tag}"
        names = [self.application] if self.application else list(self.topology.applications)
        sheet, exchange, month = self.sheet, self.exchange, self.month
        return tuple(
            NamedCost(
                name=name,
                spend=_amount(shares.application(sheet, exchange, month, name), source, at),
                standby=_amount(
                    shares.standby_of(sheet, self.topology, exchange, month, self.active, name), source, at
                ),
            )
            for name in names
        )

    def _savings(self) -> tuple[SavingLine, ...]:
        found = savings(self.sheet, self.topology, self.exchange, self.active, self.capacity)
        return tuple(
            SavingLine(
                resource=one.resource,
                region=one.region,
                what=one.what,
                amount=_cents(one.amount),
                source=one.source,
                reason=one.reason if one.amount is None else "",
            )
            for one in found
        )

    def _aws_budgets(self) -> list[AwsBudgetLine]:
        def worth(money: Money | None) -> Decimal | None:
            return None if money is None else _cents(self.exchange.convert(money))

        return [
            AwsBudgetLine(
                name=one.name,
                account=account.account,
                limit=worth(one.limit),
                actual=worth(one.actual),
                forecast=worth(one.forecast),
                updated_at=one.updated_at,
            )
            for account in self.sheet.accounts
            for one in account.budgets.budgets
        ]

    def _problems(self) -> tuple[str, ...]:
        found = [
            f"{_of(account)}{reason}"
            for account in self.sheet.accounts
            for reason in (*account.failed, account.recommendations.reason)
            if reason
        ]
        rate = self._rate()
        if rate is not None and rate.age_days > OLD_RATE_DAYS:
            found.append(f"the exchange rate in dr.yaml is {rate.age_days} days old: budget.usd_rate")
        if rate is not None and rate.age_days < 0:
            found.append(f"the exchange rate in dr.yaml is of a day that is yet to come ({rate.date}): budget.usd_rate")
        if self.settings is not None and self.settings.aws_budget is not None:
            names = {one.name for account in self.sheet.accounts for one in account.budgets.budgets}
            if self.settings.aws_budget not in names:
                found.append(f"AWS Budgets has no monthly cost budget {self.settings.aws_budget}")
        return tuple(dict.fromkeys(found))

    def _rate(self) -> RateLine | None:
        exchange = self.exchange
        if exchange.rate is None or exchange.rate_date is None:
            return None
        days = (self.now.date() - exchange.rate_date).days
        return RateLine(value=exchange.rate, date=exchange.rate_date, age_days=days)

    def _oldest(self, *, tagged: bool) -> datetime | None:
        parts = [one.tagged if tagged else one.spending for one in self.sheet.accounts]
        return min((part.measured_at for part in parts if part and part.measured_at), default=None)


def _nothing(topology: Topology, application: str | None, now: datetime) -> BudgetReport:
    reason = "no costs were read yet: a worker reads them at its start and then every six hours"
    unknown = Amount(value=None, reason=reason)
    settings = topology.budget if application is None else None
    return BudgetReport(
        at=now,
        read_at=None,
        age_seconds=None,
        stale=False,
        application=application,
        scope=_scope(topology, application),
        currency=Exchange.of(topology.budget).currency,
        rate=None,
        month=now.date().replace(day=1),
        month_until=None,
        monthly=settings.monthly if settings else None,
        burst=settings.burst if settings else None,
        spend=unknown,
        forecast=unknown,
        last_month=unknown,
        standby=unknown,
        problems=(reason,),
    )


def _scope(topology: Topology, application: str | None) -> str:
    """What is counted, in words."""
    tag = topology.budget.tag if topology.budget else None
    names = ", ".join([application] if application else topology.applications)
    if tag:
        return f"what carries the tag {tag} of {names}"
    return f"everything in the AWS account of {names}; budget.tag in dr.yaml would narrow it"


def _of(account: AccountCosts) -> str:
    return f"account {account.account}: " if account.account else ""


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_CENT, ROUND_HALF_UP)


def _amount(total: Sum, source: str, at: datetime | None) -> Amount:
    at_least = _cents(total.known) if total.value is None and total.known else None
    return Amount(
        value=_cents(total.value),
        at_least=at_least,
        measured_at=at,
        source=source,
        reason=total.reason if total.value is None else "",
    )


def _reckoned(found: Reckoned) -> Amount:
    return _amount(found.sum, found.source, found.measured_at)


def _threshold(one: Threshold) -> ThresholdLine:
    measure: Literal["spend", "forecast"] = "forecast" if one.measure == "forecast" else "spend"
    name = one.name if one.share is None else f"{one.share} %"
    limit = _cents(one.limit) or Decimal(0)
    return ThresholdLine(
        name=name, limit=limit, measure=measure, state=one.state, amount=_cents(one.amount), reason=one.reason
    )
