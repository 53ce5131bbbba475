"""Status as lines."""

from collections.abc import Iterable
from datetime import datetime

from commands.rendering import consumers, drill
from commands.rendering import objectives as figures
from commands.rendering import release as releases
from commands.rendering.evacuation import lines_of
from commands.rendering.incident import open_line
from commands.rendering.lines import table, wrap
from commands.rendering.words import age, ago, clock, count, exposure_of, moment, move, plain, undated, way
from dr_core.observation.model import Verdict
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.brake import BrakeReport
from dr_core.reports.model import ApplicationStatus, BrakeView, FreezeView, RequestLine, RunLine, StatusReport
from dr_core.reports.whereabouts import at_work
from dr_core.span import duration
from dr_core.standing.model import RegionStatus


def status(report: StatusReport, now: datetime) -> list[str]:
    lines = [f"Status at {clock(report.at)}"]
    if report.braked is not None:
        lines += wrap(braked(report.braked, now), 0, 2)
    for open_one in report.incidents:
        lines += wrap(open_line(open_one, now), 0, 2)
    for evacuation in report.evacuations:
        lines += lines_of(evacuation, now)
    for application in report.applications:
        lines += ["", *_application(application, now)]
    return lines


def braked(on: BrakeView, now: datetime) -> str:
    """That the brake is on, who put it on, when and why, and the way out."""
    since = f" at {moment(on.since, now)}" if on.since is not None else ""
    told = f"BRAKE ON: nothing new starts in any run. Put on by {plain(on.by)}{since}: {plain(on.reason)}."
    return f"{told} An approver releases it: brake off"


def brake(report: BrakeReport, now: datetime) -> list[str]:
    """What `brake on` and `brake off` answer."""
    if not report.engaged:
        return ["BRAKE OFF: runs go on where they were.", *_unfinished(report)]
    return [*wrap(braked(BrakeView.model_validate(report), now), 0, 2), *_unfinished(report)]


def _unfinished(report: BrakeReport) -> list[str]:
    """The runs that the brake stops or lets go on."""
    return table([(run.id, run.application, run.state) for run in report.runs], 2) or ["  No run is unfinished."]


def _application(application: ApplicationStatus, now: datetime) -> list[str]:
    head = f"{application.name}: {_active(at_work(application))}"
    if application.active_reason:
        head += f" ({plain(application.active_reason)})"
    lines = wrap(head, 0, 2)
    why = f" ({plain(application.writers_reason)})" if application.writers_reason else ""
    lines += wrap(f"writes: {_regions(application.writers)}{why}; DNS answers: {_regions(application.answers)}", 2, 2)
    for told in consumers.lines(application.consumers):
        lines += wrap(told, 2, 2)
    lines += regions(application.regions, now)
    lines += stores(application.stores)
    gated = any(store.gate for store in application.stores)
    lines += wrap(exposure(application.exposure_seconds, "" if gated else "no store gates a failover"), 2, 2)
    if application.target is not None:
        lines += wrap(figures.target(application.target), 2, 2)
    if application.readiness is not None:
        lines += wrap(figures.readiness(application.readiness), 2, 2)
    if application.last_drill is not None:
        lines += wrap(f"last drill: {plain(drill.last(application.last_drill))}", 2, 2)
    if application.release is not None:
        lines += wrap(releases.short(application.release, application.name, now), 2, 2)
    lines += figures.objectives(application.objectives, now)
    for lost in application.lost_writes:
        lines += wrap(f"LOST WRITES {lost.id}: {plain(lost.sentence)}; another person signs: reconcile sign", 2, 2)
    for sentence in application.lost_unknown:
        lines += wrap(f"LOST WRITES, not known yet: {plain(sentence)}", 2, 2)
    lines += waiting(application.requests, now)
    lines += _runs(application.runs, now)
    if application.freeze is not None:
        lines += _frozen(application.freeze, now)
    return lines


def _frozen(known: FreezeView, now: datetime) -> list[str]:
    """Why nothing may be applied, and the ways out."""
    since = f"FROZEN since {moment(known.since, now)}"
    told = f"{since}: an apply of code that has its primary in {known.primary} may undo the move"
    marks = ", ".join(f"{region} {plain(said)}" for region, said in known.markers.items())
    lines = wrap(told, 2, 2) + wrap(f"marker {known.parameter}: {marks}", 4, 2)
    return lines + [f"    {command}" for command in known.commands]


def _active(region: str | None) -> str:
    return f"active in {region}" if region else "active region UNKNOWN"


def _regions(regions_: tuple[str, ...] | None) -> str:
    if regions_ is None:
        return "unknown"
    return ", ".join(regions_) or "none"


def regions(found: dict[str, RegionStatus], now: datetime) -> list[str]:
    """One row a region: role, verdict, when it was seen, and why; below it what speaks against it."""
    rows, notes = [], []
    for name, seen in found.items():
        role = seen.role.upper() if seen.role == "unfenced" else seen.role
        verdict = seen.verdict.value if seen.verdict is Verdict.HEALTHY else seen.verdict.value.upper()
        at = f"seen {ago(seen.observed_at, now)}" if seen.observed_at else "never seen"
        why, *signals = [plain(undated(reason)) for reason in seen.reasons] or [""]
        rows.append((name, role, verdict, at, why.removeprefix(f"{seen.verdict.value}: ")))
        notes.append([] if seen.verdict is Verdict.HEALTHY else [s for s in signals if not s.startswith("ok:")])
    return table(rows, 2, notes)


def stores(found: Iterable[StoreExposure], indent: int = 2) -> list[str]:
    """One row a store and region: value, threshold and age together; below it where that comes from."""
    rows, notes = [], []
    for store in found:
        threshold = f"limit {duration(store.threshold_seconds)}{' (gate)' if store.gate else ''}"
        verdict = store.verdict if store.verdict == "ok" else store.verdict.upper()
        towards = f"to {store.region}"
        seen = f"age {age(store.age_seconds)}"
        rows.append((f"{store.kind} {store.name}", towards, exposure_of(store), threshold, seen, verdict))
        notes.append([plain(store.reason or store.source)])
    return table(rows, indent, notes)


def exposure(seconds: float | None, reason: str) -> str:
    """What would be lost if the switch happened now, in one sentence."""
    because = f": {plain(reason)}" if reason else ""
    if seconds is None:
        return f"data that would be lost now: UNKNOWN{because}"
    return f"data that would be lost now: the last {duration(seconds)}{because}"


def waiting(found: Iterable[RequestLine], now: datetime) -> list[str]:
    return [
        line
        for request in found
        for line in wrap(
            f"request {request.id}: {move(request)} {way(request.source, request.target)}, "
            f"{request.acks} of {count(request.required, 'ack')}, asked by {plain(request.requester)}, "
            f"expires {moment(request.expires_at, now)}",
            2, 2,
        )
    ]  # fmt: skip


def _runs(found: Iterable[RunLine], now: datetime) -> list[str]:
    lines = []
    for run in found:
        started = f", started {moment(run.started_at, now)}" if run.started_at else ", not started"
        current = f": {plain(run.current)}" if run.current else ""
        head = f"run {run.id}: {move(run)} {way(run.source, run.target)}, {run.state.upper()}"
        lines += wrap(f"{head}, {run.done} of {run.total} steps{started}{current}", 2, 2)
        for why in run.stopped:
            lines += wrap(f"nothing new starts: {plain(why)}", 4, 2)
    return lines
