"""Tracks in memory: tests say what was measured."""

from datetime import timedelta

from dr_core.catch_up.port import StoreTrack, Track
from dr_core.clock import Clock
from dr_core.observation.samples import Sample, exposure_series

EVERY_S = 10.0


class MemoryTracks:
    """Stores by name with how far each is behind, in seconds, measured every ten of them; None: nobody knows."""

    def __init__(self, clock: Clock, behind: dict[str, float | None], *, threshold_s: float = 60.0) -> None:
        self._clock = clock
        self._threshold_s = threshold_s
        self.behind = behind

    def track(self, application: str, region: str, back: timedelta) -> Track:
        now = self._clock.now()
        moments = [now - timedelta(seconds=n * EVERY_S) for n in range(int(back.total_seconds() / EVERY_S), -1, -1)]
        stores = []
        for name, seconds in self.behind.items():
            ok = None if seconds is None else seconds <= self._threshold_s
            series = exposure_series("memory", name)
            samples = tuple(Sample(application, region, series, at, seconds, ok) for at in moments)
            stores.append(StoreTrack("memory", name, self._threshold_s, samples))
        return Track(now, tuple(stores))
