"""Every change of a drill: one commit, fenced by its owner's epoch, with its event."""

from collections.abc import Sequence

from pydantic import JsonValue

from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.drills.live import withdraw
from dr_core.drills.model import Drill, Exercise
from dr_core.drills.next import state_of
from dr_core.drills.score import score
from dr_core.failpoints import Point
from dr_core.store import drills
from dr_core.store.engine import Store, Tx

Told = tuple[EventKind, dict[str, JsonValue], str]
"""Kind and data of an event, and what it is called among the drill's own: each is written once."""


def keep(store: Store, changed: Drill, told: Sequence[Told], actor: Actor) -> Drill:
    """Save it with what there is to tell; where nothing is left to do, it ends. Raises LeaseLostError."""

    def work(tx: Tx) -> Drill:
        state = state_of(changed)
        now = tx.now()
        ends = {"ended_at": now} if state.finished else {}
        begins = {"started_at": now} if changed.started_at is None else {}
        saved = drills.save(tx, changed.model_copy(update={"state": state, **begins, **ends}))
        withdraw(tx, saved)
        for kind, data, name in (*told, *(ended(saved) if state.finished else ())):
            append_ops(tx, kind, actor, about(saved) | data, cmd_id=f"{saved.id}:{name}")
        return saved

    return store.write(work, Point.DRILL_KEEP)


def about(drill: Drill) -> dict[str, JsonValue]:
    """What every event of a drill says."""
    return {"drill": drill.id, "application": drill.application, "kind": drill.kind.value}


def of_exercise(drill: Drill, exercise: Exercise, kind: EventKind, **more: JsonValue) -> Told:
    """An event of one exercise."""
    number = [one.name for one in drill.exercises].index(exercise.name)
    data: dict[str, JsonValue] = {"exercise": exercise.name, "title": exercise.title, "region": exercise.region, **more}
    return kind, data, f"{number}:{kind.value.partition('.')[2]}"


def ended(drill: Drill) -> tuple[Told, ...]:
    """How a drill ended, with its score."""
    found = score(drill.exercises)
    data: dict[str, JsonValue] = {
        "state": drill.state.value,
        "passed": found.passed,
        "failed": found.failed,
        "unknown": found.unknown,
        "skipped": found.skipped,
        "reason": drill.reason,
    }
    return ((EventKind.DRILL_ENDED, data, "ended"),)
