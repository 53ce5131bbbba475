"""Who carries out a drill: its lease, as its owner may believe in it, and the count of what left the process."""

from datetime import timedelta

from dr_core.clock import Clock
from dr_core.drills.model import Drill
from dr_core.errors import DrError, LeaseLostError
from dr_core.execution.lease import DEFAULT_TIMING, Timing
from dr_core.failpoints import Point
from dr_core.store import drills
from dr_core.store.engine import Store


class DrillLease:
    """One epoch's ownership of one drill. `resting`: exercise -> when it is to be looked at again (monotonic).

    `failing`: exercise -> since when every look at it has failed (monotonic).
    """

    def __init__(self, store: Store, clock: Clock, drill: str, epoch: int, timing: Timing, *, sent_at: float) -> None:
        self._store, self._clock, self._timing = store, clock, timing
        self.drill, self.epoch = drill, epoch
        self._deadline = sent_at + timing.ttl_s - timing.margin_s
        self._next_beat = sent_at + timing.beat_s
        self._lost = False
        self.calls = 0
        self.resting: dict[str, tuple[float, float]] = {}
        self.failing: dict[str, float] = {}

    @classmethod
    def take(
        cls, store: Store, clock: Clock, drill: str, owner: str, timing: Timing = DEFAULT_TIMING
    ) -> "DrillLease | None":
        """None when another has it."""
        sent_at = clock.monotonic()
        ttl = timedelta(seconds=timing.ttl_s)
        taken: Drill | None = store.write(lambda tx: drills.take(tx, drill, owner, ttl), Point.DRILL_TAKE)
        return None if taken is None else cls(store, clock, drill, taken.epoch, timing, sent_at=sent_at)

    def guard(self) -> None:
        """LeaseLostError unless the lease is live; asked before each request that leaves the process."""
        if self._lost or self._clock.monotonic() >= self._deadline:
            raise LeaseLostError(f"The lease of drill {self.drill} is over; nothing new is started.")
        self.calls += 1

    def beat(self) -> bool:
        """Renew when it is time; whether it is still ours, as far as is known."""
        sent_at = self._clock.monotonic()
        if not self._lost and sent_at >= self._next_beat:
            self._renew(sent_at)
        return not self._lost and self._clock.monotonic() < self._deadline

    def _renew(self, sent_at: float) -> None:
        ttl = timedelta(seconds=self._timing.ttl_s)
        try:
            mine = self._store.write(lambda tx: drills.beat(tx, self.drill, self.epoch, ttl), Point.DRILL_BEAT)
        except DrError:
            return
        if not mine:
            self._lost = True
            return
        self._deadline = sent_at + self._timing.ttl_s - self._timing.margin_s
        self._next_beat = sent_at + self._timing.beat_s

    def release(self) -> None:
        """Give the drill to whoever comes first."""
        self._lost = True
        self._store.write(lambda tx: drills.release(tx, self.drill, self.epoch), Point.DRILL_BEAT)

    def rested(self, exercise: str) -> bool:
        """Whether it is time to look at this exercise again."""
        due, _ = self.resting.get(exercise, (0.0, 0.0))
        return self._clock.monotonic() >= due

    def rest(self, exercise: str, shortest_s: float, longest_s: float) -> None:
        """Look again after a while, each time after a longer one."""
        _, before = self.resting.get(exercise, (0.0, 0.0))
        pause = min(longest_s, max(shortest_s, before * 1.5))
        self.resting[exercise] = (self._clock.monotonic() + pause, pause)

    def awake(self, exercise: str) -> None:
        """Look at it at once: something new begins with it."""
        self.resting.pop(exercise, None)
        self.failing.pop(exercise, None)

    def failing_s(self, exercise: str) -> float:
        """For how long each look at it has failed, this one included."""
        now = self._clock.monotonic()
        return now - self.failing.setdefault(exercise, now)
