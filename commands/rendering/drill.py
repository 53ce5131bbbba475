"""Drills as lines, and in the words that every face uses."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import JsonValue

from commands.rendering.curves import sparkline
from commands.rendering.lines import table, wrap
from commands.rendering.words import ago, count, moment, plain
from dr_core.reports.drills import CostView, DrillCheck, DrillHistory, DrillsReport, DrillView, DueLine, Trend
from dr_core.span import duration

_LISTED = 10
SCHEDULES = {"drill": "drill", "full_drill": "full drill"}


def drill(shown: DrillView, now: datetime) -> list[str]:
    """One drill: how it stands, every check, what it used."""
    lines = wrap(headline(shown), 0, 2)
    lines += wrap(f"asked by {plain(shown.by)} at {moment(shown.asked_at, now)}; {scored(shown)}", 2, 2)
    if shown.reason:
        lines += wrap(f"ended early: {plain(shown.reason)}", 2, 2)
    if shown.request:
        lines += wrap(f"request {shown.request}", 2, 2)
    rows = [(check.region or "-", (check.result or "waiting").upper(), plain(check.title)) for check in shown.checks]
    lines += table(rows, 2, [list(_notes(check)) for check in shown.checks])
    return [*lines, *wrap(used(shown.cost), 2, 2)]


def history(report: DrillsReport, now: datetime) -> list[str]:
    """Every application: what is overdue, how scores went, and the last drills."""
    lines: list[str] = []
    for application in report.applications:
        lines += ["", *_application(application, now)] if lines else _application(application, now)
    return lines


def _application(application: DrillHistory, now: datetime) -> list[str]:
    lines = [f"Drills of {application.name}"]
    for due in application.due:
        lines += wrap(due_line(due, now), 2, 2)
    for trend in application.trends:
        lines += wrap(trend_line(trend), 2, 2)
    rows = [
        (one.id, one.kind, one.state.upper(), moment(one.ended_at or one.asked_at, now), scored(one))
        for one in application.drills[:_LISTED]
    ]
    more = len(application.drills) - len(rows)
    lines += table(rows, 2) or ["  No drill yet."]
    return [*lines, *([f"  and {more} before"] if more > 0 else [])]


def headline(shown: DrillView) -> str:
    """Which drill, and how it stands."""
    return f"{shown.kind} drill {shown.id} of {shown.application}: {shown.state}"


def scored(shown: DrillView) -> str:
    """The score as what it is made of: never a percentage alone."""
    asked = shown.passed + shown.failed + shown.unknown
    if not asked:
        return "nothing was asked"
    parts = [f"{shown.passed} of {count(asked, 'check')} passed"]
    parts += [f"{shown.failed} failed"] if shown.failed else []
    parts += [f"{shown.unknown} unknown"] if shown.unknown else []
    parts += [f"{shown.skipped} not applicable"] if shown.skipped else []
    return ", ".join(parts)


def used(cost: CostView) -> str:
    """What it used, and why there is no amount."""
    made = [f"{one.what} in {one.region} for {duration(one.hours * 3600)}" for one in cost.used]
    told = [count(cost.calls, "call"), *made, f"amount unknown: {cost.reason}" if made else cost.reason]
    return f"used: {'; '.join(told)}"


def due_line(due: DueLine, now: datetime) -> str:
    """Where one schedule stands."""
    what = SCHEDULES[due.name]
    every = f"every {duration(due.period_seconds)}"
    if due.overdue:
        return f"{what}, {every}: OVERDUE: {due.reason}"
    return f"{what}, {every}: last {ago(due.last, now)}" if due.last else f"{what}, {every}"


def trend_line(trend: Trend) -> str:
    """Scores of one kind, oldest first, from nothing passed to everything passed."""
    bars = sparkline([point.score for point in trend.points], most=1.0)
    first, last = trend.points[0].score, trend.points[-1].score
    if len(trend.points) == 1:
        return f"{trend.kind}: {bars} {last:.0%} passed"
    way = "the same as" if last == first else "up from" if last > first else "down from"
    return f"{trend.kind}: {bars} {last:.0%} passed, {way} {first:.0%} {count(len(trend.points) - 1, 'drill')} ago"


def last(told: dict[str, JsonValue]) -> str:
    """The last drill in one line of a status."""
    late = f"OVERDUE: {told.get('reason')}" if told.get("overdue") else ""
    if told.get("id") is None:
        return late
    score = told.get("score")
    share = f", {score:.0%} of its checks passed" if isinstance(score, (int, float)) else ""
    newest = f"{told.get('kind')} {told.get('id')} {told.get('state')} on {str(told.get('at'))[:10]}{share}"
    return f"{newest}; {late}" if late else newest


def _notes(check: DrillCheck) -> Iterator[str]:
    if check.detail:
        yield plain(check.detail)
    if check.trouble:
        yield f"NOT CLEANED UP: {plain(check.trouble)}"
