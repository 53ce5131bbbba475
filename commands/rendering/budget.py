"""What it costs as lines: spend, forecast, thresholds, regions, the standby's share, savings."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from commands.rendering.lines import table, wrap
from commands.rendering.words import UNKNOWN, ago, clock, moment, plain
from dr_core.budget.spend import ThresholdState
from dr_core.reports.costs import Amount, BudgetReport, NamedCost, RegionCost, ThresholdLine


def budget(report: BudgetReport, now: datetime) -> list[str]:
    about = f"Cost{f' of {report.application}' if report.application else ''} in {report.month:%B %Y}"
    lines = [*wrap(f"{about}: {headline(report)}", 0, 2), *wrap(f"counted: {plain(report.scope)}", 2, 2)]
    lines += table(_figures(report, now), 2)
    lines += _thresholds(report)
    lines += _section("by region", _regions(report))
    lines += _section("by service", [(one.name, told(one.spend, report.currency)) for one in report.services])
    lines += _section("by application", _applications(report))
    lines += _section("AWS Budgets", _aws_budgets(report, now))
    lines += _savings(report)
    lines += [line for problem in report.problems for line in wrap(f"! {plain(problem)}", 2, 2)]
    return lines + wrap(reading(report, now), 2, 2)


def headline(report: BudgetReport) -> str:
    """One sentence: what was spent, of how much, and what is expected."""
    of = f" of {money(report.monthly, report.currency)}" if report.monthly is not None else ""
    return (
        f"spent {told(report.spend, report.currency)}{of}{through(report)}, "
        f"expected for the month {told(report.forecast, report.currency)}"
    )


def through(report: BudgetReport) -> str:
    """` through 2026-11-20`: the last day that is in what was spent."""
    if report.month_until is None or report.spend.value is None:
        return ""
    return f" through {report.month_until - timedelta(days=1):%Y-%m-%d}"


def money(value: Decimal | None, currency: str) -> str:
    """`EUR 36.20`; None is unknown, never 0."""
    return UNKNOWN if value is None else f"{currency} {value:,.2f}"


def told(amount: Amount, currency: str) -> str:
    """The amount, or that it is unknown with what is known of it."""
    if amount.value is not None or amount.at_least is None:
        return money(amount.value, currency)
    return f"{UNKNOWN}, at least {money(amount.at_least, currency)}"


def share(part: Amount, whole: Amount) -> str:
    """` (35 % of it)`, where both are known."""
    if part.value is None or not whole.value:
        return ""
    return f" ({100 * part.value / whole.value:.0f} % of what was spent)"


def threshold(line: ThresholdLine, currency: str) -> str:
    """One threshold in a sentence."""
    measured = "the forecast" if line.measure == "forecast" else "the spend"
    state = {
        ThresholdState.REACHED: "REACHED",
        ThresholdState.BELOW: "not reached",
        ThresholdState.UNKNOWN: "UNKNOWN whether it is reached",
    }[line.state]
    why = f" ({plain(line.reason)})" if line.reason else ""
    return f"{line.name} ({money(line.limit, currency)}) by {measured}: {state}{why}"


def reading(report: BudgetReport, now: datetime) -> str:
    """When it was read, and the rate with its date."""
    read = "never read" if report.read_at is None else f"read {moment(report.read_at, now)}"
    stale = ", STALE: no worker has read it since" if report.stale else ""
    rate = report.rate
    at = f"; USD 1 = {report.currency} {rate.value} of {rate.date:%Y-%m-%d}" if rate else ""
    return f"{read}{stale}{at}"


def _figures(report: BudgetReport, now: datetime) -> list[tuple[str, str, str]]:
    rows = [
        ("spent", report.spend, ""),
        ("expected", report.forecast, ""),
        ("standby", report.standby, share(report.standby, report.spend)),
        ("last month", report.last_month, ""),
    ]
    return [(name, f"{told(one, report.currency)}{more}", _origin(one, now)) for name, one, more in rows]


def _origin(amount: Amount, now: datetime) -> str:
    if amount.value is None:
        return plain(amount.reason)
    asked = f", asked {ago(amount.measured_at, now)}" if amount.measured_at else ""
    return f"{plain(amount.source)}{asked}"


def _thresholds(report: BudgetReport) -> list[str]:
    return [line for one in report.thresholds for line in wrap(threshold(one, report.currency), 2, 2)]


def _regions(report: BudgetReport) -> list[tuple[str, ...]]:
    def row(one: RegionCost) -> tuple[str, ...]:
        last = f"last month {told(one.last_month, report.currency)}"
        return one.region, one.role.value, told(one.spend, report.currency), last

    return [row(one) for one in report.regions]


def _applications(report: BudgetReport) -> list[tuple[str, ...]]:
    def row(one: NamedCost) -> tuple[str, ...]:
        standby = told(one.standby, report.currency) if one.standby is not None else UNKNOWN
        return one.name, told(one.spend, report.currency), f"standby {standby}"

    return [row(one) for one in report.applications]


def _aws_budgets(report: BudgetReport, now: datetime) -> list[tuple[str, ...]]:
    return [
        (
            plain(one.name),
            f"{money(one.actual, report.currency)} of {money(one.limit, report.currency)}",
            f"expected {money(one.forecast, report.currency)}",
            f"as of {clock(one.updated_at, now)}" if one.updated_at else "age unknown",
        )
        for one in report.aws_budgets
    ]


def _savings(report: BudgetReport) -> list[str]:
    rows = [
        (
            money(one.amount, report.currency) + (" a month" if one.amount is not None else ""),
            f"{plain(one.resource)} ({one.region}): {plain(one.what)}",
            plain(one.source if one.amount is not None else one.reason),
        )
        for one in report.savings
    ]
    return _section("could be saved", rows)


def _section(title: str, rows: Iterable[tuple[str, ...]]) -> list[str]:
    found = list(rows)
    return [f"  {title}", *table(found, 4)] if found else []
