"""Whether a size that somebody found has a drill's own copy in it. Pure."""

from collections.abc import Iterable
from datetime import datetime

from dr_core.capacity.port import capacity_name
from dr_core.drills.agenda import SCALE
from dr_core.drills.model import Drill, Exercise
from dr_core.topology.capacity import Capacity


def without_copy(drills: Iterable[Drill], name: str, region: str, found: int, at: datetime) -> int:
    """How many copies were wanted, but for the one more of a drill that was not cleaned up yet at `at`.

    A drill leaves a size to the run that sets it as well, so that whoever goes back to what a run found takes this
    copy away too. Any other size than the drill's own is somebody's.
    """
    for one in (exercise for drill in drills for exercise in drill.exercises):
        if _sizes(one, name, region) and _there(one, at) and one.kept.get("desired") == found - 1:
            return found - 1
    return found


def _sizes(exercise: Exercise, name: str, region: str) -> bool:
    entry = exercise.params.get("entry")
    if exercise.kind != SCALE or exercise.region != region or entry is None:
        return False
    return capacity_name(Capacity.model_validate(entry)) == name


def _there(exercise: Exercise, at: datetime) -> bool:
    begun = exercise.since is not None and exercise.since <= at
    return begun and (exercise.clean_at is None or exercise.clean_at >= at)
