"""A copy-on-write clone of the standby's Aurora cluster, with one instance that is reached, and removed again.

A clone shares the pages of its source until one of them writes, is another cluster for everybody else, and needs a
source with at least one instance. It is in the region of its source.
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Clone.html
"""

from datetime import timedelta

from dr_core.drills.model import Exercise
from dr_core.drills.port import Clone, Clones, Reach
from dr_core.drills.trial import Kept, Occasion, Seen, Verdict, failed, passed, unknown
from dr_core.plan.catalogue import Progress

LISTED_AFTER = timedelta(minutes=2)
"""For how long after the last call a clone that is not listed is not believed to be gone."""
_READY = "available"
_GOING = "deleting"
# While it is in one of these, AWS deletes no cluster; in any other, such as a failed one, it does.
_BUSY = frozenset({"creating", _GOING, "modifying", "backing-up", "upgrading", "starting", "stopping", "renaming"})


class CloneAndReach:
    """`params`: `cluster`, and `name` of the clone. `kept`: its instance's `class`, its source's `host` and `port`."""

    patience_s = 5400.0

    def __init__(self, clones: Clones, reach: Reach) -> None:
        self._clones = clones
        self._reach = reach

    def before(self, exercise: Exercise, occasion: Occasion) -> Kept | Verdict:
        cluster, name, region = _names(exercise)
        source = self._clones.source(cluster, region)
        if source.instance_class is None:
            return unknown(f"{cluster} has no instance in {region}: Aurora clones none without")
        if self._clones.state(name, region) is not None:
            return unknown(f"there is a cluster {name} in {region} already")
        return Kept({"class": source.instance_class, "host": source.endpoint, "port": source.port})

    def look(self, exercise: Exercise, occasion: Occasion) -> Seen:
        _, name, region = _names(exercise)
        clone = self._clones.state(name, region)
        if clone is None:
            return Seen(Progress.ABSENT)
        if clone.status != _READY:
            return Seen(Progress.UNDER_WAY, f"{name} is {clone.status}")
        if not clone.instances:
            return Seen(Progress.ABSENT)
        waiting = [f"{one} is {status}" for one, status in clone.instances.items() if status != _READY]
        if waiting:
            return Seen(Progress.UNDER_WAY, ", ".join(waiting))
        return Seen(Progress.SATISFIED, verdict=self._reached(exercise, clone))

    def act(self, exercise: Exercise, occasion: Occasion) -> None:
        cluster, name, region = _names(exercise)
        if self._clones.state(name, region) is None:
            self._clones.restore(cluster, name, region, drill=occasion.drill.id)
        else:
            self._clones.add_instance(name, region, like=cluster, drill=occasion.drill.id)

    def left(self, exercise: Exercise, occasion: Occasion) -> Seen:
        _, name, region = _names(exercise)
        late = exercise.judged_at is not None and occasion.now - exercise.judged_at >= LISTED_AFTER
        return remains(name, self._clones.state(name, region), late=late)

    def clean(self, exercise: Exercise, occasion: Occasion) -> None:
        _, name, region = _names(exercise)
        self._clones.remove(name, region, drill=occasion.drill.id)

    def _reached(self, exercise: Exercise, clone: Clone) -> Verdict:
        """Where not even its source can be reached from here, nothing is said against the clone."""
        why = self._reach(clone.endpoint, clone.port)
        if not why:
            return passed(f"{clone.endpoint} was restored and takes connections")
        if self._reach(str(exercise.kept["host"]), int(str(exercise.kept["port"]))):
            return unknown(f"it was restored; from here no database of this region can be reached: {why}")
        return failed(f"it was restored and cannot be reached, while its source can: {why}")


def remains(name: str, clone: Clone | None, *, late: bool) -> Seen:
    """What is left of a clone. One that is being made cannot be deleted yet. Pure.

    `late`: one that was asked for would be listed by now, whether or not its answer was lost.
    """
    if clone is None and not late:
        return Seen(Progress.UNDER_WAY, f"no cluster {name} is listed yet; one that was asked for may still appear")
    if clone is None:
        return Seen(Progress.SATISFIED, f"there is no cluster {name}")
    here = [status for status in clone.instances.values() if status != _GOING]
    if here and any(status != "creating" for status in here):
        return Seen(Progress.ABSENT, f"{name} has {len(here)} instances")
    if clone.instances or clone.status in _BUSY:
        return Seen(Progress.UNDER_WAY, f"{name} is {clone.status}")
    return Seen(Progress.ABSENT, f"{name} is {clone.status}")


def _names(exercise: Exercise) -> tuple[str, str, str]:
    return str(exercise.params["cluster"]), str(exercise.params["name"]), str(exercise.region)
