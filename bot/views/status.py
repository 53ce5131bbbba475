"""`/dr status`: the truth about each application in one message, the worst first."""

from collections.abc import Sequence
from datetime import datetime

from bot.views import evacuation_lines, exposure, incident
from bot.views import message as m
from bot.views.standstill import braked
from bot.views.text import MARKS, beyond, counted, date, escape, marked, one_line
from commands.rendering import consumers, drill
from commands.rendering import objectives as figures
from commands.rendering import release as releases
from commands.rendering.words import ago, how_long, move, undated
from dr_core.execution.model import RunState
from dr_core.observation.model import Verdict
from dr_core.reports.model import ApplicationStatus, FreezeView, LostWritesLine, RequestLine, RunLine, StatusReport
from dr_core.reports.whereabouts import at_work
from dr_core.standing.model import RegionStatus

_MOST_DETAILED = 6
_LONGEST_SENTENCE = 400
_DOT = "\N{MIDDLE DOT}"
_MOST_LISTED = 40
_LINES_A_BLOCK = 8
_MOST_REASONS = 8
_BADNESS = {Verdict.DOWN: 0, Verdict.UNKNOWN: 1, Verdict.DEGRADED: 2, Verdict.HEALTHY: 3}


def status(report: StatusReport, *, tables: bool = True) -> m.Message:
    """The message; with many applications one line each, and the details for the asking. Home takes no tables."""
    apps = sorted(report.applications, key=_badness)
    head: list[m.Block] = [m.header("DR status")]
    if report.braked is not None:
        head += braked(report.braked, "")
    if report.incidents:
        head.append(m.section("\n".join(incident.line(one) for one in report.incidents)))
    head += evacuation_lines.lines(report.evacuations)
    if len(apps) <= _MOST_DETAILED:
        body = [block for app in apps for block in application(app, report.at)]
        body += _stores(apps) if tables else _store_lines(apps)
    else:
        body = _overview(apps)
    return m.message(summary(report), *head, *body, m.context(f"As of {date(report.at)}"))


def summary(report: StatusReport) -> str:
    """The fallback: one sentence an application."""
    brake = f"Brake on, by {report.braked.by}. " if report.braked is not None else ""
    apps = sorted(report.applications, key=_badness)
    going_on = f"{counted(len(report.incidents), 'open incident')}. " if report.incidents else ""
    return brake + going_on + "; ".join(_sentence(app) for app in apps[:_MOST_LISTED])


def application(app: ApplicationStatus, at: datetime) -> list[m.Block]:
    """One application without its stores."""
    blocks = [m.section(f"*{escape(app.name)}*: {_where(app)}")]
    blocks += _consumed_wrongly(app)
    blocks += [m.lines(_region_lines(name, region, at)) for name, region in app.regions.items()]
    standing = _standing(app, at)
    blocks += [m.lines(standing)] if standing else []
    notes = [request_line(request) for request in app.requests] + [run_line(run) for run in app.runs]
    if notes:
        blocks.append(m.section("\n".join(notes)))
    if app.freeze:
        blocks.append(m.section(_frozen(app.freeze)))
    blocks += [m.section(_lost(one)) for one in app.lost_writes]
    unknown = (escape(one_line(sentence, _LONGEST_SENTENCE)) for sentence in app.lost_unknown)
    blocks += [m.section(f"{marked('unknown')} *lost writes*: {sentence}.") for sentence in unknown]
    return blocks


def _lost(one: LostWritesLine) -> str:
    said = escape(one_line(one.sentence, _LONGEST_SENTENCE))
    sign = f"Another approver types `/dr reconcile sign {escape(one.id)} --note TEXT`"
    return f"{marked('warning')} *lost writes* `{escape(one.id)}`: {said}. {sign}."


def _frozen(known: FreezeView) -> str:
    unmarked = [f"{region} {escape(said)}" for region, said in known.markers.items() if said != "stands"]
    where = (
        f" Its marker `{escape(known.parameter)}` does not stand everywhere: {'; '.join(unmarked)}." if unmarked else ""
    )
    ways = " or ".join(f"`{escape(command)}`" for command in known.commands if command.startswith("/dr "))
    return (
        f"{marked('warning')} *frozen* since {date(known.since)}: an apply of code that has its primary in "
        f"{known.primary} may undo the move.{where} Lifted by {ways}."
    )


def _standing(app: ApplicationStatus, at: datetime) -> list[str]:
    """What is reached against what is aimed at, and what a failover now would find; single stores are for terminals."""
    reached = f" {_DOT} ".join(figures.short(line) for line in app.objectives if not line.subject)
    lines = [f"Objectives: {reached}"] if reached else []
    lines += [f"Target: {figures.target(app.target)}"] if app.target is not None else []
    consumed = consumers.well(app.consumers)
    lines += [f"Consumed: {consumed}"] if consumed else []
    if app.release is not None:
        mark = MARKS[{True: "ok", False: "bad", None: "unknown"}[app.release.agree]]
        told = releases.short(app.release, app.name, at).removeprefix("release: ")
        lines.append(f"Release: {mark} {told}")
    if app.last_drill is not None:
        lines.append(f"Last drill: {drill.last(app.last_drill)}")
    if app.readiness is not None:
        mark = MARKS[{True: "ok", False: "blocking", None: "unknown"}[app.readiness.ready]]
        lines.append(f"Readiness: {mark} {figures.readiness(app.readiness)}")
    return lines


