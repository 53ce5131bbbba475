"""Builds `dr.drill/1` and `dr.drills/1`: one drill with its checks, score and cost; and how drills went over time."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from dr_core.drills.cost import cost
from dr_core.drills.model import Drill, DrillKind, Exercise
from dr_core.drills.overdue import due_of
from dr_core.drills.schedule import Due
from dr_core.drills.score import Point, score, trend
from dr_core.plan.step import Severity
from dr_core.reports.model import FindingView
from dr_core.services import Services
from dr_core.store import drills
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology
from dr_core.value import Shown

MOST = 50


class DrillCheck(Shown):
    """One thing that was tried. `result` None: not yet. `clean` False: something of it may still be there."""

    name: str
    title: str
    region: str | None
    result: Literal["passed", "failed", "unknown", "skipped"] | None
    detail: str
    clean: bool
    trouble: str
    since: datetime | None
    judged_at: datetime | None
    clean_at: datetime | None


class UsedView(Shown):
    """What a drill made that is paid for by the hour."""

    what: str
    region: str
    hours: float


class CostView(Shown):
    """`amount` is null, and `reason` says why: bills come later than drills end."""

    calls: int
    used: tuple[UsedView, ...]
    amount: None = None
    reason: str


class DrillView(Shown):
    """`score` is the share of checks that passed, of all that were asked; null where none was."""

    schema_: Literal["dr.drill/1"] = Field(default="dr.drill/1", alias="schema")
    at: datetime
    id: str
    application: str
    kind: str
    state: str
    by: str
    source: str | None
    request: str | None
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str
    score: float | None
    passed: int
    failed: int
    unknown: int
    skipped: int
    cost: CostView
    checks: tuple[DrillCheck, ...]


class TrendPoint(Shown):
    drill: str
    at: datetime
    score: float


class Trend(Shown):
    """Scores of the drills of one kind, oldest first."""

    kind: str
    points: tuple[TrendPoint, ...]


class DueLine(Shown):
    """One schedule. `last` null: none was ever carried out. `reason`: why it is overdue, else empty."""

    name: Literal["drill", "full_drill"]
    overdue: bool
    period_seconds: float
    last: datetime | None
    reason: str


class DrillHistory(Shown):
    """The drills of one application: the newest first, without their checks."""

    name: str
    drills: tuple[DrillView, ...]
    trends: tuple[Trend, ...]
    due: tuple[DueLine, ...]


class DrillsReport(Shown):
    schema_: Literal["dr.drills/1"] = Field(default="dr.drills/1", alias="schema")
    at: datetime
    applications: tuple[DrillHistory, ...]


def drill_view(services: Services, drill_id: str) -> DrillView:
    """One drill with everything it tried."""
    now = services.clock.now()
    return services.store.read(lambda tx: view(drills.get(tx, drill_id), now))


def drill_history(services: Services, application: str | None) -> DrillsReport:
    """One application, or all in the order of the file."""
    now = services.clock.now()
    names = (application,) if application is not None else tuple(services.topology.applications)

    def work(tx: Tx) -> DrillsReport:
        return DrillsReport(at=now, applications=tuple(_history(tx, services.topology, name, now) for name in names))

    return services.store.read(work)


def last_drill(tx: Tx, topology: Topology, application: str, now: datetime) -> dict[str, JsonValue] | None:
    """What status says of drills; None where there was none and none is due."""
    newest = next(iter(drills.recent(tx, application, limit=1)), None)
    late = [due.reason for due in due_of(tx, topology, application, now) if due.overdue]
    if newest is None and not late:
        return None
    told: dict[str, JsonValue] = {"overdue": bool(late), "reason": "; ".join(late)}
    if newest is None:
        return {"id": None, "kind": None, "state": "never", "at": None, "score": None, **told}
    at = (newest.ended_at or newest.asked_at).isoformat()
    share = score(newest.exercises).share
    return {"id": newest.id, "kind": newest.kind.value, "state": newest.state.value, "at": at, "score": share, **told}


def drill_findings(tx: Tx, topology: Topology, now: datetime) -> tuple[FindingView, ...]:
    """What stays in every health report until it is ended: what was not cleaned up, and drills that are overdue."""
    unclean = [_unclean(drill, one) for drill in drills.unfinished(tx) for one in drill.unclean if one.trouble]
    late = [
        _overdue(name, due) for name in topology.applications for due in due_of(tx, topology, name, now) if due.overdue
    ]
    return (*unclean, *late)


def _unclean(drill: Drill, exercise: Exercise) -> FindingView:
    return FindingView(
        code="drill-unclean",
        severity=Severity.WARNING.value,
        message=f"drill {drill.id} of {drill.application} could not clean up after itself in {exercise.region}: "
        f"{exercise.title}.",
        evidence=exercise.trouble,
        way_out="A worker goes on trying; docs/drills.md says how to do it by hand.",
    )


def _overdue(application: str, due: Due) -> FindingView:
    kind = " --kind isolated" if due.name == "full_drill" else " --kind probe"
    return FindingView(
        code="drill-overdue",
        severity=Severity.WARNING.value,
        message=f"{application}: {due.reason}.",
        evidence="",
        way_out=f"`/dr drill {application}{kind}`",
    )


def view(drill: Drill, now: datetime, *, checks: bool = True) -> DrillView:
    """A drill as it is shown."""
    found, used = score(drill.exercises), cost(drill, now)
    return DrillView(
        at=now,
        id=drill.id,
        application=drill.application,
        kind=drill.kind.value,
        state=drill.state.value,
        by=drill.by.display,
        source=drill.source,
        request=drill.request,
        asked_at=drill.asked_at,
        started_at=drill.started_at,
        ended_at=drill.ended_at,
        reason=drill.reason,
        score=found.share,
        passed=found.passed,
        failed=found.failed,
        unknown=found.unknown,
        skipped=found.skipped,
        cost=CostView(
            calls=used.calls,
            used=tuple(UsedView(what=one.what, region=one.region, hours=one.hours) for one in used.used),
            reason=used.reason,
        ),
        checks=tuple(_check(drill, one) for one in drill.exercises) if checks else (),
    )


def _check(drill: Drill, one: Exercise) -> DrillCheck:
    return DrillCheck(
        name=one.name,
        title=one.title,
        region=one.region,
        result=one.result.value if one.result else None,
        detail=one.detail,
        clean=one not in drill.unclean,
        trouble=one.trouble,
        since=one.since,
        judged_at=one.judged_at,
        clean_at=one.clean_at,
    )


def _history(tx: Tx, topology: Topology, name: str, now: datetime) -> DrillHistory:
    found = drills.recent(tx, name, limit=MOST)
    trends = ((kind, trend(found, kind)) for kind in DrillKind)
    return DrillHistory(
        name=name,
        drills=tuple(view(drill, now, checks=False) for drill in found),
        trends=tuple(Trend(kind=kind.value, points=tuple(map(_point, points))) for kind, points in trends if points),
        due=tuple(_line(due) for due in due_of(tx, topology, name, now)),
    )


def _point(point: Point) -> TrendPoint:
    return TrendPoint(drill=point.drill, at=point.at, score=point.share)


def _line(due: Due) -> DueLine:
    return DueLine(
        name=due.name,
        overdue=due.overdue,
        period_seconds=due.period.total_seconds(),
        last=due.last,
        reason=due.reason,
    )
