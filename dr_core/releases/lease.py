"""Who carries out a release: its lease, as its owner may believe in it, and when it is to be looked at again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dr_core.clock import Clock
from dr_core.errors import DrError, LeaseLostError
from dr_core.execution.lease import DEFAULT_TIMING, Timing
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


class ReleaseLease:
    """One epoch's ownership of one release. `good`: the good answers in a row that this owner had of its colour before
    anything moves. `watched`: what it has seen of its watch by itself."""

    def __init__(self, store: Store, clock: Clock, release: str, epoch: int, timing: Timing, *, sent_at: float) -> None:
        self._store, self._clock, self._timing = store, clock, timing
        self.release_id, self.epoch = release, epoch
        self._deadline = sent_at + timing.ttl_s - timing.margin_s
        self._next_beat = sent_at + timing.beat_s
        self._lost = False
        self._rests_until = 0.0
        self.good = 0
        self.watched = Watched()

    @classmethod
    def take(
        cls, store: Store, clock: Clock, release: str, owner: str, timing: Timing = DEFAULT_TIMING
    ) -> "ReleaseLease | None":
        """None when another has it."""
        sent_at = clock.monotonic()
        ttl = timedelta(seconds=timing.ttl_s)
        taken = store.write(lambda tx: releases.take(tx, release, owner, ttl), Point.RELEASE_TAKE)
        return None if taken is None else cls(store, clock, release, taken.epoch, timing, sent_at=sent_at)

    def guard(self) -> None:
        """LeaseLostError unless the lease is live; asked before each request that leaves the process."""
        if self._lost or self._clock.monotonic() >= self._deadline:
            raise LeaseLostError(f"The lease of release {self.release_id} is over; nothing new is started.")

    def beat(self) -> bool:
        """Renew when it is time; whether it is still ours, as far as is known."""
        sent_at = self._clock.monotonic()
        if not self._lost and sent_at >= self._next_beat:
            self._renew(sent_at)
        return not self._lost and self._clock.monotonic() < self._deadline

    def keep(self) -> None:
        """Renew when it is time, in the midst of work that takes long; LeaseLostError when it is no longer ours."""
        if not self.beat():
            raise LeaseLostError(f"Release {self.release_id} could not be kept.")

    def _renew(self, sent_at: float) -> None:
        ttl = timedelta(seconds=self._timing.ttl_s)
        try:
            mine = self._store.write(lambda tx: releases.beat(tx, self.release_id, self.epoch, ttl), Point.RELEASE_BEAT)
        except DrError:
            return
        if not mine:
            self._lost = True
            return
        self._deadline = sent_at + self._timing.ttl_s - self._timing.margin_s
        self._next_beat = sent_at + self._timing.beat_s

    def give_back(self) -> None:
        """Let another worker take it at once."""
        self._lost = True
        self._store.write(lambda tx: releases.give_back(tx, self.release_id, self.epoch), Point.RELEASE_BEAT)

    @property
    def rested(self) -> bool:
        return self._clock.monotonic() >= self._rests_until

    def rest(self, seconds: float) -> None:
        self._rests_until = self._clock.monotonic() + seconds