def request_line(request: RequestLine) -> str:
    """A waiting request in mrkdwn."""
    return (
        f"{marked(request.state)} request `{escape(request.id)}`: {move(request)} {request.source} to {request.target},"
        f" {request.acks} of {request.required} acks, asked by {escape(request.requester)},"
        f" expires {date(request.expires_at)}"
    )


def run_line(run: RunLine) -> str:
    """A run under way in mrkdwn."""
    started = f", started {date(run.started_at)}" if run.started_at else ""
    current = f", now: {escape(run.current)}" if run.current else ""
    steps = f"{run.done} of {run.total} steps"
    what = f"{move(run)} {run.source} to {run.target}"
    return f"{marked(run.state)} run `{escape(run.id)}`: {what}, {steps}{current}{started}{nothing_new(run.stopped)}"


def nothing_new(reasons: Sequence[str]) -> str:
    """Why nothing new starts in a run, for the end of its line; foreign text in it is made safe for mrkdwn."""
    told = "; ".join(escape(one_line(reason, 120)) for reason in reasons)
    return f"\n*nothing new starts*: {told}" if told else ""


def _where(app: ApplicationStatus) -> str:
    where = at_work(app)
    active = f"active in *{escape(where)}*" if where else "active region *unknown*"
    if not app.active_region and app.active_reason:
        active += f" ({escape(app.active_reason)})"
    why = f" ({escape(one_line(app.writers_reason, _LONGEST_SENTENCE))})" if app.writers_reason else ""
    writers = f"unknown{why}" if app.writers is None else ", ".join(app.writers) or "none"
    answers = "unknown" if app.answers is None else ", ".join(app.answers) or "nothing"
    gated = any(store.gate for store in app.stores)
    unknown = " (no store gates)" if app.exposure_seconds is None and app.stores and not gated else ""
    loss = f"exposure {how_long(app.exposure_seconds)}{unknown}"
    return f" {_DOT} ".join((active, f"writer {writers}", f"DNS answers {escape(answers)}", loss))


def _consumed_wrongly(app: ApplicationStatus) -> list[m.Block]:
    """Two regions that consume are as bad as two writers: told before anything else."""
    told = [f"{MARKS[severity]} {sentence}" for severity, sentence in consumers.amiss(app.consumers)]
    more = len(told) - _LINES_A_BLOCK
    shown = [*told[:_LINES_A_BLOCK], *([f"\N{HORIZONTAL ELLIPSIS} {more} more"] if more > 0 else [])]
    return [m.lines(shown)] if told else []


def _region_lines(name: str, region: RegionStatus, at: datetime) -> list[str]:
    """The verdict with its first reason; what is not healthy with every reason on a line of its own."""
    seen = ago(region.observed_at, at) if region.observed_at else "never observed"
    told = f"{name} ({region.role}) {marked(region.verdict)}, {seen}"
    first = f"{told}: {beyond(region.verdict, region.reasons[0])}" if region.reasons else told
    if region.verdict is Verdict.HEALTHY:
        return [first]
    shown = [f"\N{BULLET} {undated(reason)}" for reason in region.reasons[1:_MOST_REASONS]]
    more = len(region.reasons) - 1 - len(shown)
    return [first, *shown, *([f"\N{HORIZONTAL ELLIPSIS} {counted(more, 'more reason')}"] if more > 0 else [])]


def _stores(apps: list[ApplicationStatus]) -> list[m.Block]:
    named = len(apps) > 1
    rows = [
        exposure.row(store, app.name if named else None) for app in apps for store in exposure.worst_first(app.stores)
    ]
    return [m.table(exposure.HEAD, rows, right=exposure.RIGHT)] if rows else []


def _store_lines(apps: list[ApplicationStatus]) -> list[m.Block]:
    named = len(apps) > 1
    told = [
        (f"{app.name}: " if named else "") + exposure.line(store)
        for app in apps
        for store in exposure.worst_first(app.stores)
    ]
    return [m.lines(told[start : start + _LINES_A_BLOCK]) for start in range(0, len(told), _LINES_A_BLOCK)]


def _overview(apps: list[ApplicationStatus]) -> list[m.Block]:
    shown = [_sentence(app) for app in apps[:_MOST_LISTED]]
    blocks = [m.lines(shown[start : start + 8]) for start in range(0, len(shown), 8)]
    more = len(apps) - len(shown)
    hint = "`/dr status APP` shows one application in full."
    return [
        *blocks,
        m.context(f"\N{HORIZONTAL ELLIPSIS} {counted(more, 'more application')}. {hint}" if more > 0 else hint),
    ]


def _sentence(app: ApplicationStatus) -> str:
    regions = ", ".join(f"{name} {marked(region.verdict)}" for name, region in app.regions.items())
    waiting = f", {counted(len(app.requests), 'request')} waiting" if app.requests else ""
    under_way = [run for run in app.runs if not RunState(run.state).finished]
    running = f", {counted(len(under_way), 'run')} under way" if under_way else ""
    running += "".join(f", last run {run.state}" for run in app.runs if run not in under_way)
    active = at_work(app) or "unknown"
    twice = sum(line.verdict == "two" for line in app.consumers)
    regions += f"; {counted(twice, 'consumer')} in two regions" if twice else ""
    return f"{app.name}: active in {active}; {regions}; exposure {how_long(app.exposure_seconds)}{waiting}{running}"


def _badness(app: ApplicationStatus) -> tuple[int, str]:
    return min((_BADNESS[region.verdict] for region in app.regions.values()), default=1), app.name
