"""Tracks as the store has them: whoever observed, and whichever worker asks."""

from datetime import timedelta

from dr_core.catch_up.port import FRESH_S, StoreTrack, Track
from dr_core.observation.samples import exposure_series
from dr_core.store import observations
from dr_core.store.engine import Store, Tx


class StoredTracks:
    """Which stores gate is told by the last observation, how far they were behind by the samples of all."""

    def __init__(self, store: Store, interval: timedelta) -> None:
        """`interval` is the time between two passes of observation."""
        self._store = store
        self._fresh_s = max(FRESH_S, 3 * interval.total_seconds())

    def track(self, application: str, region: str, back: timedelta) -> Track:
        def work(tx: Tx) -> Track:
            now, seen = tx.now(), observations.latest(tx, application)
            readings = [r for r in seen.readings if r.gate and r.region == region] if seen is not None else []
            names = {(r.kind, r.name): exposure_series(r.kind, r.name) for r in readings}
            found = observations.samples(tx, application, list(names.values()), [region], now - back) if names else ()
            stores = tuple(
                StoreTrack(r.kind, r.name, r.threshold_s, tuple(s for s in found if s.name == names[r.kind, r.name]))
                for r in readings
            )
            return Track(now, stores, self._fresh_s)

        return self._store.read(work)
