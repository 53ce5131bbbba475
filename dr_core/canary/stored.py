"""Trials as the store has them: a restarted worker goes on where the one before was."""

from datetime import datetime

from dr_core.canary.port import Probes, Trial
from dr_core.execution.model import Run, StepState
from dr_core.observation.samples import signal_series
from dr_core.store import observations, runs
from dr_core.store.engine import Store, Tx


class StoredTrials:
    """The start by the run's own record, the measurements by the samples of every worker that observes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def trial(self, application: str, start: str, probes: Probes) -> Trial:
        def work(tx: Tx) -> Trial:
            found = runs.unfinished(tx, application)
            records = [record for run in found for record in run.steps]
            begun = [record.ended_at for record in records if record.name == start and record.state is StepState.DONE]
            stops = [stop for run in found if (stop := _stop(run, tx.now()))]
            now, stopped = min(stops, default=(tx.now(), ""))
            begun_at = next(iter(begun), None)
            if begun_at is None:
                return Trial(None, now, stopped=stopped)
            now = max(now, begun_at)
            names = [signal_series("http", url) for urls in probes.values() for url in urls]
            samples = observations.samples(tx, application, names, tuple(probes), begun_at)
            return Trial(begun_at, now, tuple(one for one in samples if one.at <= now), stopped)

        return self._store.read(work)


def _stop(run: Run, now: datetime) -> tuple[datetime, str] | None:
    """Since when and why nothing new starts in the run; None while it goes on. The first reason counts."""
    found = [(hold.since, hold.reason) for hold in run.holds]
    found += [
        (record.ended_at or now, f"{record.name} failed") for record in run.steps if record.state is StepState.FAILED
    ]
    if run.braked_since is not None:
        found.append((run.braked_since, "the brake is on"))
    if run.ending is not None:
        found.append((run.ending.at, "the run is to end"))
    return min(found, default=None)
