"""What `--json` prints and every face draws: `dr.status/1`, `dr.plan/1`, `dr.request/1`, `dr.run/1`."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from dr_core.plan.expected import Estimate
from dr_core.plan.step import Purpose
from dr_core.plan.target import TargetLine
from dr_core.readiness.line import ReadinessLine
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.consumer_line import ConsumerLine
from dr_core.reports.evacuation_line import EvacuationLine
from dr_core.reports.release_line import ReleaseLine
from dr_core.standing.model import RegionStatus
from dr_core.value import Shown


class PlanStep(Shown):
    name: str
    kind: str
    title: str
    after: tuple[str, ...]
    segment: str
    plane: str
    home_region: str | None
    region: str | None
    irreversible: bool
    best_effort: bool
    undo: str | None
    estimate: Estimate


class FindingView(Shown):
    code: str
    severity: str
    message: str
    evidence: str
    way_out: str


class PlanReport(Shown):
    """`estimate` is along the critical path; `at_least_s` is the part of it that is known, where some steps have no
    figure. `PlanStep.undo`: how it is taken back by hand, None for what changes nothing or cannot be undone."""

    schema_: Literal["dr.plan/1"] = Field(default="dr.plan/1", alias="schema")
    digest: str
    mode: str
    purpose: str = Purpose.FAILOVER
    application: str
    source: str
    target: str
    loss_limit_seconds: int | None
    required_acks: int
    overrides: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    findings: tuple[FindingView, ...]
    exposure: tuple[StoreExposure, ...]
    exposure_seconds: float | None
    estimate: Estimate
    at_least_s: float | None = None
    planes: tuple[str, ...]


class AckView(Shown):
    person: str
    round: int
    at: datetime
    accepted_limit_seconds: int | None
    kind: str


class RequestView(Shown):
    """`signals`: what detection proposes it for; `cause_gone`: why that is no more. `prepared`: what is scaled in the
    target while it waits, one sentence each."""

    schema_: Literal["dr.request/1"] = Field(default="dr.request/1", alias="schema")
    id: str
    application: str
    mode: str
    purpose: str = Purpose.FAILOVER
    source: str
    target: str
    state: str
    round: int
    required: int
    acks: tuple[AckView, ...]
    missing: int
    requester: str
    reason: str
    digest: str
    loss_limit_seconds: int | None
    opened_at: datetime
    expires_at: datetime
    decided_by: str | None
    decision_reason: str | None
    run: str | None
    supersedes: str | None = None
    undoes: str | None = None
    evacuation: str | None = None
    signals: tuple[str, ...] = ()
    cause_gone: str = ""
    prepared: tuple[str, ...] = ()
    plan: PlanReport


class BrakeView(Shown):
    """Who put the brake on, when and why, while it is on."""

    since: datetime | None
    by: str
    reason: str


class HoldView(Shown):
    """Why a run waits: `paused` by a person, `uncertain` of a step, or for a `round` of acknowledgements."""

    kind: str
    reason: str
    since: datetime
    by: str | None


class EndingView(Shown):
    """Who wants a run to end, and why."""

    by: str
    reason: str
    at: datetime


class SegmentView(Shown):
    name: str
    seconds: float | None
    started_at: datetime | None
    ended_at: datetime | None
    reason: str


class StepView(Shown):
    name: str
    kind: str
    title: str
    segment: str
    region: str | None
    state: str
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None
    detail: str
    evidence: dict[str, JsonValue]


class LossView(Shown):
    """What one store lost to a run. `seconds` None: unknown, or a store that is compared, not timed: see `verdict`."""

    kind: str
    name: str
    gate: bool
    seconds: float | None
    threshold_seconds: float
    verdict: str
    source: str
    measured_at: datetime | None
    reason: str


class LeftView(Shown):
    """A step that a rollback leaves as it is: why, and what to do instead."""

    step: str
    title: str
    why: str
    instead: str


class RollbackView(Shown):
    """What would take a run back, by its records as they are: the steps' titles in order, and what stays.

    `blocked` says why nobody can ask for it now; empty where somebody can.
    """

    steps: tuple[str, ...]
    irreversible: tuple[LeftView, ...]
    blocked: str = ""


class RunView(Shown):
    """`brake` is there while it stops this run. `silent_seconds`: for how long its worker was not heard of, in whole
    five seconds; None while it beats. `blocked`: how many requests were turned away because it is not finished."""

    schema_: Literal["dr.run/1"] = Field(default="dr.run/1", alias="schema")
    id: str
    request: str
    application: str
    mode: str
    purpose: str = Purpose.FAILOVER
    source: str
    target: str
    state: str
    reason: str
    hold: str | None
    holds: tuple[HoldView, ...] = ()
    braked_since: datetime | None = None
    brake: BrakeView | None = None
    ending: EndingView | None = None
    owner: str | None
    silent_seconds: int | None = None
    blocked: int = 0
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    steps: tuple[StepView, ...]
    segments: tuple[SegmentView, ...]
    rto_seconds: float | None
    rto_target_seconds: float
    rto_reason: str
    loss_seconds: float | None
    loss_limit_seconds: int | None
    loss_reason: str
    losses: tuple[LossView, ...] = ()
    undoes: str | None = None
    rollback: RollbackView | None = None


class RequestLine(Shown):
    """A waiting request in one line of the status."""

    id: str
    mode: str
    purpose: str = Purpose.FAILOVER
    source: str
    target: str
    state: str
    acks: int
    required: int
    expires_at: datetime
    requester: str


class RunLine(Shown):
    """A run in one line of the status. `stopped`: why nothing new starts in it, one sentence each."""

    id: str
    mode: str
    purpose: str = Purpose.FAILOVER
    source: str
    target: str
    state: str
    done: int
    total: int
    current: str
    started_at: datetime | None
    stopped: tuple[str, ...] = ()


class ObjectiveLine(Shown):
    """One objective: its target, what was reached, over what and by which method. `met` None: never measured.

    `subject` is the store of an `rpo` that is one store's; empty where it is the application's. `run`: whose figure.
    `basis` says in a few words of what: which run, or how much of which time.
    """

    name: Literal["rto", "rpo", "availability"]
    subject: str = ""
    run: str | None = None
    basis: str = ""
    target: float
    reached: float | None
    unit: str
    met: bool | None
    method: str
    measured_at: datetime | None
    reason: str = ""


class FreezeView(Shown):
    """`markers`: by region, `stands` or why that is not known. `commands`: what to look at, and the ways out."""

    since: datetime
    active: str
    primary: str
    run: str | None
    parameter: str
    markers: dict[str, str]
    commands: tuple[str, ...]


class LostWritesLine(Shown):
    """Writes that a forced failover gave up and nobody has signed off yet. `kept`: how far the copy of them is."""

    id: str
    sentence: str
    kept: str
    opened_at: datetime


class ApplicationStatus(Shown):
    name: str
    active_region: str | None
    active_reason: str = ""
    serving: tuple[str, ...] = ()
    writers: tuple[str, ...] | None
    writers_reason: str = ""
    freeze: FreezeView | None = None
    last_drill: dict[str, JsonValue] | None = None
    regions: dict[str, RegionStatus]
    stores: tuple[StoreExposure, ...]
    exposure_seconds: float | None
    answers: tuple[str, ...] | None = None
    target: TargetLine | None = None
    readiness: ReadinessLine | None = None
    objectives: tuple[ObjectiveLine, ...] = ()
    consumers: tuple[ConsumerLine, ...] = ()
    release: ReleaseLine | None = None
    lost_writes: tuple[LostWritesLine, ...] = ()
    lost_unknown: tuple[str, ...] = ()
    requests: tuple[RequestLine, ...] = ()
    runs: tuple[RunLine, ...] = ()


class IncidentItem(Shown):
    """One incident in a list, and in the status while it is open. `application` None: it is about all of them."""

    id: str
    application: str | None
    title: str
    state: Literal["open", "closed"]
    opened_at: datetime
    by: str
    closed_at: datetime | None
    closed_by: str | None


class StatusReport(Shown):
    """`braked`: who put the brake on, when and why; None while it is off. `incidents`: those that are open.
    `evacuations`: those of which something waits or moves."""

    schema_: Literal["dr.status/1"] = Field(default="dr.status/1", alias="schema")
    at: datetime
    brake: bool
    braked: BrakeView | None = None
    incidents: tuple[IncidentItem, ...] = ()
    evacuations: tuple[EvacuationLine, ...] = ()
    applications: tuple[ApplicationStatus, ...]
