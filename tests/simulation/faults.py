"""What happens around transactions: processes are killed, stopped and slowed there, and answers are lost."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sqlalchemy.exc import OperationalError

from dr_core.errors import UnreachableError
from dr_core.failpoints import Point, When

from .virtual import Killed, Task, VirtualTime, present


@dataclass
class Odds:
    """Chances a transaction; all zero once the faults have ceased."""

    killed: float = 0.0
    stopped: float = 0.0
    slow: float = 0.0
    answer_lost: float = 0.0
    told_lost: float = 0.0


class Faults:
    """The network to the store, and the hook of the failpoints."""

    def __init__(self, time: VirtualTime, random: Random, say: Callable[[str], None]) -> None:
        self._time = time
        self._random = random
        self._say = say
        self.odds = Odds()
        self.away: list[tuple[float, float]] = []
        self.reached: dict[str, int] = {}
        self.ambushes: list[Callable[[], object]] = []

    def before(self, *, write: bool) -> None:
        task = present()
        if write and self.ambushes and task is not None and task.process.name.startswith("worker"):
            self._ambush(task)
        self._between()
        self._reachable()

    def after(self) -> None:
        self._between()

    def _ambush(self, task: Task) -> None:
        """Between what a worker has read and what it is about to write, somebody is quicker."""
        if self._random.random() < 0.3:
            self.ambushes.pop(0)()
            task.process.sleep(0.5)

    def _reachable(self) -> None:
        if any(begin <= self._time.t < end for begin, end in self.away):
            raise UnreachableError("The store cannot be used: no route to host.")

    def _between(self) -> None:
        """Between two transactions: others may run first, for a moment or for longer than a lease."""
        task, odds = present(), self.odds
        if task is None or odds.slow == 0.0:
            return
        roll = self._random.random()
        if roll < odds.stopped:
            seconds = self._random.choice((5.0, 20.0, 50.0, 62.0, 75.0, 140.0))
            self._say(f"{task.process.name} is stopped for {seconds:g} s")
            task.process.stop_for(seconds)
            task.process.sleep(0)
        elif roll < odds.stopped + odds.slow:
            task.process.sleep(self._random.uniform(0, 2))

    def hook(self, point: Point, when: When) -> None:
        """At a failpoint. Before: nothing of the transaction stays. After: it is committed, and nobody was told."""
        task, odds = present(), self.odds
        if task is None:
            return
        self.reached[point.value] = self.reached.get(point.value, 0) + 1
        roll = self._random.random()
        if roll < odds.killed:
            self._say(f"{task.process.name} dies {when.value} {point.value}")
            task.process.alive = False
            raise Killed
        if point in (Point.STEP_OBSERVE, Point.STEP_ACT):
            return
        roll -= odds.killed
        if roll < odds.answer_lost:
            self._say(f"{task.process.name} loses the connection {when.value} {point.value}")
            raise _dropped()
        roll -= odds.answer_lost
        if roll < odds.told_lost:
            self._say(f"{task.process.name} loses the store {when.value} {point.value}")
            raise UnreachableError("The store cannot be used: the connection was lost.")


def _dropped() -> OperationalError:
    """The connection is gone, and with it the answer; the engine tries again."""
    return OperationalError("COMMIT", None, ConnectionError("connection lost"), connection_invalidated=True)
