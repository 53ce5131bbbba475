"""The duty under the lease `releases`: reads pointers and artifacts of every application again and again."""

from datetime import datetime
from functools import partial

from dr_core.duty import survived
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.observation import age
from dr_core.observation.model import Observation, Verdict
from dr_core.releases.aws import PortsOf
from dr_core.releases.model import LOOKED_AT_EVERY, Reading, Release
from dr_core.releases.reading import Scope, read
from dr_core.services import Services
from dr_core.store import observations, releases

LEASE = "releases"
TICK_S = 5.0
LONGEST_S = 120.0


class Looking:
    """Wired once a worker; `round` again and again."""

    def __init__(self, services: Services, ports: PortsOf, lease: NamedLease) -> None:
        self._services, self._ports, self._lease = services, ports, lease

    def round(self) -> None:
        """Every application that is due, if the lease is ours; one that fails costs the others nothing."""
        for name, entry in self._services.topology.applications.items():
            if entry.release is not None and self._lease.hold():
                survived("release_not_read", partial(self._look, name), application=name)

    def _look(self, name: str) -> None:
        store, clock = self._services.store, self._services.clock
        last, newest, observed = store.read(
            lambda tx: (releases.reading(tx, name), releases.recent(tx, name, 1), observations.latest(tx, name))
        )
        if not due(last, newest[0] if newest else None, clock.now(), observed):
            return
        entry = self._services.topology.applications[name]
        assert entry.release is not None
        seen = read(self._ports(entry.account), clock, name, entry, Scope.whole(entry))
        store.write(lambda tx: releases.keep_reading(tx, seen), Point.RELEASE_SEEN)


def due(last: Reading | None, newest: Release | None, now: datetime, observed: Observation | None = None) -> bool:
    """It is old, or a release has moved something since, or a region that did not answer is healthy again. Pure."""
    if last is None or age.due(last.at, now, LOOKED_AT_EVERY):
        return True
    moments = (newest.moved_at, newest.ended_at) if newest is not None else ()
    silent = [seen.region for seen in last.pointers if seen.silent]
    verdicts = [observed.verdict(region) for region in silent] if observed is not None else []
    back = [verdict.since for verdict in verdicts if verdict is not None and verdict.verdict is Verdict.HEALTHY]
    return any(at is not None and at >= last.at for at in (*moments, *back))
