"""What will happen in the world and when: one queue on the injected clock, run when somebody looks.

Simulated durations are divided by the speed; a new speed rescales what is still to come, so time never jumps back.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dr_core.clock import Clock

Action = Callable[[], None]


class Entry:
    """One thing to come: due at a moment of the monotonic clock, perhaps again and again."""

    def __init__(
        self,
        due: float,
        action: Action,
        *,
        scaled: bool,
        every: float | None = None,
        keep: int = 0,
        shortest: float = 0.0,
    ) -> None:
        self.due = due
        self.action = action
        self.scaled = scaled
        self.every = every
        self.keep = keep
        self.shortest = shortest
        self.cancelled = False

    def cancel(self) -> None:
        """It will not happen."""
        self.cancelled = True


class Timeline:
    """Runs due actions in order, each at its own moment; who reads or changes the world holds `lock` and settles."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._speed = _checked(speed)
        self._entries: list[Entry] = []
        self._moment: float | None = None

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def monotonic(self) -> float:
        """Now in seconds; inside an action, the moment at which it was due."""
        return self._clock.monotonic() if self._moment is None else self._moment

    @property
    def now(self) -> datetime:
        """Now as real wall time; inside an action, the moment at which it was due."""
        if self._moment is None:
            return self._clock.now()
        return self._clock.now() - timedelta(seconds=self._clock.monotonic() - self._moment)

    def after(self, seconds: float, action: Action, *, scaled: bool = True) -> Entry:
        """Do `action` once, in `seconds` of the world (or real ones, when not scaled)."""
        with self.lock:
            entry = Entry(self.monotonic + self._real(seconds, scaled), action, scaled=scaled)
            self._entries.append(entry)
            return entry

    def every(self, seconds: float, action: Action, *, keep: int, shortest: float = 0.05) -> Entry:
        """Do `action` every `seconds` of the world, at most once in `shortest` real seconds.

        After a long silence only the last `keep` times are caught up.
        """
        with self.lock:
            entry = Entry(0.0, action, scaled=True, every=seconds, keep=keep, shortest=shortest)
            entry.due = self.monotonic + self._interval(entry)
            self._entries.append(entry)
            return entry

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        with self.lock:
            if self._moment is not None:
                return
            until = self._clock.monotonic()
            while (entry := self._next(until)) is not None:
                self._run(entry)

    def set_speed(self, speed: float) -> None:
        """From now on durations are divided by `speed`; what is under way keeps its share done."""
        checked = _checked(speed)
        with self.lock:
            self.settle()
            now = self.monotonic
            for entry in self._entries:
                if entry.scaled:
                    entry.due = now + (entry.due - now) * self._speed / checked
            self._speed = checked

    def _real(self, seconds: float, scaled: bool) -> float:
        return seconds / self._speed if scaled else seconds

    def _interval(self, entry: Entry) -> float:
        return max(entry.shortest, (entry.every or 0.0) / self._speed)

    def _next(self, until: float) -> Entry | None:
        self._entries = [entry for entry in self._entries if not entry.cancelled]
        due = [entry for entry in self._entries if entry.due <= until]
        if not due:
            return None
        once = min((entry.due for entry in due if entry.every is None), default=until)
        for entry in due:
            self._skip(entry, once)
        # A single event comes before a repeated one of the same moment: what is published shows its effect.
        return min(due, key=lambda entry: (entry.due, entry.every is not None))

    def _skip(self, entry: Entry, until: float) -> None:
        if entry.every is None or entry.due > until:
            return
        interval = self._interval(entry)
        surplus = int((until - entry.due) / interval) - entry.keep
        if surplus > 0:
            entry.due += surplus * interval

    def _run(self, entry: Entry) -> None:
        self._moment = entry.due
        try:
            if entry.every is None:
                entry.cancel()
            else:
                entry.due += self._interval(entry)
            entry.action()
        finally:
            self._moment = None


def _checked(speed: float) -> float:
    if not 0 < speed <= 100_000:
        raise ValueError("speed: expected a number above 0 and at most 100000")
    return float(speed)
