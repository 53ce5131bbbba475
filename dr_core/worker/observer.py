"""Observe every application in turn, keep what was seen, and put a change of verdict into the trail."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.clock import Clock
from dr_core.duty import survived
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.observation.model import Observation, RegionVerdict
from dr_core.store import observations
from dr_core.store.engine import Store, Tx

Observe = Callable[[str, Observation | None, str | None], Observation]
"""Application, the pass before, and where the last run took the application."""
KEPT = timedelta(days=35)
LATE_AFTER_INTERVALS = 10
LATE_AFTER_S = 60.0
"""At least this long, since a pass over regions that are dead waits for several timeouts."""


class Observer:
    """One pass over all applications at each interval, by whichever worker has the lease."""

    def __init__(
        self,
        store: Store,
        observe: Observe,
        applications: tuple[str, ...],
        interval: timedelta,
        lease: NamedLease,
        owner: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._observe = observe
        self._applications = applications
        self._interval_s = interval.total_seconds()
        self._lease = lease
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.DETECTION)
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="observe")
        self._next_sweep_out = 0.0
        self._leading_since: float | None = None
        self._kept: dict[str, float] = {}

    def pause(self) -> float:
        """Seconds from pass to pass; who does not lead asks for the lease every second."""
        return self._interval_s if self._leading_since is not None else min(1.0, self._interval_s)

    def overdue(self) -> list[str]:
        """Applications that nobody observes, because this process has the lease and does not; as sentences."""
        since, now = self._leading_since, self._clock.monotonic()
        if since is None:
            return []
        ages = {name: now - max(since, self._kept.get(name, since)) for name in self._applications}
        longest = max(LATE_AFTER_INTERVALS * self._interval_s, LATE_AFTER_S)
        return [f"{name} was not observed for {age:.0f} s" for name, age in ages.items() if age > longest]

    def round(self) -> None:
        """One pass over everything, if the lease is ours; a fault in one application costs the others nothing."""
        if not self._lease.hold():
            self._leading_since = None
            return
        if self._leading_since is None:
            self._leading_since = self._clock.monotonic()
        list(self._pool.map(self._survive, self._applications))
        self._forget()

    def _survive(self, application: str) -> None:
        survived("pass_failed", lambda: self.pass_over(application), application=application)

    def pass_over(self, application: str) -> None:
        """Observe one application and keep it."""
        previous, recorded = self._store.read(
            lambda tx: (observations.latest(tx, application), observations.active_region(tx, application))
        )
        seen = self._observe(application, previous, recorded)
        self._store.write(lambda tx: self._keep(tx, seen, previous), Point.OBSERVATION_KEEP)
        self._kept[application] = self._clock.monotonic()

    def _keep(self, tx: Tx, seen: Observation, previous: Observation | None) -> None:
        observations.save(tx, seen)
        for verdict in seen.verdicts:
            before = previous.verdict(verdict.region) if previous else None
            if before is None or before.verdict is not verdict.verdict:
                self._record(tx, seen.application, before, verdict)

    def _record(self, tx: Tx, application: str, before: RegionVerdict | None, now: RegionVerdict) -> None:
        data: dict[str, JsonValue] = {
            "application": application,
            "region": now.region,
            "before": before.verdict.value if before else None,
            "verdict": now.verdict.value,
            "since": now.since.isoformat(),
            **({} if now.run is None else {"run": now.run}),
            "reasons": list(now.reasons[:8]),
        }
        key = f"verdict:{application}:{now.region}:{now.observed_at.isoformat()}"
        append_ops(tx, EventKind.VERDICT_CHANGED, self._actor, data, cmd_id=key)

    def _forget(self) -> None:
        if self._clock.monotonic() < self._next_sweep_out:
            return
        self._store.write(lambda tx: observations.forget_samples(tx, self._clock.now() - KEPT), Point.SAMPLES_FORGET)
        self._next_sweep_out = self._clock.monotonic() + 3600
