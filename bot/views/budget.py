"""The budget report, the monthly cost review, and the line that tells of a threshold."""

from pydantic import JsonValue

from bot.views import message as m
from bot.views.text import date, escape, marked
from commands.rendering.budget import headline, money, share, threshold, through, told
from dr_core.budget.spend import ThresholdState
from dr_core.reports.costs import Amount, BudgetReport

_MOST_SAVINGS = 10
_WORST_FIRST = (ThresholdState.REACHED, ThresholdState.UNKNOWN, ThresholdState.BELOW)
_MARK = {
    ThresholdState.REACHED: "warning",
    ThresholdState.BELOW: "ok",
    ThresholdState.UNKNOWN: "unknown",
}


def budget(report: BudgetReport, note: str = "") -> m.Message:
    """`/dr budget` and the scheduled report: spend, forecast, thresholds, regions, the standby's share, savings."""
    return _message(report, _title(report, "Budget"), [*_regions(report), *_savings(report)], note)


def review(report: BudgetReport, note: str = "") -> m.Message:
    """The monthly review: the month that is over, by service too, and every saving."""
    last = f"Last month: {told(report.last_month, report.currency)}"
    services = [f"{one.name}: {told(one.spend, report.currency)}" for one in report.services]
    by_service = [m.lines(["By service, this month so far:", *services])] if services else []
    blocks = [m.lines([last]), *_regions(report), *by_service, *_savings(report)]
    return _message(report, _title(report, "Cost review"), blocks, note)


def alert(data: dict[str, JsonValue]) -> str:
    """A threshold that was reached, once a month."""
    amount, limit, currency = (str(data.get(key) or "") for key in ("amount", "limit", "currency"))
    least = "at least " if data.get("reason") else ""
    if data.get("measure") == "forecast":
        told_of = (
            f"the month is expected to cost {least}{currency} {amount}, over the burst limit of {currency} {limit}"
        )
    else:
        told_of = (
            f"{least}{currency} {amount} spent in {data.get('month')}: {data.get('share')} % of the monthly budget of "
            f"{currency} {data.get('monthly')} is reached"
        )
    return f"{marked('warning')}: {told_of}. /dr budget tells what for"


def _title(report: BudgetReport, name: str) -> str:
    """With nothing to compare the spend with it is neither good nor bad."""
    states = {one.state for one in report.thresholds}
    word = "info" if report.spend.value is not None else "unknown"
    if states:
        word = next(_MARK[state] for state in _WORST_FIRST if state in states)
    about = f"{name}{f' of {report.application}' if report.application else ''}, {report.month:%B %Y}"
    return f"{marked(word)}: {about}"


def _message(report: BudgetReport, title: str, blocks: list[m.Block], note: str) -> m.Message:
    lines = [m.lines([*_figures(report), *_thresholds(report)])]
    problems = [m.lines([f"{marked('warning')}: {one}" for one in report.problems])] if report.problems else []
    after = [m.context(escape(note))] if note else []
    told_of = f"{title}: {headline(report)}"
    return m.message(told_of, m.header(title), *lines, *blocks, *problems, m.context(_small_print(report)), *after)


def _figures(report: BudgetReport) -> list[str]:
    currency = report.currency
    of = f" of {money(report.monthly, currency)}" if report.monthly is not None else ""
    standby = f"{told(report.standby, currency)}{share(report.standby, report.spend)}{_why(report.standby)}"
    return [
        f"Spent: {told(report.spend, currency)}{of}{through(report)}{_why(report.spend)}",
        f"Expected for the month: {told(report.forecast, currency)}{_why(report.forecast)}",
        f"Standby, by today's roles: {standby}",
    ]


def _why(amount: Amount) -> str:
    return f" ({amount.reason})" if amount.reason else ""


def _thresholds(report: BudgetReport) -> list[str]:
    return [f"{marked(_MARK[one.state])}: {threshold(one, report.currency)}" for one in report.thresholds]


def _regions(report: BudgetReport) -> list[m.Block]:
    blocks: list[m.Block] = []
    if report.regions:
        rows = [
            (one.region, one.role.value, told(one.spend, report.currency), told(one.last_month, report.currency))
            for one in report.regions
        ]
        blocks.append(m.table(("Region", "Role now", "This month", "Last month"), rows, right=(2, 3)))
    if report.applications:
        lines = [
            f"{one.name}: {told(one.spend, report.currency)}, "
            f"standby {told(one.standby, report.currency) if one.standby else 'unknown'}"
            for one in report.applications
        ]
        blocks.append(m.lines(["By application:", *lines]))
    return blocks


def _savings(report: BudgetReport) -> list[m.Block]:
    if not report.savings:
        return []
    lines = []
    for one in report.savings[:_MOST_SAVINGS]:
        amount = f"{money(one.amount, report.currency)} a month" if one.amount is not None else "amount unknown"
        origin = one.source if one.amount is not None else one.reason
        lines.append(f"\N{BULLET} {amount}: {one.resource} ({one.region}): {one.what} ({origin})")
    more = len(report.savings) - _MOST_SAVINGS
    if more > 0:
        lines.append(f"\N{HORIZONTAL ELLIPSIS} {more} more in `dr budget`")
    return [m.lines(["Could be saved:", *lines])]


def _small_print(report: BudgetReport) -> str:
    read = f"read {date(report.read_at)}" if report.read_at else "never read"
    stale = ", stale" if report.stale else ""
    rate = report.rate
    at = f", USD 1 = {report.currency} {rate.value} of {rate.date:%Y-%m-%d}" if rate else ""
    return f"As of {date(report.at)}, {read}{stale}{at}; counted: {escape(report.scope)}"
