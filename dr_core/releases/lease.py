"""Who carries out a release: its lease, as its owner may believe in it, and when it is to be looked at again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dr_core.clock import Clock
from dr_core.execution.lease import DEFAULT_TIMING, Held
from dr_core.failpoints import Point
from dr_core.store import releases
from dr_core.store.engine import Store


@dataclass
class Watched:
    """Rounds of answers since `first`. By region: bad ones in all, and those in a row until the last."""

    first: datetime | None = None
    rounds: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    in_a_row: dict[str, int] = field(default_factory=dict)


class ReleaseLease(Held):
    """One epoch's ownership of one release. `good`: the good answers in a row that this owner had of its colour before
    anything moves. `watched`: what it has seen of its watch by itself."""

    def __init__(self, store: Store, clock: Clock, release: str, epoch: int, *, sent_at: float) -> None:
        super().__init__(store, clock, f"release {release}", epoch, DEFAULT_TIMING, sent_at=sent_at)
        self.release_id = release
        self._rests_until = 0.0
        self.good = 0
        self.watched = Watched()

    @classmethod
    def take(cls, store: Store, clock: Clock, release: str, owner: str) -> "ReleaseLease | None":
        """None when another has it."""
        sent_at = clock.monotonic()
        ttl = timedelta(seconds=DEFAULT_TIMING.ttl_s)
        taken = store.write(lambda tx: releases.take(tx, release, owner, ttl), Point.RELEASE_TAKE)
        return None if taken is None else cls(store, clock, release, taken.epoch, sent_at=sent_at)

    def _renew(self, ttl: timedelta) -> bool:
        return self._store.write(lambda tx: releases.beat(tx, self.release_id, self.epoch, ttl), Point.RELEASE_BEAT)

    def _give_back(self) -> None:
        self._store.write(lambda tx: releases.give_back(tx, self.release_id, self.epoch), Point.RELEASE_BEAT)

    @property
    def rested(self) -> bool:
        return self._clock.monotonic() >= self._rests_until

    def rest(self, seconds: float) -> None:
        self._rests_until = self._clock.monotonic() + seconds
