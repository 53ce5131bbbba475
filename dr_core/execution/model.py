"""Runs and their steps as values."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue

from dr_core.plan.step import Plan


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"

    @property
    def finished(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED)


class StepState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    NOT_REACHED = "not_reached"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    REACHED_LATE = "reached_late"
    SKIPPED = "skipped"

    @property
    def settled(self) -> bool:
        """Whether steps that come after it may start."""
        return self in (StepState.DONE, StepState.NOT_REACHED, StepState.REACHED_LATE, StepState.SKIPPED)


class HoldKind(StrEnum):
    """Why a run waits. The brake is no hold of one run's own: see `Run.braked_since`."""

    UNCERTAIN = "uncertain"
    PAUSED = "paused"
    ROUND = "round"


class Hold(_Value):
    """One reason for which nothing new starts. `by` is who paused it; None where the run held itself."""

    kind: HoldKind
    reason: str
    since: datetime
    by: str | None = None


class Ending(_Value):
    """A person wants the run to end: nothing new starts, and when what is under way has ended, it is aborted."""

    by: str
    reason: str
    at: datetime


class StepRecord(_Value):
    name: str
    state: StepState
    attempt: int = 0
    token: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deadline_at: datetime | None = None
    detail: str = ""
    evidence: dict[str, JsonValue] = {}


class SegmentTime(_Value):
    """One part of the RTO. `seconds` None: not measured, see `reason`."""

    name: str
    seconds: float | None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""


class StoreLoss(_Value):
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


class Run(_Value):
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
