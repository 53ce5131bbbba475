"""Runs and their steps as values."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from dr_core.plan.step import Plan
from dr_core.value import Value


class RunState(StrEnum):
    PENDING = "pending"  # approved, and nothing of it has begun
    RUNNING = "running"  # its acknowledgements are proven; steps begin
    HELD = "held"  # nothing new begins; what is under way is watched
    SUCCEEDED = "succeeded"  # every step is settled; what could not be reached is tried on
    FAILED = "failed"  # it stopped where it was, and nothing is undone
    ABORTED = "aborted"  # a person ended it where it was, or a forced request took its place

    @property
    def finished(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED)


class StepState(StrEnum):
    WAITING = "waiting"  # nothing of it has left the process
    RUNNING = "running"  # its intent stands; it may have acted or not
    DONE = "done"  # its effect was observed
    NOT_REACHED = "not_reached"  # best effort: its region did not answer in time
    FAILED = "failed"  # surely without effect, or harmless to repeat
    UNCERTAIN = "uncertain"  # it may have taken effect, and nobody could see
    REACHED_LATE = "reached_late"  # observed after the end of its run
    SKIPPED = "skipped"  # its run was ended first, and nothing of it is there

    @property
    def settled(self) -> bool:
        """Whether steps that come after it may start."""
        return self in (StepState.DONE, StepState.NOT_REACHED, StepState.REACHED_LATE, StepState.SKIPPED)


class HoldKind(StrEnum):
    """Why a run waits. The brake is no hold of one run's own: see `Run.braked_since`."""

    UNCERTAIN = "uncertain"
    PAUSED = "paused"
    ROUND = "round"


BEFORE = "before"
"""Under which name a step's evidence holds how it stood before."""


class Hold(Value):
    """One reason for which nothing new starts. `by` is who paused it; None where the run held itself."""

    kind: HoldKind
    reason: str
    since: datetime
    by: str | None = None


class Ending(Value):
    """A person wants the run to end: nothing new starts, and when what is under way has ended, it is aborted."""

    by: str
    reason: str
    at: datetime


class StepRecord(Value):
    name: str
    state: StepState
    attempt: int = 0
    token: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deadline_at: datetime | None = None
    detail: str = ""
    evidence: dict[str, JsonValue] = Field({})

    @property
    def before(self) -> dict[str, JsonValue] | None:
        """What was seen right before the first call that may have changed it; None: no such call was made."""
        found = self.evidence.get(BEFORE)
        return found if isinstance(found, dict) else None


class SegmentTime(Value):
    """One part of the RTO. `seconds` None: not measured, see `reason`."""

    name: str
    seconds: float | None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""


class StoreLoss(Value):
    """What one store lost to a run, as it stood when the run took the source's work away. `seconds` None: unknown, or
    a store that is compared and not timed; `verdict` and `reason` say which."""

    kind: str
    name: str
    gate: bool
    seconds: float | None
    threshold_s: float
    verdict: str
    source: str
    measured_at: datetime | None
    reason: str = ""


class Run(Value):
    id: str
    request: str
    application: str
    plan: Plan
    state: RunState
    epoch: int
    owner: str | None
    lease_until: datetime | None
    hold: str | None
    holds: tuple[Hold, ...] = ()
    braked_since: datetime | None = None
    ending: Ending | None = None
    beat_at: datetime | None = None
    follow_up: bool = False
    round: int = 1
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str = ""
    steps: tuple[StepRecord, ...] = ()
    segments: tuple[SegmentTime, ...] = ()
    rto_s: float | None = None
    rto_reason: str = ""
    loss_s: float | None = None
    loss_reason: str = ""
    losses: tuple[StoreLoss, ...] = ()

    def record(self, name: str) -> StepRecord:
        return next(record for record in self.steps if record.name == name)

    def holds_for(self, kind: HoldKind) -> Hold | None:
        """The hold of that kind, if there is one."""
        return next((hold for hold in self.holds if hold.kind is kind), None)

    @property
    def free(self) -> bool:
        """Whether something new may start: no hold, no brake, nobody wants it to end."""
        return not self.holds and self.hold is None and self.braked_since is None and self.ending is None
