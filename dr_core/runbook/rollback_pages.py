"""The duty that keeps the way back of the last run beside the runbook: when the run has ended, or stands still."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.metadata import version

import structlog

from dr_core.clock import Clock
from dr_core.duty import survived
from dr_core.errors import DrError
from dr_core.execution.lease import NamedLease
from dr_core.execution.model import Run
from dr_core.plan.step import Finding, Plan, Severity
from dr_core.reports.rollback import plan_back
from dr_core.runbook.export import AGAIN, places
from dr_core.runbook.paper import Seen, page
from dr_core.runbook.port import Place
from dr_core.runbook.shelf import Page
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.store import runs
from dr_core.store.engine import Store
from dr_core.topology.model import Topology

log = structlog.get_logger(__name__)

LEASE = "rollback-pages"


class RollbackPages:
    """Each worker keeps its own `folders`; `buckets` are for the one with the lease.

    What was put where is remembered by this process alone: another one puts the same page once more.
    """

    def __init__(
        self,
        store: Store,
        topology: Topology,
        folders: tuple[Place, ...],
        buckets: tuple[Place, ...],
        lease: NamedLease,
        clock: Clock,
        last_run: Callable[[str], Run | None],
    ) -> None:
        self._store = store
        self._last_run = last_run
        self._topology = topology
        self._folders = folders
        self._buckets = buckets
        self._lease = lease
        self._clock = clock
        self._put: dict[tuple[str, str], str] = {}
        self._not_before: dict[tuple[str, str], datetime] = {}

    def round(self) -> None:
        """One look at the last run of every application; no fault of one keeps the next from its page."""
        if not (self._folders or self._buckets):
            return
        mine = self._lease.hold()
        for application in self._topology.applications:
            places = (*self._folders, *(self._buckets if mine else ()))
            survived("rollback_page_failed", partial(self.export, application, places), application=application)

    def export(self, application: str, places: tuple[Place, ...]) -> None:
        """Put the page of the application's last run where it is not yet as it should be."""
        run = self._last_run(application)
        if run is None or not settled(run):
            return
        plan = plan_back(self._topology, run)
        if plan is None or not (plan.steps or plan.left):
            return
        now, mark = self._clock.now(), f"{plan.digest()} {run.state.value}"
        wanting = [place for place in places if self._wants(place, run, mark, now)]
        if wanting:
            made = Page(f"{application}/rollback-{run.id}.md", self._text(application, plan, now))
            for place in wanting:
                self._try(place, run, made, mark, now)

    def _wants(self, place: Place, run: Run, mark: str, now: datetime) -> bool:
        key = (place.name, run.id)
        return self._put.get(key) != mark and now >= self._not_before.get(key, now)

    def _try(self, place: Place, run: Run, made: Page, mark: str, now: datetime) -> None:
        key = (place.name, run.id)
        try:
            place.put(made)
        except DrError as error:
            self._not_before[key] = now + AGAIN
            log.warning("rollback_page_not_kept", run=run.id, place=place.name, error=error.message)
        else:
            self._put[key] = mark

    def _text(self, application: str, plan: Plan, now: datetime) -> str:
        standing = self._store.read(lambda tx: look(tx, self._topology, application, now))
        observed = standing.observation.observed_at if standing.observation else None
        seen = Seen(now, version("dr-bot"), standing.active, standing.active_reason, standing.exposure_s, observed)
        return page(self._topology.applications[application], plan, left_out(plan), seen)


def settled(run: Run) -> bool:
    """Pure: whether it has ended, or nothing new starts in it until somebody does something."""
    return run.state.finished or not run.free


def left_out(plan: Plan) -> tuple[Finding, ...]:
    """What the page says of the steps that stay."""
    return tuple(
        Finding(code="stays", severity=Severity.BLOCKING, message=f"{left.title}: {left.why} {left.instead}")
        for left in plan.left
    )


def make(bundle: Services, lease: NamedLease) -> RollbackPages:
    """The duty of one worker, with the places that `runbook` in the topology names."""
    folders, buckets = places(bundle.topology, bundle.aws)

    def last_run(application: str) -> Run | None:
        found = bundle.store.read(lambda tx: runs.recent(tx, 1, application))
        return found[0] if found else None

    return RollbackPages(bundle.store, bundle.topology, folders, buckets, lease, bundle.clock, last_run)
