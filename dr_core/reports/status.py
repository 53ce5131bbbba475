"""Builds the status report from the store alone, so that it answers in milliseconds."""

from collections.abc import Iterable
from datetime import datetime

from dr_core.approvals.decision import standing as quorum_standing
from dr_core.approvals.model import Request
from dr_core.execution.model import Run, RunState
from dr_core.objectives.keeping import history_of
from dr_core.plan.target import propose
from dr_core.readiness.line import readiness_line
from dr_core.reconciliation.unsettled import not_found_yet
from dr_core.reports.brake import brake_view
from dr_core.reports.consumers import consumer_lines
from dr_core.reports.drills import last_drill
from dr_core.reports.evacuation import evacuation_lines
from dr_core.reports.freeze import freeze_view
from dr_core.reports.incidents import open_items
from dr_core.reports.model import ApplicationStatus, RequestLine, RunLine, StatusReport
from dr_core.reports.objectives import LOOKED_AT, objectives
from dr_core.reports.reconciliations import lost_writes
from dr_core.reports.releases import release_line
from dr_core.reports.run import progress, stopped
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.standing.model import Standing, not_observed
from dr_core.store import brake, freezes, requests, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def status(services: Services, application: str | None = None) -> StatusReport:
    """Every application, or one: where it runs, how its regions are, what would be lost, what waits and what runs."""
    now = services.clock.now()

    def work(tx: Tx) -> StatusReport:
        braked = brake_view(brake.get(tx))
        open_matters = waiting(tx), runs.unfinished(tx)
        applications = tuple(
            _application(tx, services.topology, name, now, *open_matters) for name in named(services, application)
        )
        return StatusReport(
            at=now,
            brake=braked is not None,
            braked=braked,
            incidents=open_items(tx, application),
            evacuations=evacuation_lines(tx, services.topology, application),
            applications=applications,
        )

    return services.store.read(work)


def named(services: Services, application: str | None) -> tuple[str, ...]:
    """One application, or all in the order of the file."""
    return (application,) if application is not None else tuple(services.topology.applications)


def waiting(tx: Tx) -> dict[str, tuple[RequestLine, ...]]:
    """Requests that wait and are not over yet by application, oldest first."""
    now, found = tx.now(), dict[str, tuple[RequestLine, ...]]()
    for request in requests.open_requests(tx):
        if now < request.expires_at:
            found[request.application] = (*found.get(request.application, ()), request_line(request))
    return found


def request_line(request: Request) -> RequestLine:
    return RequestLine(
        id=request.id,
        mode=request.plan.mode.value,
        purpose=request.plan.purpose.value,
        source=request.plan.source,
        target=request.plan.target,
        state=request.state.value,
        acks=len(quorum_standing(request).people),
        required=request.plan.policy.required,
        expires_at=request.expires_at,
        requester=request.requester.display,
    )


def _runs(unfinished: Iterable[Run], recent: tuple[Run, ...]) -> tuple[RunLine, ...]:
    """Unfinished runs, and the last one where it ended badly: somebody has to know that it did."""
    ended_badly = (run for run in recent[:1] if run.state in (RunState.FAILED, RunState.ABORTED))
    return tuple(run_line(run) for run in (*unfinished, *ended_badly))


def run_line(run: Run) -> RunLine:
    done, total, current = progress(run)
    return RunLine(
        id=run.id,
        mode=run.plan.mode.value,
        purpose=run.plan.purpose.value,
        source=run.plan.source,
        target=run.plan.target,
        state=run.state.value,
        done=done,
        total=total,
        current=current,
        started_at=run.started_at,
        stopped=stopped(run),
    )


def _application(
    tx: Tx,
    topology: Topology,
    name: str,
    now: datetime,
    requests_: dict[str, tuple[RequestLine, ...]],
    unfinished: tuple[Run, ...],
) -> ApplicationStatus:
    standing = look(tx, topology, name, now)
    recent = runs.recent(tx, LOOKED_AT, name)
    return ApplicationStatus(
        name=standing.name,
        active_region=standing.active,
        active_reason=standing.active_reason,
        serving=standing.serving,
        writers=standing.writers,
        writers_reason=standing.writers_reason if standing.writers is None else "",
        regions=standing.regions,
        last_drill=last_drill(tx, topology, name, now),
        freeze=freeze_view(freezes.get(tx, name), topology.applications[name], now),
        stores=standing.stores,
        exposure_seconds=standing.exposure_s,
        answers=standing.answers,
        target=propose(topology.applications[name], standing),
        readiness=readiness_line(tx, name, now),
        objectives=objectives(recent, history_of(tx, name), topology.objectives, now),
        consumers=consumer_lines(standing, now),
        release=release_line(tx, name, topology.applications[name], now),
        lost_writes=lost_writes(tx, name),
        lost_unknown=not_found_yet(tx, topology, name),
        requests=requests_.get(name, ()),
        runs=_runs((run for run in unfinished if run.application == name), recent),
    )


def exposure_reason(standing: Standing) -> str:
    """Why the application's exposure is not known; empty when it is."""
    if standing.exposure_s is not None:
        return ""
    if standing.observation is None:
        return not_observed(None, None)
    gates = [store for store in standing.stores if store.gate and store.exposure_seconds is None]
    if not standing.stores:
        return "the last observation read no store"
    return "; ".join(f"{store.kind} {store.name}: {store.reason}" for store in gates) or "no store gates a failover"
