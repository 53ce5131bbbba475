"""A drill as a value: what it tries, what came of each, and what it still has to clean up."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from dr_core.approvals.model import Actor
from dr_core.value import Value


class DrillKind(StrEnum):
    TABLETOP = "tabletop"
    PROBE = "probe"
    ISOLATED = "isolated"
    LIVE = "live"


class DrillState(StrEnum):
    ASKED = "asked"  # waits for a worker; nothing was tried
    RUNNING = "running"  # something is tried, or waits for its turn
    CLEANING = "cleaning"  # nothing new is tried; something that was made is not yet seen to be gone
    PASSED = "passed"  # everything that was tried worked
    INCOMPLETE = "incomplete"  # nothing failed, and not everything could be known
    FAILED = "failed"  # something did not work
    INTERRUPTED = "interrupted"  # a run, the brake or a request ended it before its end

    @property
    def finished(self) -> bool:
        return self not in (DrillState.ASKED, DrillState.RUNNING, DrillState.CLEANING)

    @property
    def carried_out(self) -> bool:
        """Whether it came to its end, with whatever result."""
        return self.finished and self is not DrillState.INTERRUPTED


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Stage(StrEnum):
    WAITING = "waiting"  # nothing of it has left the process
    TRIED = "tried"  # its intent is stored, with what was there before; it may have changed something
    JUDGED = "judged"  # its result stands; what it changed may still be there
    CLEAN = "clean"  # its result stands, and nothing of it is left


class Exercise(Value):
    """One thing that a drill tries. `kept` is what was there before, stored before anything is changed.

    `since`: when its intent was stored. `trouble`: why its last clean-up did not work. `calls` left the process for it.
    """

    name: str
    kind: str
    title: str
    region: str | None
    params: dict[str, JsonValue] = Field({})
    stage: Stage = Stage.WAITING
    kept: dict[str, JsonValue] = Field({})
    result: Result | None = None
    detail: str = ""
    since: datetime | None = None
    judged_at: datetime | None = None
    clean_at: datetime | None = None
    trouble: str = ""
    calls: int = 0


class Drill(Value):
    """`source`: where the application was at work when it was asked for. `reason`: why it ended before its end.

    `request` is the last one that a live drill opened. `epoch` grows with each owner, `version` with each change.
    """

    id: str
    application: str
    kind: DrillKind
    state: DrillState
    by: Actor
    source: str | None
    asked_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exercises: tuple[Exercise, ...] = ()
    reason: str = ""
    request: str | None = None
    owner: str | None = None
    epoch: int = 0
    lease_until: datetime | None = None
    version: int = 1

    @property
    def proves(self) -> bool:
        """It came to its end, something in it worked and nothing failed; what nobody can try there is no failure."""
        ended = self.state in (DrillState.PASSED, DrillState.INCOMPLETE)
        return ended and any(one.result is Result.PASSED for one in self.exercises)

    @property
    def unclean(self) -> tuple[Exercise, ...]:
        """Those that may have left something."""
        return tuple(one for one in self.exercises if one.stage in (Stage.TRIED, Stage.JUDGED))

    def with_(self, changed: Exercise) -> "Drill":
        """The same drill with this exercise in the place of the one of its name."""
        exercises = tuple(changed if one.name == changed.name else one for one in self.exercises)
        return self.model_copy(update={"exercises": exercises})


def outcome(exercises: tuple[Exercise, ...]) -> DrillState:
    """What a drill that came to its end is called: unknown is not passed."""
    results = {one.result for one in exercises}
    if Result.FAILED in results:
        return DrillState.FAILED
    if results & {Result.UNKNOWN, None} or Result.PASSED not in results:
        return DrillState.INCOMPLETE
    return DrillState.PASSED
