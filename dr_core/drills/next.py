"""What comes next in a drill, from its recorded state alone; the same for a fresh one and for one found half done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dr_core.drills.model import Drill, DrillState, Exercise, Result, Stage, outcome


class Doing(StrEnum):
    BEGIN = "begin"  # look what is there, and store the intent
    PURSUE = "pursue"  # look how far it is; act where nothing of it is there
    CLEAN = "clean"  # look what is left; take it back where something is


@dataclass(frozen=True)
class Task:
    doing: Doing
    exercise: Exercise


def tasks(drill: Drill) -> tuple[Task, ...]:
    """Everything that can be done now: each clean-up that is due, and one exercise at a time."""
    cleaning = [Task(Doing.CLEAN, one) for one in drill.exercises if one.stage is Stage.JUDGED]
    tried = next((one for one in drill.exercises if one.stage is Stage.TRIED), None)
    waiting = next((one for one in drill.exercises if one.stage is Stage.WAITING), None)
    if tried is not None:
        return (*cleaning, Task(Doing.PURSUE, tried))
    if waiting is not None:
        return (*cleaning, Task(Doing.BEGIN, waiting))
    return tuple(cleaning)


def interrupted(drill: Drill, why: str, now: datetime) -> Drill:
    """Nothing new is tried: what was tried is only cleaned up, whatever would have come of it."""

    def ended(one: Exercise) -> Exercise:
        told: dict[str, object]
        if one.stage is Stage.WAITING:
            told = {"stage": Stage.CLEAN, "result": Result.SKIPPED, "detail": f"not tried: {why}"}
        elif one.stage is Stage.TRIED:
            told = {
                "stage": Stage.JUDGED, "result": Result.UNKNOWN, "detail": f"not ended: {why}", "judged_at": now,
            }  # fmt: skip
        else:
            return one
        return one.model_copy(update=told)

    return drill.model_copy(
        update={"exercises": tuple(map(ended, drill.exercises)), "state": DrillState.CLEANING, "reason": why}
    )


def state_of(drill: Drill) -> DrillState:
    """What a drill is called by its exercises, and by whether it was interrupted."""
    stages = {one.stage for one in drill.exercises}
    if stages & {Stage.WAITING, Stage.TRIED}:
        return DrillState.RUNNING
    if Stage.JUDGED in stages:
        return DrillState.CLEANING
    return DrillState.INTERRUPTED if drill.reason else outcome(drill.exercises)
