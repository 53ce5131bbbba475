"""The health report, `dr.health/1`: what the daily digest posts and `dr health` prints."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.doctor.installation import checks_of
from dr_core.doctor.result import CheckState
from dr_core.objectives.keeping import history_of
from dr_core.observation.age import age_s
from dr_core.observation.model import Observation, Signal, SignalState, Vantage, Verdict
from dr_core.plan.step import Severity
from dr_core.readiness.line import ReadinessLine, readiness_line
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.consumers import consuming_findings
from dr_core.reports.drills import drill_findings
from dr_core.reports.model import FindingView, ObjectiveLine, RequestLine
from dr_core.reports.objectives import LOOKED_AT, objectives
from dr_core.reports.open_matters import open_matters
from dr_core.reports.performance import PerformanceLine, performance
from dr_core.reports.status import exposure_reason, named, waiting
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.standing.model import Standing, not_observed, verdict_of
from dr_core.store import runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology
from dr_core.value import Shown


class SignalView(Shown):
    """One look at one component, with how old it is when the report is made; None: its time is yet to come."""

    component: str
    name: str
    vantage: Vantage
    state: SignalState
    detail: str
    latency_ms: float | None
    observed_at: datetime
    age_seconds: float | None
    source: str


class RegionHealth(Shown):
    """A region's verdict. `observed_at` None: never observed, and the reasons say so."""

    region: str
    role: Literal["active", "standby", "fenced", "unfenced"]
    verdict: Verdict
    reasons: tuple[str, ...]
    since: datetime | None
    observed_at: datetime | None
    signals: tuple[SignalView, ...]


class ApplicationHealth(Shown):
    """One application. `age_seconds` None: never observed."""

    name: str
    active_region: str | None
    active_reason: str
    serving: tuple[str, ...] = ()
    writers: tuple[str, ...] | None
    writers_reason: str
    observed_at: datetime | None
    age_seconds: float | None
    regions: tuple[RegionHealth, ...]
    stores: tuple[StoreExposure, ...]
    performance: tuple[PerformanceLine, ...] = ()
    objectives: tuple[ObjectiveLine, ...] = ()
    exposure_seconds: float | None
    exposure_reason: str
    requests: tuple[RequestLine, ...]
    findings: tuple[FindingView, ...]
    well: bool


class HealthReport(Shown):
    """All applications. `observed_at` is the oldest observation behind it; None when one application has none."""

    schema_: Literal["dr.health/1"] = Field(default="dr.health/1", alias="schema")
    at: datetime
    observed_at: datetime | None
    all_well: bool
    applications: tuple[ApplicationHealth, ...]
    findings: tuple[FindingView, ...] = ()


def health(services: Services, application: str | None = None) -> HealthReport:
    """Every application, or one, from its last observation; and what is wrong with the installation itself."""
    now = services.clock.now()

    def work(tx: Tx) -> HealthReport:
        open_requests = waiting(tx)
        applications = tuple(
            _application(tx, services.topology, name, now, open_requests.get(name, ()))
            for name in named(services, application)
        )
        findings = (*open_matters(tx), *drill_findings(tx, services.topology, now), *_installation(tx, services, now))
        seen = [entry.observed_at for entry in applications]
        times = [at for at in seen if at is not None]
        return HealthReport(
            at=now,
            observed_at=min(times) if len(times) == len(seen) else None,
            all_well=all(entry.well for entry in applications) and not findings,
            applications=applications,
            findings=findings,
        )

    return services.store.read(work)


def _application(
    tx: Tx, topology: Topology, name: str, now: datetime, requests: tuple[RequestLine, ...]
) -> ApplicationHealth:
    standing = look(tx, topology, name, now)
    history = history_of(tx, name)
    findings = (*application_findings(standing), *ready_findings(name, readiness_line(tx, name, now)))
    healthy = all(region.verdict is Verdict.HEALTHY for region in standing.regions.values())
    return ApplicationHealth(
        name=standing.name,
        active_region=standing.active,
        active_reason=standing.active_reason,
        serving=standing.serving,
        writers=standing.writers,
        writers_reason=standing.writers_reason,
        observed_at=standing.observation.observed_at if standing.observation else None,
        age_seconds=standing.age_s,
        regions=tuple(_region(standing, region, now) for region in standing.regions),
        stores=standing.stores,
        exposure_seconds=standing.exposure_s,
        exposure_reason=exposure_reason(standing),
        performance=performance(history, topology.applications[name].regions, now),
        objectives=objectives(runs.recent(tx, LOOKED_AT, name), history, topology.objectives, now),
        requests=requests,
        findings=findings,
        well=healthy and all(found.severity == Severity.INFO.value for found in findings),
    )


def _region(standing: Standing, region: str, now: datetime) -> RegionHealth:
    seen, verdict = standing.regions[region], verdict_of(standing, region)
    return RegionHealth(
        region=region,
        role=seen.role,
        verdict=seen.verdict,
        reasons=seen.reasons,
        since=verdict.since if verdict else None,
        observed_at=seen.observed_at,
        signals=tuple(_signal(signal, now) for signal in _signals(standing.observation, region)),
    )


