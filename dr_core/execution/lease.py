"""Leases: who may act. The owner's own deadline is a monotonic clock's, taken before the renewal was sent."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta

from dr_core.clock import Clock
from dr_core.errors import DrError, LeaseLostError
from dr_core.failpoints import Point
from dr_core.store import leases, run_leases
from dr_core.store.engine import Store


@dataclass(frozen=True)
class Timing:
    """Seconds. `margin_s` covers an AWS call's timeouts: a late call ends before another owner begins."""

    ttl_s: float = 20.0
    beat_s: float = 5.0
    margin_s: float = 8.0


DEFAULT_TIMING = Timing()


class Held(ABC):
    """One epoch's ownership of one thing that is carried out, as its owner may believe in it. `what` is for errors."""

    def __init__(self, store: Store, clock: Clock, what: str, epoch: int, timing: Timing, *, sent_at: float) -> None:
        self._store = store
        self._clock = clock
        self._what = what
        self.epoch = epoch
        self._timing = timing
        self._deadline = sent_at + timing.ttl_s - timing.margin_s
        self._next_beat = sent_at + timing.beat_s
        self._lost = False

    @abstractmethod
    def _renew(self, ttl: timedelta) -> bool:
        """One commit; False when the lease is no longer this epoch's. Raises DrError when nobody knows."""

    @abstractmethod
    def _give_back(self) -> None:
        """One commit: nobody has it."""

    @property
    def live(self) -> bool:
        """Whether anything new may be started under this lease."""
        return not self._lost and self._clock.monotonic() < self._deadline

    def guard(self) -> None:
        """LeaseLostError unless the lease is live; asked before each request that leaves the process."""
        if not self.live:
            raise LeaseLostError(f"The lease of {self._what} is over; nothing new is started.")

    def beat(self) -> None:
        """Renew when it is time. An unknown result is tried again until the deadline; a known loss ends the lease."""
        sent_at = self._clock.monotonic()
        if self._lost or sent_at < self._next_beat:
            return
        try:
            mine = self._renew(timedelta(seconds=self._timing.ttl_s))
        except DrError:
            return
        if not mine:
            self._lost = True
            return
        self._deadline = sent_at + self._timing.ttl_s - self._timing.margin_s
        self._next_beat = sent_at + self._timing.beat_s

    def keep(self) -> None:
        """Renew when it is time, in the midst of work that takes long; LeaseLostError when it is no longer ours."""
        self.beat()
        if not self.live:
            raise LeaseLostError(f"The lease of {self._what} could not be kept.")

    def release(self) -> None:
        """Give it to whoever comes first."""
        self._lost = True
        self._give_back()


class RunLease(Held):
    """One epoch's ownership of one run."""

    def __init__(self, store: Store, clock: Clock, run_id: str, epoch: int, timing: Timing, *, sent_at: float) -> None:
        super().__init__(store, clock, run_id, epoch, timing, sent_at=sent_at)
        self.run_id = run_id

    def _renew(self, ttl: timedelta) -> bool:
        return self._store.write(lambda tx: run_leases.beat(tx, self.run_id, self.epoch, ttl), Point.RUN_BEAT)

    def _give_back(self) -> None:
        self._store.write(lambda tx: run_leases.release(tx, self.run_id, self.epoch), Point.RUN_RELEASE)


class NamedLease:
    """A lease by name (announcer, schedule, detection): one process does the job, any may take over."""

    def __init__(self, store: Store, name: str, owner: str, ttl_s: float = 20.0) -> None:
        self._store = store
        self._name = name
        self._owner = owner
        self._ttl = timedelta(seconds=ttl_s)

    def hold(self) -> bool:
        """Take or renew; False when another has it or the store cannot be asked."""
        try:
            return self._store.write(
                lambda tx: leases.take_or_renew(tx, self._name, self._owner, self._ttl), Point.LEASE_HOLD
            )
        except DrError:
            return False

    def release(self) -> None:
        """Let another take it at once; called on SIGTERM."""
        self._store.write(lambda tx: leases.release(tx, self._name, self._owner), Point.LEASE_RELEASE)
