"""Lists and single sentences: `dr.requests/1`, `dr.runs/1`, `dr.replication/1`, `dr.message/1`."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.approvals.decision import standing
from dr_core.approvals.model import Request, RequestState
from dr_core.execution.model import Run
from dr_core.plan.step import Purpose
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.curves import Curve
from dr_core.reports.evacuation_line import EvacuationLine
from dr_core.reports.run import progress, stopped
from dr_core.services import Services
from dr_core.store import evacuations, requests, runs
from dr_core.store.engine import Tx
from dr_core.value import Shown


class RequestItem(Shown):
    """One request in one line."""

    id: str
    application: str
    mode: str
    purpose: str = Purpose.FAILOVER
    source: str
    target: str
    state: str
    round: int
    acks: int
    required: int
    requester: str
    reason: str
    opened_at: datetime
    expires_at: datetime
    decided_by: str | None
    run: str | None
    evacuation: str | None = None


class RequestList(Shown):
    """Waiting requests first, then decided ones, newest first in each."""

    schema_: Literal["dr.requests/1"] = Field(default="dr.requests/1", alias="schema")
    at: datetime
    requests: tuple[RequestItem, ...]


class RunItem(Shown):
    """One run in one line. Times that were not measured are None; `stopped`: why nothing new starts in it.

    `rollback_steps` and `rollback_irreversible`: what would take it back, and what stays; None where nobody asked.
    """

    id: str
    request: str
    application: str
    mode: str
    purpose: str = Purpose.FAILOVER
    source: str
    target: str
    state: str
    done: int
    total: int
    current: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    rto_seconds: float | None
    rto_target_seconds: float
    loss_seconds: float | None
    loss_reason: str
    stopped: tuple[str, ...] = ()
    rollback_steps: int | None = None
    rollback_irreversible: int | None = None


class RunList(Shown):
    """Unfinished runs first, then finished ones, newest first in each. `evacuations`: those under way."""

    schema_: Literal["dr.runs/1"] = Field(default="dr.runs/1", alias="schema")
    at: datetime
    evacuations: tuple[EvacuationLine, ...] = ()
    runs: tuple[RunItem, ...]


class ApplicationReplication(Shown):
    """Exposure of one application's stores. `exposure_seconds` None: see `reason`."""

    name: str
    active_region: str | None
    serving: tuple[str, ...] = ()
    observed_at: datetime | None
    age_seconds: float | None
    stores: tuple[StoreExposure, ...]
    curves: tuple[Curve, ...] = ()
    exposure_seconds: float | None
    reason: str


class ReplicationReport(Shown):
    schema_: Literal["dr.replication/1"] = Field(default="dr.replication/1", alias="schema")
    at: datetime
    applications: tuple[ApplicationReplication, ...]


class Message(Shown):
    """One sentence that says what was done. `lines` may follow it."""

    schema_: Literal["dr.message/1"] = Field(default="dr.message/1", alias="schema")
    text: str
    lines: tuple[str, ...] = ()
    path: str | None = None


class Page(Shown):
    """A whole text file, as it is."""

    schema_: Literal["dr.page/1"] = Field(default="dr.page/1", alias="schema")
    text: str


def request_list(services: Services, limit: int = 20) -> RequestList:
    """Requests that wait, then the newest others, `limit` of them."""

    def work(tx: Tx) -> RequestList:
        waiting = tuple(reversed(requests.open_requests(tx)))
        known = {request.id for request in waiting}
        others = tuple(request for request in requests.recent(tx, limit) if request.id not in known)
        return RequestList(at=tx.now(), requests=tuple(request_item(tx, request) for request in (*waiting, *others)))

    return services.store.read(work)


def run_list(services: Services, limit: int = 20) -> RunList:
    """Unfinished runs, then the newest others, `limit` of them."""
    # Imported here: it knows every kind of step, and who only looks at the status does not wait for that.
    from dr_core.reports.evacuation import evacuation_lines
    from dr_core.reports.rollback import plan_back

    target = services.topology.objectives.rto.total_seconds()

    def item(run: Run) -> RunItem:
        back = plan_back(services.topology, run)
        told = {} if back is None else {"rollback_steps": len(back.steps), "rollback_irreversible": len(back.left)}
        return run_item(run, target).model_copy(update=told)

    def work(tx: Tx) -> RunList:
        unfinished = tuple(reversed(runs.unfinished(tx)))
        known = {run.id for run in unfinished}
        others = tuple(run for run in runs.recent(tx, limit) if run.id not in known)
        return RunList(
            at=tx.now(),
            evacuations=evacuation_lines(tx, services.topology),
            runs=tuple(item(run) for run in (*unfinished, *others)),
        )

    return services.store.read(work)


def request_item(tx: Tx, request: Request) -> RequestItem:
    """One request in a list."""
    plan, run = request.plan, runs.of_request(tx, request.id)
    over = request.state is RequestState.OPEN and tx.now() >= request.expires_at
    return RequestItem(
        id=request.id,
        application=request.application,
        mode=plan.mode.value,
        purpose=plan.purpose.value,
        source=plan.source,
        target=plan.target,
        state=RequestState.EXPIRED.value if over else request.state.value,
        round=request.round,
        acks=len(standing(request).people),
        required=plan.policy.required,
        requester=request.requester.display,
        reason=request.reason,
        opened_at=request.opened_at,
        expires_at=request.expires_at,
        decided_by=request.decided_by,
        run=run.id if run else None,
        evacuation=evacuations.of_request(tx, request.id),
    )


def run_item(run: Run, rto_target_s: float) -> RunItem:
    """One run in a list."""
    done, total, current = progress(run)
    return RunItem(
        id=run.id,
        request=run.request,
        application=run.application,
        mode=run.plan.mode.value,
        purpose=run.plan.purpose.value,
        source=run.plan.source,
        target=run.plan.target,
        state=run.state.value,
        done=done,
        total=total,
        current=current,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        rto_seconds=run.rto_s,
        rto_target_seconds=rto_target_s,
        loss_seconds=run.loss_s,
        loss_reason=run.loss_reason,
        stopped=stopped(run),
    )
