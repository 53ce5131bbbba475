"""The health report and the daily digest: one line when all is well, else what is not and since when."""

from datetime import datetime

from bot.views import exposure
from bot.views import message as m
from bot.views.status import request_line
from bot.views.text import beyond, counted, date, escape, marked
from commands.rendering import objectives as figures
from commands.rendering.words import age, aged, ago, how_long
from dr_core.observation.model import SignalState, Verdict
from dr_core.reports.health import ApplicationHealth, HealthReport, RegionHealth, SignalView
from dr_core.reports.model import FindingView
from dr_core.reports.performance import PerformanceLine
from dr_core.reports.whereabouts import at_work

_MOST_SIGNALS = 12
_MOST_REASONS = 8
_MOST_FIGURES = 12


def health(report: HealthReport) -> m.Message:
    """`/dr health`: every region with its signals, every store with its age; of many applications what is not ok."""
    blocks = [block for app in report.applications for block in _application(app, report.at, every_signal=True)]
    if m.characters(blocks) > m.LONGEST_BLOCKS:
        blocks = [block for app in report.applications for block in _application(app, report.at, every_signal=False)]
    return m.message(summary(report), m.header(_title(report)), *blocks, *_end(report))


def digest(report: HealthReport, note: str = "") -> m.Message:
    """The daily post. `note` tells of what went wrong with an earlier one."""
    after = [m.context(escape(note))] if note else []
    if report.all_well:
        return m.message(summary(report), m.section(escape(summary(report))), *after)
    unwell = [app for app in report.applications if not app.well]
    fine = [app.name for app in report.applications if app.well and not app.findings]
    unsure = [app.name for app in report.applications if app.well and app.findings]
    blocks = [block for app in unwell for block in _application(app, report.at, every_signal=False)]
    if fine:
        blocks.append(m.lines([f"{marked('healthy')}: {', '.join(fine)}"]))
    if unsure:
        told = "whether ready for a failover is not known"
        blocks.append(m.lines([f"{marked('healthy')}: {', '.join(unsure)}; {told}"]))
    return m.message(summary(report), m.header(_title(report)), *blocks, *_end(report), *after)


def summary(report: HealthReport) -> str:
    """One line: all well with the largest exposure, or who is not."""
    if report.all_well:
        known = [app.exposure_seconds for app in report.applications if app.exposure_seconds is not None]
        unknown = [app.name for app in report.applications if app.exposure_seconds is None]
        least = f", exposure at most {how_long(max(known))}" if known else ""
        least += f", exposure of {', '.join(unknown)} not known" if unknown else ""
        unsure = [app.name for app in report.applications if app.findings]
        least += f"; whether ready for a failover is not known of {', '.join(unsure)}" if unsure else ""
        where = ", ".join(f"{app.name} in {at_work(app)}" for app in report.applications)
        return f"{marked('healthy')}: all well: {where}{least}"
    unwell = [f"{app.name} ({_verdicts(app)})" for app in report.applications if not app.well]
    told = f"not well: {', '.join(unwell)}" if unwell else "there are findings"
    return f"{marked('warning')}: {told}"


def findings(found: tuple[FindingView, ...], *, evidence: bool = True) -> list[m.Block]:
    """Findings as one safe line each, the worst first; without `evidence` where the figures stand beside them."""
    order = {"blocking": 0, "warning": 1}
    ranked = sorted(found, key=lambda finding: (order.get(finding.severity, 2), finding.code))
    texts = [finding_line(finding, evidence=evidence) for finding in ranked]
    return [m.lines(texts[start : start + 8]) for start in range(0, len(texts), 8)]


def finding_line(finding: FindingView, *, evidence: bool = True) -> str:
    """What preflight saw; the way out comes before the evidence, which may be long and cut."""
    seen = f" ({finding.evidence})" if evidence and finding.evidence else ""
    way_out = f" Way out: {finding.way_out}" if finding.way_out else ""
    return f"{marked(finding.severity)} [{finding.code}] {finding.message}{way_out}{seen}"


def _title(report: HealthReport) -> str:
    return f"{marked('healthy' if report.all_well else 'warning')}: DR health"


