"""Virtual time and the processes that live in it: greenlets that may stop between any two things they do.

Nothing here is random and nothing waits: the order of everything is the order of the heap.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it ships none

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process dies here; nothing of it runs any more."""


class VirtualTime:
    """What happens next, and when."""

    def __init__(self) -> None:
        self.t = 0.0
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0

    def at(self, when: float, do: Callable[[], object]) -> None:
        """Do it then; of two things at one moment the one that was asked for first."""
        self._count += 1
        heappush(self._heap, (max(when, self.t), self._count, do))

    def after(self, seconds: float, do: Callable[[], object]) -> None:
        self.at(self.t + seconds, do)

    def run(self, until: float, enough: Callable[[], bool]) -> None:
        """Let time pass until then, or until `enough` says so."""
        while self._heap and self._heap[0][0] <= until and not enough():
            self.t, _, do = heappop(self._heap)
            do()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.t)

    def monotonic(self) -> float:
        return 1000.0 + self.t


class Task(greenlet):  # type: ignore[misc]  # untyped
    """One thread of a process."""

    process: "Process"
    of_run = ""
    seen_version: int | None = None


class Process:
    """One process: it has a wall clock of its own, and is killed or stopped as a whole."""

    def __init__(self, time: VirtualTime, name: str) -> None:
        self.time = time
        self.name = name
        self.alive = True
        self.stopped_until = 0.0
        self.clock_ahead_s = 0.0
        self.changes = 0

    def now(self) -> datetime:
        """The wall clock, which may be wrong. Stores have another."""
        return START + timedelta(seconds=self.time.t + self.clock_ahead_s)

    def monotonic(self) -> float:
        return self.time.monotonic()

    def spawn(self, work: Callable[[], None], after_s: float = 0.0, run: str = "") -> None:
        """Run `work` in a thread of its own; being killed ends it silently."""

        def body() -> None:
            try:
                work()
            except Killed:
                self.alive = False

        task = Task(body)
        task.process, task.of_run = self, run
        self.time.after(after_s, lambda: self._wake(task))

    def sleep(self, seconds: float) -> None:
        """Let others run. Killed is raised here when the process dies meanwhile."""
        task = getcurrent()
        self.time.after(seconds, lambda: self._wake(task))
        parent = task.parent
        assert parent is not None
        parent.switch()
        if not self.alive:
            raise Killed

    def stop_for(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT later: no thread of it goes on before."""
        self.stopped_until = max(self.stopped_until, self.time.t + seconds)

    def _wake(self, task: greenlet) -> None:
        if self.alive and self.stopped_until > self.time.t:
            self.time.at(self.stopped_until, lambda: self._wake(task))
        elif self.alive or task:
            task.switch()


def present() -> Task | None:
    """The task that runs now; None while nobody's does."""
    task = getcurrent()
    return task if isinstance(task, Task) else None
