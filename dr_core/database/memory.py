"""A global database in memory that changes its writer over time, as the service does."""

from datetime import datetime

from dr_core.clock import Clock
from dr_core.database.port import DatabaseEvent
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import DatabaseState, MemberState
from dr_core.replication.port import Measurement
from dr_core.topology.stores import AuroraGlobal


class MemoryDatabase:
    """One global cluster. `takes_s` is how long a change of writer lasts; `down` are regions that do not answer,
    `detached` ones that are no members any more, `rebuilding` members that do not have the writer's data yet."""

    def __init__(
        self, spec: AuroraGlobal, writer: str, clock: Clock, *, takes_s: float = 30.0, instances: int = 1
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._takes_s = takes_s
        self._moving: tuple[str, bool, float] | None = None
        self._said: dict[str, list[DatabaseEvent]] = {}
        self.writer = writer
        self.down: set[str] = set()
        self.detached: set[str] = set()
        self._detaching: dict[str, float] = {}
        self.rebuilding: set[str] = set()
        self.engine = "aurora-postgresql"
        self.engine_version = "16.4"
        self.instances = dict.fromkeys(spec.clusters, instances)
        self.lags: dict[str, tuple[float, datetime]] = {}
        self.calls: list[tuple[str, str]] = []

    def state(self, spec: AuroraGlobal, *, via: str, details: bool = True) -> DatabaseState:
        self._settle(spec, via)
        to, loss, _ = self._moving or (None, None, None)
        joined = [self._member(region, details) for region in self._spec.clusters if region not in self.detached]
        if via in self.detached:
            joined, to = [self._alone(via)], None
        return DatabaseState(
            members=tuple(joined),
            failover_status=None if to is None else "failing-over" if loss else "switching-over",
            failover_to=to,
            data_loss_allowed=loss,
            observed_via=via,
            observed_at=self._clock.now(),
        )

    def switchover(self, spec: AuroraGlobal, *, source: str, target: str) -> None:
        self._begin(spec, via=source, target=target, loss=False)

    def failover(self, spec: AuroraGlobal, *, target: str) -> None:
        self._begin(spec, via=target, target=target, loss=True)

    def detach(self, spec: AuroraGlobal, *, target: str) -> None:
        self._settle(spec, target)
        if self._moving is not None:
            raise RejectedError(f"Global cluster {spec.global_cluster} is changing its writer.")
        if target in self.detached or target not in spec.clusters:
            raise RejectedError(f"Global cluster {spec.global_cluster} has no member in {target}.")
        if target == self.writer:
            raise RejectedError(f"{target} is the primary of global cluster {spec.global_cluster}.")
        self.calls.append(("detach", target))
        self.detached.add(target)
        self._detaching[target] = self._clock.monotonic() + self._takes_s

    def lag(self, spec: AuroraGlobal, region: str, *, source: str) -> Measurement:
        if region not in self.lags:
            return Measurement(None, None, "memory", f"no lag was measured towards {region}")
        seconds, at = self.lags[region]
        return Measurement(seconds, at, "memory")

    def events(self, spec: AuroraGlobal, region: str) -> tuple[DatabaseEvent, ...]:
        self._settle(spec, region)
        return tuple(self._said.get(region, ()))

    def _begin(self, spec: AuroraGlobal, *, via: str, target: str, loss: bool) -> None:
        self._settle(spec, via)
        if self._moving is not None and not (loss and self._stalled and via != self.writer):
            raise RejectedError(f"Global cluster {spec.global_cluster} is changing its writer already.")
        if target not in spec.clusters or target in self.detached:
            raise RejectedError(f"Global cluster {spec.global_cluster} has no member in {target}.")
        if target == self.writer:
            raise RejectedError(f"{target} is the writer of global cluster {spec.global_cluster} already.")
        if not loss and self.writer in self.down:
            raise RejectedError(f"The writer of global cluster {spec.global_cluster} is not available.")
        self.calls.append(("failover" if loss else "switchover", target))
        self._moving = (target, loss, self._clock.monotonic() + self._takes_s)

    @property
    def _stalled(self) -> bool:
        """A switchover whose primary died ends only with a failover, or when the primary is back."""
        return self._moving is not None and not self._moving[1] and self.writer in self.down

    def _settle(self, spec: AuroraGlobal, via: str) -> None:
        if via in self.down:
            raise UnreachableError(f"RDS in {via} did not answer.")
        if spec.global_cluster != self._spec.global_cluster:
            raise RejectedError(f"There is no global cluster {spec.global_cluster} in {via}.")
        if self._moving is not None and not self._stalled and self._clock.monotonic() >= self._moving[2]:
            target, loss, _ = self._moving
            self.writer, self._moving = target, None
            done = (
                f"failover to DB cluster {target} completed" if loss else f"switchover to DB cluster {target} finished"
            )
            self._said.setdefault(target, []).append(DatabaseEvent(self._clock.now(), f"Global {done}."))

    def _member(self, region: str, details: bool) -> MemberState:
        seen = details and region not in self.down
        return MemberState(
            region=region,
            cluster=self._spec.clusters[region],
            is_writer=region == self.writer,
            synchronized=region not in self.rebuilding,
            status="available" if seen else None,
            instances=self.instances[region] if seen else None,
            engine=self.engine if seen else None,
            engine_version=self.engine_version if seen else None,
        )

    def _alone(self, region: str) -> MemberState:
        """A detached cluster as its own region tells it; it writes when it was promoted."""
        writes = self._clock.monotonic() >= self._detaching.get(region, 0.0)
        return self._member(region, True).model_copy(update={"is_writer": writes, "detached": True})