def _end(report: HealthReport) -> list[m.Block]:
    seen = f", oldest observation {date(report.observed_at)}" if report.observed_at else ", not everything was observed"
    return [*findings(report.findings), m.context(f"As of {date(report.at)}{seen}")]


def _application(app: ApplicationHealth, at: datetime, *, every_signal: bool) -> list[m.Block]:
    active = escape(at_work(app) or f"unknown ({app.active_reason})")
    writers = "unknown" if app.writers is None else ", ".join(app.writers) or "none"
    lost = how_long(app.exposure_seconds) + (f" ({app.exposure_reason})" if app.exposure_reason else "")
    seen = f"observed {age(app.age_seconds)} before" if app.age_seconds is not None else "never observed"
    head = f"*{escape(app.name)}*: active in *{active}*, writer {escape(writers)}, exposure {escape(lost)}, {seen}"
    blocks = [m.section(head)]
    for region in app.regions:
        blocks.append(m.lines([*_region_lines(region), *_signals(region, every_signal)]))
    if app.stores:
        blocks.append(m.lines([exposure.line(store) for store in exposure.worst_first(app.stores)[:10]]))
    measured = _measured(app, at)
    blocks += [m.lines(measured)] if measured and every_signal else []
    if app.requests:
        blocks.append(m.section("\n".join(request_line(request) for request in app.requests[:5])))
    return blocks + findings(app.findings)


def _measured(app: ApplicationHealth, at: datetime) -> list[str]:
    """Over time, by the active region's endpoints first; then the objectives of the application."""
    measured = figures.telling(line for line in app.performance if line.series != "verdict")
    lines = [_performance_line(line) for line in measured[:_MOST_FIGURES]]
    lines = [f"Over time, counted {ago(measured[0].until, at)}:", *lines] if lines else []
    reached = [f"\N{BULLET} {figures.short(line)}" for line in app.objectives if not line.subject]
    return [*lines, *(["Objectives:", *reached] if reached else [])]


def _performance_line(line: PerformanceLine) -> str:
    latency = "latency unknown" if line.p50_ms is None else f"p50 {line.p50_ms:.0f} ms"
    tail = "" if line.p95_ms is None else f", p95 {line.p95_ms:.0f} ms"
    rates = f"errors {figures.percent(line.error_rate)}, available {figures.percent(line.availability)}"
    known = f"{counted(line.results, 'sample')}, {how_long(line.known_s)} known"
    return f"{line.window} {line.region}: {latency}{tail}, {rates} ({known})"


def _region_lines(region: RegionHealth) -> list[str]:
    """The verdict with its first reason, which sums up; the others where no signals follow that say the same."""
    told = f"{region.region} ({region.role}) {marked(region.verdict)}"
    first = f"{told}: {beyond(region.verdict, region.reasons[0])}" if region.reasons else told
    others = () if region.signals or region.verdict is Verdict.HEALTHY else region.reasons[1:_MOST_REASONS]
    return [first, *(f"\N{BULLET} {reason}" for reason in others)]


def _signals(region: RegionHealth, every: bool) -> list[str]:
    wanted = [signal for signal in region.signals if every or signal.state is not SignalState.OK]
    shown = [_signal_line(signal) for signal in wanted[:_MOST_SIGNALS]]
    more = len(wanted) - len(shown)
    return [*shown, f"\N{HORIZONTAL ELLIPSIS} {counted(more, 'more signal')}"] if more > 0 else shown


def _signal_line(signal: SignalView) -> str:
    latency = f" in {signal.latency_ms:.0f} ms" if signal.latency_ms is not None else ""
    detail = f": {signal.detail}" if signal.detail else ""
    seen = f"{signal.vantage}, {aged(signal.age_seconds)}"
    return f"\N{BULLET} {signal.component} {signal.name} {marked(signal.state)}{latency} ({seen}){detail}"


def _verdicts(app: ApplicationHealth) -> str:
    told = [f"{region.region} {region.verdict}" for region in app.regions if region.verdict != "healthy"]
    over = [store for store in app.stores if store.verdict != "ok"]
    told += [f"{counted(len(over), 'store')} not ok"] if over else []
    return ", ".join(told) or "see the findings"
