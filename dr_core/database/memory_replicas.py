"""RDS read replicas in memory that are promoted and stopped over time, as the service does."""

from datetime import datetime

from dr_core.clock import Clock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import DatabaseState, MemberState
from dr_core.replication.port import Measurement
from dr_core.topology.stores import RdsReplica


class MemoryReplicas:
    """One source and its replicas. `takes_s` is how long a promotion and a stop last; `down` are regions that do not
    answer; `copies` says which region each replica copies from; without an entry in `lags` a copy keeps up."""

    def __init__(self, spec: RdsReplica, writer: str, clock: Clock, *, takes_s: float = 30.0) -> None:
        self._spec = spec
        self._clock = clock
        self._takes_s = takes_s
        self._promoting: dict[str, float] = {}
        self._stopping: dict[str, float] = {}
        self.copies = {region: writer for region in spec.instances if region != writer}
        self.stopped: set[str] = set()
        self.down: set[str] = set()
        self.engine, self.engine_version = "postgres", "16.6"
        self.lags: dict[str, tuple[float | None, datetime]] = {}
        self.calls: list[tuple[str, str]] = []

    def state(self, spec: RdsReplica, *, via: str) -> DatabaseState:
        self._settle(spec, via)
        source = self.copies.get(via)
        others = [self._named(source, is_writer=True)] if source else []
        others += [self._named(region, is_writer=False) for region in self._copied_to(via)]
        changing = via in self._promoting
        return DatabaseState(
            members=(self._own(via), *others),
            failover_status="modifying" if changing else None,
            failover_to=via if changing else None,
            observed_via=via,
            observed_at=self._clock.now(),
        )

    def promote(self, spec: RdsReplica, *, target: str) -> None:
        self._settle(spec, target)
        if target not in self.copies or target in self._promoting:
            raise RejectedError(f"{spec.instances[target]} is no read replica that could be promoted now.")
        self.calls.append(("promote", target))
        self._promoting[target] = self._clock.monotonic() + self._takes_s

    def stop(self, spec: RdsReplica, *, region: str) -> None:
        self._settle(spec, region)
        if region in self.copies or self._copied_to(region):
            raise RejectedError(f"{spec.instances[region]} is a read replica or has one: it cannot be stopped.")
        if region in self.stopped or region in self._stopping:
            raise RejectedError(f"{spec.instances[region]} is not available: it cannot be stopped.")
        self.calls.append(("stop", region))
        self._stopping[region] = self._clock.monotonic() + self._takes_s

    def lag(self, spec: RdsReplica, region: str) -> Measurement:
        if region in self.down:
            return Measurement(None, None, "memory", f"CloudWatch in {region} did not answer")
        if region not in self.copies and region not in self.lags:
            return Measurement(None, None, "memory", f"no lag was measured towards {region}")
        seconds, at = self.lags.get(region, (0.0, self._clock.now()))
        if seconds is None:
            return Measurement(None, None, "memory", "replication is not active")
        return Measurement(seconds, at, "memory")

    def _copied_to(self, region: str) -> list[str]:
        return [copy for copy, source in self.copies.items() if source == region]

    def _settle(self, spec: RdsReplica, via: str) -> None:
        if via in self.down:
            raise UnreachableError(f"RDS in {via} did not answer.")
        if spec.instances.get(via) is None or spec.instances[via] != self._spec.instances.get(via):
            raise RejectedError(f"There is no RDS instance {spec.instances.get(via)} in {via}.")
        now = self._clock.monotonic()
        for region in [region for region, end in self._promoting.items() if now >= end]:
            del self._promoting[region], self.copies[region]
        for region in [region for region, end in self._stopping.items() if now >= end]:
            del self._stopping[region]
            self.stopped.add(region)

    def _own(self, region: str) -> MemberState:
        status = "stopped" if region in self.stopped else "stopping" if region in self._stopping else "available"
        copies = self.copies.get(region)
        return self._named(region, is_writer=copies is None and status == "available").model_copy(
            update={
                "status": "modifying" if region in self._promoting else status,
                "instances": 1,
                "engine": self.engine,
                "engine_version": self.engine_version,
                "copies_from": copies,
                "copying": "replicating" if copies else None,
                "copied_to": tuple(self._copied_to(region)),
            }
        )

    def _named(self, region: str, *, is_writer: bool) -> MemberState:
        return MemberState(region=region, cluster=self._spec.instances[region], is_writer=is_writer)
