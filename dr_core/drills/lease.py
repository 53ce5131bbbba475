"""Who carries out a drill: its lease, as its owner may believe in it, and the count of what left the process."""

from datetime import timedelta

from dr_core.clock import Clock
from dr_core.drills.model import Drill
from dr_core.execution.lease import DEFAULT_TIMING, Held
from dr_core.failpoints import Point
from dr_core.store import drills
from dr_core.store.engine import Store


class DrillLease(Held):
    """One epoch's ownership of one drill. `resting`: exercise -> when it is to be looked at again (monotonic).

    `failing`: exercise -> since when every look at it has failed (monotonic).
    """

    def __init__(self, store: Store, clock: Clock, drill: str, epoch: int, *, sent_at: float) -> None:
        super().__init__(store, clock, f"drill {drill}", epoch, DEFAULT_TIMING, sent_at=sent_at)
        self.drill = drill
        self.calls = 0
        self.resting: dict[str, tuple[float, float]] = {}
        self.failing: dict[str, float] = {}

    @classmethod
    def take(cls, store: Store, clock: Clock, drill: str, owner: str) -> "DrillLease | None":
        """None when another has it."""
        sent_at = clock.monotonic()
        ttl = timedelta(seconds=DEFAULT_TIMING.ttl_s)
        taken: Drill | None = store.write(lambda tx: drills.take(tx, drill, owner, ttl), Point.DRILL_TAKE)
        return None if taken is None else cls(store, clock, drill, taken.epoch, sent_at=sent_at)

    def guard(self) -> None:
        """As for every lease; and counts what left the process."""
        super().guard()
        self.calls += 1

    def _renew(self, ttl: timedelta) -> bool:
        return self._store.write(lambda tx: drills.beat(tx, self.drill, self.epoch, ttl), Point.DRILL_BEAT)

    def _give_back(self) -> None:
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
