"""Trials in memory: tests say when a canary began and what was measured."""

from collections.abc import Callable
from datetime import datetime

from dr_core.canary.port import Probes, Trial
from dr_core.clock import Clock
from dr_core.errors import UnreachableError
from dr_core.observation.samples import Sample


class MemoryTrials:
    """`begun` answers when the start was recorded; `samples` holds what was measured, oldest first."""

    def __init__(self, clock: Clock, begun: Callable[[], datetime | None] = lambda: None) -> None:
        self._clock = clock
        self.begun = begun
        self.samples: list[Sample] = []
        self.down = False
        self.stopped = ""

    def trial(self, application: str, start: str, probes: Probes) -> Trial:
        if self.down:
            raise UnreachableError("The store did not answer.")
        begun_at = self.begun()
        if begun_at is None:
            return Trial(None, self._clock.now())
        samples = tuple(one for one in self.samples if one.at >= begun_at)
        return Trial(begun_at, self._clock.now(), samples, self.stopped)
