"""What an after-action report says (`dr.after-action/1`): of a run, an incident or a drill."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.reports.audit import AuditVerdict
from dr_core.reports.incidents import EntryView, IncidentView
from dr_core.reports.model import AckView, FindingView, RunView
from dr_core.value import Shown


class Reached(Shown):
    """One objective: what was reached against its target, in seconds. `met` None: unknown, and `reason` says why.

    `subject` is a store, empty for the application. `gate`: a store whose loss stops a run.
    """

    name: Literal["rto", "rpo"]
    subject: str = ""
    gate: bool = False
    seconds: float | None
    target_seconds: float
    met: bool | None
    reason: str
    source: str = ""
    measured_at: datetime | None = None


class Act(Shown):
    """What one person did or decided."""

    at: datetime
    who: str
    what: str


class Deviation(Shown):
    """Where it did not go as planned: a repeated attempt, a hold, a new round, what was not reached or came late."""

    at: datetime | None
    what: str


class FindingThen(FindingView):
    """What preflight found when the request was opened. `overridden`: they went on in spite of it, knowingly."""

    overridden: bool


class Account(Shown):
    """One request, and its run where there is one. `outcome` is a sentence."""

    request: str
    application: str
    mode: str
    purpose: str
    source: str
    target: str
    state: str
    outcome: str
    asked_by: str
    asked_at: datetime
    reason: str
    digest: str
    rounds: int
    required_acks: int
    loss_limit_seconds: int | None
    acks: tuple[AckView, ...]
    broke_glass: bool
    overrides: tuple[str, ...]
    findings: tuple[FindingThen, ...]
    acts: tuple[Act, ...]
    deviations: tuple[Deviation, ...]
    objectives: tuple[Reached, ...]
    run: RunView | None


class OpenItem(Shown):
    """What somebody still has to do. `way_out` is a command or a sentence."""

    kind: str
    what: str
    since: datetime | None
    way_out: str


class Exercised(Shown):
    """One thing that a drill tried. `result` None: it was not judged yet."""

    title: str
    region: str | None
    result: str | None
    detail: str
    clean: bool


class DrillPart(Shown):
    """A drill: what it tried, what came of each, and what it has not cleaned up yet."""

    id: str
    application: str
    kind: str
    state: str
    by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str
    exercises: tuple[Exercised, ...]


class AfterAction(Shown):
    """The whole report. `until` None: it is not over. `headline`: what happened, a sentence each.

    `incident` is the one it is about, or the one that a run belonged to. `trail` is the verification of the audit trail
    that all of it was read from.
    """

    schema_: Literal["dr.after-action/1"] = Field(default="dr.after-action/1", alias="schema")
    at: datetime
    kind: Literal["run", "incident", "drill"]
    id: str
    title: str
    since: datetime
    until: datetime | None
    headline: tuple[str, ...]
    incident: IncidentView | None
    drill: DrillPart | None
    accounts: tuple[Account, ...]
    open_items: tuple[OpenItem, ...]
    timeline: tuple[EntryView, ...]
    trail: AuditVerdict
