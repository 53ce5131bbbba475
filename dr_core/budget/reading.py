"""One reading of everything about cost, account by account; what cannot be asked now keeps what was known before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from dr_core.budget.model import (
    AccountCosts,
    AwsBudgets,
    BucketCare,
    CostSheet,
    Outlook,
    Part,
    Recommendations,
    Spending,
    Tagged,
    Usages,
    kept,
)
from dr_core.budget.port import Billing, BucketKeeping, Period, TagFilter
from dr_core.errors import DrError, LeaseLostError
from dr_core.topology.model import Account, Topology

USAGE_DAYS = 30
FRESH = timedelta(hours=5)
"""What was told this long ago, on the same day, is not paid for again because something else has to be asked again."""
P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class _Asked:
    """One account: its number (None: STS did not tell), one role that reaches it, and whose it is."""

    role: Account | None
    number: str | None
    applications: tuple[str, ...]


@dataclass(frozen=True)
class Reader:
    """`still` is asked between questions: False ends the reading with LeaseLostError, since another reads now."""

    billing: Billing
    keeping: BucketKeeping
    topology: Topology
    still: Callable[[], bool] = lambda: True

    def read(self, now: datetime, before: CostSheet | None) -> CostSheet:
        """Everything once. `before` is only used where it was asked in the same way."""
        tag = self.topology.budget.tag if self.topology.budget else None
        known = before if before is not None and before.tag == tag else None
        accounts = tuple(self._account(asked, now, tag, _same(known, asked)) for asked in self._accounts(known))
        return CostSheet(at=now, tag=tag, accounts=accounts)

    def _accounts(self, known: CostSheet | None) -> tuple[_Asked, ...]:
        """Each account once, whatever roles reach it: two roles in one account see the same bill."""
        roles: dict[Account | None, list[str]] = {}
        for name, app in self.topology.applications.items():
            roles.setdefault(app.account, []).append(name)
        found: dict[str, _Asked] = {}
        for role, names in roles.items():
            number = self._number(role, known)
            key = number or f"role {role.role_arn if role else 'own'}"
            other = found.get(key)
            both = (*other.applications, *names) if other else tuple(names)
            found[key] = _Asked(other.role if other else role, number, both)
        return tuple(found.values())

    def _number(self, role: Account | None, known: CostSheet | None) -> str | None:
        self._go_on()
        try:
            return self.billing.account(role)
        except DrError:
            arn = role.role_arn if role else None
            return next((one.account for one in known.accounts if one.role == arn), None) if known else None

    def _account(self, asked: _Asked, now: datetime, tag: str | None, before: AccountCosts) -> AccountCosts:
        only = TagFilter(tag, asked.applications) if tag else None
        billing, role, today = self.billing, asked.role, now.date()
        month = today.replace(day=1)
        period = Period((month - timedelta(days=1)).replace(day=1), today)

        def spending() -> Spending:
            costs = billing.costs(role, period, only)
            return Spending(measured_at=now, month=month, until=today, costs=costs)

        def usages() -> Usages:
            used = billing.usages(role, Period(today - timedelta(days=USAGE_DAYS), today), only)
            return Usages(measured_at=now, days=USAGE_DAYS, usages=used)

        def outlook() -> Outlook:
            expected = billing.outlook(role, Period(today, _next(month)), only)
            return Outlook(measured_at=now, begins=today, expected=expected)

        def tagged() -> Tagged:
            costs = billing.tagged(role, period, tag or "")
            return Tagged(measured_at=now, month=month, until=today, costs=costs)

        return AccountCosts(
            role=role.role_arn if role else None,
            account=asked.number,
            applications=asked.applications,
            spending=self._part(spending, before.spending, now),
            usages=self._part(usages, before.usages, now),
            tagged=self._part(tagged, before.tagged or Tagged(), now) if tag else None,
            outlook=self._part(outlook, before.outlook, now),
            budgets=self._part(lambda: self._budgets(asked, now), before.budgets, now),
            recommendations=self._part(lambda: self._recommendations(asked, now), before.recommendations, now),
            buckets=tuple(self._buckets(asked, now, before)),
        )

    def _budgets(self, asked: _Asked, now: datetime) -> AwsBudgets:
        number = asked.number or self.billing.account(asked.role)
        return AwsBudgets(measured_at=now, budgets=self.billing.budgets(asked.role, number))

    def _recommendations(self, asked: _Asked, now: datetime) -> Recommendations:
        applications = [self.topology.applications[name] for name in asked.applications]
        regions = tuple(dict.fromkeys(region for app in applications for region in app.regions))
        return Recommendations(measured_at=now, found=self.billing.recommendations(asked.role, regions))

    def _buckets(self, asked: _Asked, now: datetime, before: AccountCosts) -> Iterator[BucketCare]:
        known = {(one.region, one.bucket): one for one in before.buckets}
        for name in asked.applications:
            application = self.topology.applications[name]
            for storage in application.storage:
                for region, bucket in (storage.s3.buckets if storage.s3 else {}).items():
                    last = known.get((region, bucket), BucketCare(application=name, region=region, bucket=bucket))
                    yield self._part(self._bucket(application.account, now, last), last, now)

    def _bucket(self, role: Account | None, now: datetime, last: BucketCare) -> Callable[[], BucketCare]:
        def look() -> BucketCare:
            place = {"application": last.application, "region": last.region, "bucket": last.bucket}
            if self.keeping.expires_noncurrent(role, last.region, last.bucket):
                return BucketCare(**place, measured_at=now, expires_noncurrent=True)
            size, complete = self.keeping.noncurrent_bytes(role, last.region, last.bucket)
            return BucketCare(
                **place, measured_at=now, expires_noncurrent=False, noncurrent_bytes=size, all_counted=complete
            )

        return look

    def _part(self, ask: Callable[[], P], before: P, now: datetime) -> P:
        self._go_on()
        if _fresh(before, now):
            return before
        try:
            return ask()
        except LeaseLostError:
            raise
        except DrError as error:
            return kept(before, error.message)

    def _go_on(self) -> None:
        if not self.still():
            raise LeaseLostError("Another worker reads the costs now.")


def _fresh(part: Part, now: datetime) -> bool:
    """Complete days end at midnight: what was told on another day is asked for again, so that all parts fit."""
    at = part.measured_at
    return at is not None and not part.reason and at.date() == now.date() and timedelta(0) <= now - at < FRESH


def _same(known: CostSheet | None, asked: _Asked) -> AccountCosts:
    """The account as it was read before, where it was asked for the same applications; else nothing is known of it."""
    role = asked.role.role_arn if asked.role else None
    fresh = AccountCosts(role=role, account=asked.number, applications=asked.applications)
    accounts = known.accounts if known else ()
    return next(
        (one for one in accounts if one.account == asked.number and one.applications == asked.applications), fresh
    )


def _next(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=32)).replace(day=1)
