"""What was tried, and what lies ready for the hour without the bot: the age of the last drill and of the runbook."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from dr_core.drills.model import Drill, DrillState
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
    yield Inquiry(
        "drill-unknown", AREA, subject.name, HERE, "the store's drills and runs",
        lambda: (around.not_passed, around.last_run), judge_result,
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
        message = f"Moving {about.subject} was never proven: by no drill, and no run has moved it."
        yield about.warning("never-rehearsed", message, way_out=f"`drill {about.subject} --kind probe` tries it.")
        return
    days = (about.at - newest).days
    evidence = f"last proof {newest:%Y-%m-%d}, {days} days ago"
    if about.at - newest > _OLDEST_DRILL:
        message = f"Moving {about.subject} was last proven {days} days ago."
        yield about.warning("drill-old", message, evidence=evidence, way_out="Rehearse it.")
    else:
        yield about.ok("drill-old", f"Moving {about.subject} was proven lately.", evidence=evidence)


def judge_result(seen: tuple[Drill | None, datetime | None], about: About) -> Iterable[Check]:
    """What did not work is open until a drill proves something or a run moves the application.

    What could not be known is told and asks for nothing: in some set-ups a drill can never know everything.
    """
    drill, moved_at = seen
    if drill is None or drill.ended_at is None or (moved_at is not None and moved_at > drill.ended_at):
        yield about.ok("drill-not-passed", f"No drill of {about.subject} has found anything since its last proof.")
        return
    evidence = f"{drill.kind}, ended {drill.ended_at:%Y-%m-%d %H:%M}Z"
    told = f"`drill show {drill.id}` tells what"
    if drill.state is DrillState.FAILED:
        message, way_out = f"Drill {drill.id} of {about.subject} failed.", f"{told}; mend it, and hold another one."
        yield about.warning("drill-not-passed", message, evidence=evidence, way_out=way_out)
    else:
        message = f"The last drill of {about.subject}, {drill.id}, could not tell everything."
        yield about.warning("drill-incomplete", message, evidence=evidence, way_out=f"{told} nobody knows.")


def judge_overdue(reasons: tuple[str, ...], about: About) -> Iterable[Check]:
    """What the schedule of `dr.yaml` asks for; it stops no failover, and without it nobody calls this one ready."""
    for reason in reasons:
        way_out = f"`drill {about.subject} --kind isolated` holds one."
        yield about.warning("drill-overdue", f"{about.subject}: {reason}.", way_out=way_out)
    if not reasons:
        yield about.ok("drill-overdue", f"The drills of {about.subject} keep to their schedule.")


def judge_runbook(at: datetime | None, about: About) -> Iterable[Check]:
    if at is None:
        message = f"The commands for moving {about.subject} without the bot were never exported, or not to every place."
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