def _signals(observation: Observation | None, region: str) -> tuple[Signal, ...]:
    return tuple(signal for signal in observation.signals if signal.region == region) if observation else ()


def _signal(signal: Signal, now: datetime) -> SignalView:
    return SignalView(
        component=signal.component,
        name=signal.name,
        vantage=signal.vantage,
        state=signal.state,
        detail=signal.detail,
        latency_ms=signal.latency_ms,
        observed_at=signal.observed_at,
        age_seconds=age_s(signal.observed_at, now),
        source=signal.source,
    )


def application_findings(standing: Standing) -> tuple[FindingView, ...]:
    """What an application's standing says against it, beyond the verdicts of its regions. Pure."""
    if not standing.fresh:
        message = f"{standing.name} is {not_observed(standing.observation, standing.age_s)}"
        return (_finding("not-observed", Severity.WARNING, message, "", "Is a worker running? `/dr doctor` tells."),)
    return (
        *_writing(standing),
        *consuming_findings(standing),
        *_answering(standing),
        *_shifted(standing),
        *_replicating(standing),
        *_fenced(standing),
    )


def ready_findings(name: str, line: ReadinessLine) -> tuple[FindingView, ...]:
    """That a failover would be blocked, or that nobody knows, which says nothing against its health. Pure."""
    if line.ready:
        return ()
    way_out = f"`/dr readiness {name}` shows each with its way out."
    if line.ready is False:
        found = "1 finding" if line.blocking == 1 else f"{line.blocking} findings"
        message = f"a failover of {name} would be blocked by {found} of the last preflight"
        return (_finding("not-ready", Severity.WARNING, message, line.worst, way_out),)
    message = f"nobody knows whether {name} is ready for a failover: {line.reason}"
    return (_finding("readiness-unknown", Severity.INFO, message, line.worst, way_out),)


def _writing(standing: Standing) -> tuple[FindingView, ...]:
    writers = standing.writers
    if writers is not None and len(writers) > 1:
        message = f"{len(writers)} regions write: {', '.join(writers)}"
        way_out = "Fence the wrong one now."
        return (_finding("two-writers", Severity.BLOCKING, message, standing.active_reason, way_out),)
    if writers == ():
        message = "no region writes"
        return (_finding("no-writer", Severity.BLOCKING, message, standing.writers_reason, "Look at `/dr runs`."),)
    return ()


def _answering(standing: Standing) -> tuple[FindingView, ...]:
    answers = standing.answers
    if answers is None or standing.active is None or set(answers) == {standing.active}:
        return ()
    message = f"DNS answers with {', '.join(answers) or 'no region'}, active is {standing.active}"
    return (_finding("dns-elsewhere", Severity.WARNING, message, "", "Look at the records; a run may be under way."),)


def _shifted(standing: Standing) -> tuple[FindingView, ...]:
    """Where every region serves: what users are kept away from stays in the report until they are brought back."""
    off = [region for region in standing.roles if region not in standing.serving]
    if standing.active is not None or not standing.serving or not off:
        return ()
    message = f"users are shifted away from {' and '.join(off)}"
    way_out = f"`/dr failback {standing.name}` brings them back."
    return (_finding("shifted-away", Severity.WARNING, message, standing.active_reason, way_out),)


def _replicating(standing: Standing) -> tuple[FindingView, ...]:
    return tuple(
        _finding(
            f"exposure-{store.verdict}",
            Severity.WARNING,
            f"{store.kind} {store.name} to {store.region}: {store.verdict}",
            store.reason,
            "`/dr replication` shows value, limit and age.",
        )
        for store in standing.stores
        if store.verdict != "ok"
    )


def _fenced(standing: Standing) -> tuple[FindingView, ...]:
    return tuple(
        _finding(
            role,
            Severity.WARNING if role == "fenced" else Severity.BLOCKING,
            f"{region} is {role} since the last forced failover",
            "could not be reached to stop its writers" if role == "unfenced" else "",
            "Its writers must stay stopped until it is a standby again.",
        )
        for region, role in standing.roles.items()
        if role in ("fenced", "unfenced")
    )


def _finding(code: str, severity: Severity, message: str, evidence: str, way_out: str) -> FindingView:
    return FindingView(code=code, severity=severity.value, message=message, evidence=evidence, way_out=way_out)


def _installation(tx: Tx, services: Services, now: datetime) -> tuple[FindingView, ...]:
    """What the doctor finds failed of the installation. What is only to be watched is the doctor's to tell."""
    return tuple(
        FindingView(
            code=check.name.replace(" ", "-"),
            severity=Severity.BLOCKING.value,
            message=f"{check.name}: {check.detail}",
            evidence="",
            way_out=check.way_out,
        )
        for check in checks_of(tx, services, now)
        if check.state is CheckState.FAILED
    )
