"""Health sources in memory: tests say what each component answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dr_core.clock import Clock
from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.health.database import ClusterFacts
from dr_core.health.events import HealthEvent, OpenIssues
from dr_core.health.http import ProbeAnswer, Timings
from dr_core.health.route53 import CheckerReport

_QUICK = Timings(0.1, 0.2, 0.3, 0.9, 1.0)


@dataclass
class MemoryProber:
    """HTTP statuses by URL; what is missing does not answer."""

    statuses: dict[str, int] = field(default_factory=dict)

    def sweep(self, urls: Sequence[str]) -> tuple[ProbeAnswer, ...]:
        return tuple(self._answer(url) for url in urls)

    def _answer(self, url: str) -> ProbeAnswer:
        status = self.statuses.get(url)
        return ProbeAnswer(url, status, "" if status else "connection refused", _QUICK)


@dataclass
class MemoryHealthChecks:
    """Reports by health check; `down`: Route 53 itself does not answer."""

    reports: dict[str, tuple[CheckerReport, ...]] = field(default_factory=dict)
    down: bool = False

    def status(self, health_check: str) -> tuple[CheckerReport, ...]:
        if self.down:
            raise UnreachableError("Route 53 did not answer.")
        return self.reports.get(health_check, ())


@dataclass
class MemoryClusters:
    """Facts by cluster; `down` are regions that do not answer."""

    known: dict[str, ClusterFacts] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def facts(self, cluster: str, region: str) -> ClusterFacts:
        if region in self.down:
            raise UnreachableError(f"RDS in {region} did not answer.")
        if cluster not in self.known:
            raise RejectedError(f"There is no database cluster {cluster} in {region}.")
        return self.known[cluster]


@dataclass
class MemoryBuckets:
    """The buckets that exist; `down` are regions that do not answer."""

    known: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    def check(self, bucket: str, region: str) -> None:
        if region in self.down:
            raise UnreachableError(f"S3 in {region} did not answer.")
        if bucket not in self.known:
            raise RejectedError(f"There is no bucket {bucket} in {region}.")


@dataclass
class MemoryEvents:
    """Open issues; `failing` is the error with which AWS Health answers instead."""

    clock: Clock
    events: tuple[HealthEvent, ...] = ()
    failing: DrError | None = None

    def open_issues(self, regions: tuple[str, ...]) -> OpenIssues:
        if self.failing is not None:
            raise self.failing
        return OpenIssues(tuple(event for event in self.events if event.region in regions), self.clock.now())
