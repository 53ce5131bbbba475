"""One copy more in a standby, and back: that it can grow at all is tried before it has to.

Only what can be put back exactly is touched: where something else keeps the size above its least, one copy more would
move that least as well, and nobody could say afterwards what it would have been.
"""

from dr_core.capacity.port import Bounds, Capacity, Scaling
from dr_core.drills.model import Exercise
from dr_core.drills.trial import Kept, Occasion, Seen, Sizer, Verdict, failed, passed, skipped, unknown
from dr_core.observation.model import CapacityState
from dr_core.plan.catalogue import Progress
from dr_core.topology.capacity import Capacity as CapacityEntry


class ScaleByOne:
    """`params`: `entry`, as it stands in `dr.yaml`. `kept`: `desired`, the copies that were wanted before."""

    patience_s = 900.0

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def before(self, exercise: Exercise, occasion: Occasion) -> Kept | Verdict:
        if occasion.sizer is not None:
            return skipped(f"run {occasion.sizer.run} has it")
        entry, region = _entry(exercise), _region(exercise)
        state = self._capacity.state(entry, region)
        bounds = self._capacity.bounds(entry, region)
        return refusal(state, bounds) or Kept({"desired": state.desired})

    def look(self, exercise: Exercise, occasion: Occasion) -> Seen:
        entry, region = _entry(exercise), _region(exercise)
        return grown(self._capacity.state(entry, region), self._capacity.bounds(entry, region), _before(exercise))

    def act(self, exercise: Exercise, occasion: Occasion) -> None:
        self._capacity.grow(_entry(exercise), _region(exercise), _before(exercise) + 1, occasion.claim)

    def left(self, exercise: Exercise, occasion: Occasion) -> Seen:
        if occasion.sizer is not None:
            return whose(occasion.sizer)
        entry, region = _entry(exercise), _region(exercise)
        return shrunk(self._capacity.state(entry, region), self._capacity.bounds(entry, region), _before(exercise))

    def clean(self, exercise: Exercise, occasion: Occasion) -> None:
        entry, region, before = _entry(exercise), _region(exercise), _before(exercise)
        above = scaled_out(self._capacity.state(entry, region), self._capacity.bounds(entry, region), before)
        back = self._capacity.give_back if above else self._capacity.stand_by
        back(entry, region, before, occasion.claim)


def refusal(state: CapacityState, bounds: Bounds | None) -> Verdict | None:
    """Why one copy more is not tried; None where it can be, and can be taken back. Pure."""
    if state.desired is None or state.running is None:
        return unknown(f"how many copies there are is not known: {state.reason or 'nobody said'}")
    if state.changing:
        return unknown(f"its size is being changed already: {state.reason}")
    if bounds is not None and bounds.scaling is not Scaling.ON:
        return unknown(f"its scaling is {bounds.scaling.value}, as after a fence: left alone")
    if state.running != state.desired:
        return failed(f"{state.running} of {state.desired} copies run before anything was tried{_why(state)}")
    if bounds is not None and bounds.least != state.desired:
        told = f"{state.desired} copies run where {bounds.least} are the least"
        return unknown(f"something scales it now ({told}): it could not be put back as it was")
    if bounds is not None and bounds.most <= state.desired:
        return failed(f"it may not grow: {bounds.most} copies are the most, and {state.desired} run")
    return None


def whose(sizer: Sizer) -> Seen:
    """What becomes of a size that a run sets as well: it may end before it comes to that. Pure."""
    if sizer.tried:
        return Seen(Progress.SATISFIED, f"run {sizer.run} sets its size now")
    return Seen(Progress.UNDER_WAY, f"run {sizer.run} may yet set its size")


def grown(state: CapacityState, bounds: Bounds | None, before: int) -> Seen:
    """Whether the one more is there. Asked for only where nobody has changed what was there before. Pure."""
    if bounds is not None and bounds.scaling is not Scaling.ON:
        told = f"somebody else has changed it: its scaling is {bounds.scaling.value} since"
        return Seen(Progress.SATISFIED, verdict=unknown(told))
    if state.desired is None:
        return Seen(Progress.UNDER_WAY, state.reason or "its size is not known")
    if state.desired < before:
        told = f"somebody else has changed it: {state.desired} copies are wanted, {before} were before"
        return Seen(Progress.SATISFIED, verdict=unknown(told))
    if state.desired == before:
        return Seen(Progress.ABSENT)
    if state.desired > before + 1:
        told = f"somebody else asked for {state.desired} copies meanwhile"
        return Seen(Progress.SATISFIED, verdict=unknown(told))
    if state.running is None or state.running <= before:
        return Seen(Progress.UNDER_WAY, f"{state.running} of {state.desired} run{_why(state)}")
    return Seen(Progress.SATISFIED, verdict=passed(f"went from {before} to {state.running} copies"))


def scaled_out(state: CapacityState, bounds: Bounds | None, before: int) -> bool:
    """Whether automatic scaling added to the least that is still the drill's: that alone is given back. Pure."""
    return bounds is not None and bounds.least == before + 1 and (state.desired or 0) > before + 1


def shrunk(state: CapacityState, bounds: Bounds | None, before: int) -> Seen:
    """Whether it is as it was. Only a size that is the drill's own is taken back. Pure."""
    raised = bounds is not None and bounds.least == before + 1
    if bounds is not None and bounds.scaling is not Scaling.ON:
        return Seen(Progress.SATISFIED, f"its scaling is {bounds.scaling.value} since, as after a fence: left alone")
    if state.desired is None or state.changing:
        return Seen(Progress.UNDER_WAY, state.reason or "its size is not known")
    if state.desired == before + 1 or (state.desired == before and raised):
        return Seen(Progress.ABSENT, f"{state.desired} copies are wanted, {before} were before")
    if scaled_out(state, bounds, before):
        return Seen(Progress.ABSENT, f"automatic scaling wants more than {before + 1}, its least, which was {before}")
    if state.desired != before:
        told = f"somebody else, or automatic scaling, asked for {state.desired} copies meanwhile: left alone"
        return Seen(Progress.SATISFIED, told)
    if state.running is None or state.running > before:
        return Seen(Progress.UNDER_WAY, f"{state.running} run, {before} did before{_why(state)}")
    return Seen(Progress.SATISFIED, f"{before} copies again")


def _why(state: CapacityState) -> str:
    return f": {state.reason}" if state.reason else ""


def _before(exercise: Exercise) -> int:
    return int(str(exercise.kept["desired"]))


def _entry(exercise: Exercise) -> CapacityEntry:
    return CapacityEntry.model_validate(exercise.params["entry"])


def _region(exercise: Exercise) -> str:
    return str(exercise.region)
