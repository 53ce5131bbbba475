"""What was tried, and what lies ready for the hour without the bot: the age of the last drill and of the runbook."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from dr_core.readiness.examination import HERE, About, Inquiry, Subject
from dr_core.readiness.model import Check

AREA = "rehearsal"
_OLDEST_DRILL = timedelta(days=35)
_OLDEST_RUNBOOK = timedelta(hours=2)


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    around = subject.surroundings
    yield Inquiry(
        "drill-unknown", AREA, subject.name, HERE, "the store's drills and runs",
        lambda: (around.last_drill, around.last_run), judge_drill,
    )  # fmt: skip
    schedule = subject.topology.schedule
    if schedule.drill or schedule.full_drill:
        yield Inquiry(
            "drill-unknown", AREA, subject.name, HERE, "the store's drills", lambda: around.overdue, judge_overdue,
        )  # fmt: skip
    runbook = subject.topology.runbook
    if runbook.folder or runbook.buckets:
        yield Inquiry(
            "runbook-unknown", AREA, subject.name, HERE, "the store's record of exports",
            lambda: around.runbook_at, judge_runbook,
        )  # fmt: skip


def judge_drill(seen: tuple[datetime | None, datetime | None], about: About) -> Iterable[Check]:
    """A run that succeeded proves as much as a drill does."""
    newest = max((at for at in seen if at is not None), default=None)
    if newest is None:
        message = f"Moving {about.subject} was never tried: neither a drill nor a run of it succeeded."
        yield about.warning("never-rehearsed", message, way_out=f"`drill {about.subject} --kind probe` tries it.")
        return
    days = (about.at - newest).days
    evidence = f"last proof {newest:%Y-%m-%d}, {days} days ago"
    if about.at - newest > _OLDEST_DRILL:
        message = f"Moving {about.subject} was last proven {days} days ago."
        yield about.warning("drill-old", message, evidence=evidence, way_out="Rehearse it.")
    else:
        yield about.ok("drill-old", f"Moving {about.subject} was proven lately.", evidence=evidence)


def judge_overdue(reasons: tuple[str, ...], about: About) -> Iterable[Check]:
    """What the schedule of `dr.yaml` asks for; it stops no failover, and without it nobody calls this one ready."""
    for reason in reasons:
        way_out = f"`drill {about.subject} --kind isolated` holds one."
        yield about.warning("drill-overdue", f"{about.subject}: {reason}.", way_out=way_out)
    if not reasons:
        yield about.ok("drill-overdue", f"The drills of {about.subject} keep to their schedule.")


def judge_runbook(at: datetime | None, about: About) -> Iterable[Check]:
    if at is None:
        message = f"The commands for moving {about.subject} without the bot were never exported."
        yield about.warning(
            "runbook-old", message, way_out="Look at the worker's log: it exports after each preflight."
        )
        return
    age = about.at - at
    evidence = f"exported {at:%Y-%m-%d %H:%M}Z"
    if age > _OLDEST_RUNBOOK:
        message = f"The exported runbook of {about.subject} is {age.total_seconds() / 3600:.1f} h old."
        yield about.warning("runbook-old", message, evidence=evidence, way_out="Look at the worker's log.")
    else:
        yield about.ok("runbook-old", f"The runbook of {about.subject} is fresh.", evidence=evidence)
