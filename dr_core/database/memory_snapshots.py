"""Snapshots in memory: a copy takes a while, and what RDS took by itself goes away when its time is over."""

from dataclasses import replace
from datetime import timedelta

from dr_core.clock import Clock
from dr_core.database.snapshots import AVAILABLE, Snapshot
from dr_core.errors import RejectedError, UnreachableError


class MemorySnapshots:
    """Snapshots by region and name; `down` are regions that do not answer. `take` is what RDS does by itself."""

    def __init__(self, clock: Clock, *, takes_s: float = 30.0) -> None:
        self._clock = clock
        self._takes_s = takes_s
        self._taken: dict[tuple[str, str], Snapshot] = {}
        self._copied: dict[tuple[str, str], Snapshot] = {}
        self.down: set[str] = set()
        self.copies: list[tuple[str, str]] = []

    def take(self, name: str, cluster: str, region: str, *, kept_days: int = 7, status: str = AVAILABLE) -> Snapshot:
        arn = f"arn:aws:rds:{region}:111122223333:cluster-snapshot:{name}"
        made = Snapshot(name, arn, cluster, region, status, self._clock.now(), kept_days)
        self._taken[region, name] = made
        return made

    def automatic(self, cluster: str, region: str) -> tuple[Snapshot, ...]:
        return tuple(one for one in self._here(region).values() if one.cluster == cluster)

    def find(self, name: str, region: str) -> Snapshot | None:
        copied = self._copied.get((region, name))
        taken = self._here(region).get((region, name))
        if copied is None or copied.taken_at is None:
            return taken
        ended = self._clock.now() >= copied.taken_at + timedelta(seconds=self._takes_s)
        return replace(copied, status=AVAILABLE if ended else "copying")

    def copy(self, source: Snapshot, name: str) -> None:
        here = self._here(source.region)
        if (source.region, source.id) not in here:
            raise RejectedError(f"There is no snapshot {source.id} in {source.region}.")
        if source.status != AVAILABLE:
            raise RejectedError(f"Snapshot {source.id} is {source.status}.")
        if self.find(name, source.region) is not None:
            raise RejectedError(f"There is a snapshot {name} in {source.region} already.")
        self.copies.append((source.id, name))
        arn = f"arn:aws:rds:{source.region}:111122223333:cluster-snapshot:{name}"
        copied = Snapshot(name, arn, source.cluster, source.region, "copying", self._clock.now())
        self._copied[source.region, name] = copied

    def _here(self, region: str) -> dict[tuple[str, str], Snapshot]:
        """What RDS took by itself and has not removed yet."""
        if region in self.down:
            raise UnreachableError(f"RDS in {region} did not answer.")
        now = self._clock.now()
        kept = {key: one for key, one in self._taken.items() if one.expires_at is None or now < one.expires_at}
        return {key: one for key, one in kept.items() if one.region == region}
