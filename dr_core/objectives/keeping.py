"""The duty under the lease `history`: add up stored samples, so that reports over 30 days answer in milliseconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dr_core.clock import Clock
from dr_core.duty import survived
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.objectives.availability import (
    METHOD_PROBES,
    METHOD_PROBES_ALL,
    METHOD_VERDICT,
    METHOD_VERDICT_ALL,
    VERDICT,
    endpoints,
    told_by,
    worst_serving,
)
from dr_core.objectives.performance import LENGTHS, Buckets, History, Series, Window, folded, hour_of, span_of, windows
from dr_core.objectives.tally import Result, tally
from dr_core.observation.active import active_region
from dr_core.observation.age import longest_s
from dr_core.store import observations, snapshots
from dr_core.store.engine import Store, Tx
from dr_core.store.snapshots import Snapshot
from dr_core.topology.model import Topology

Shape = TypeVar("Shape", bound=BaseModel)

LEASE = "history"
EVERY_S = 30.0
_HOURS_AT_ONCE = 24
_SETTLES_IN = timedelta(minutes=2)
"""A pass is kept seconds after its samples were taken: an hour is not final at its very end."""


def history_of(tx: Tx, application: str) -> History | None:
    """What was kept last; None when nothing was kept yet, or in another shape."""
    found = snapshots.get(tx, f"history/{application}")
    return None if found is None else _of_this_shape(History, found.body)


def _of_this_shape(kind: type[Shape], body: str) -> Shape | None:
    """None for what another version wrote in another shape: it is counted anew from the samples."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return None


@dataclass(frozen=True)
class _Counted:
    """What is to be kept, and whether everything up to now is counted in it."""

    buckets: Buckets
    history: History
    complete: bool


class Keeping:
    """Counts every complete hour once, and the running one anew in each pass."""

    def __init__(self, store: Store, topology: Topology, lease: NamedLease, clock: Clock) -> None:
        self._store = store
        self._topology = topology
        self._lease = lease
        self._clock = clock
        self._longest_s = longest_s(topology.detection.interval)
        self._next = 0.0

    def round(self) -> None:
        """Keep the lease if it is ours, and make a pass over every application when it is time."""
        if not self._lease.hold() or self._clock.monotonic() < self._next:
            return
        for application in self._topology.applications:
            survived("history_not_kept", partial(self.pass_over, application), application=application)
        self._next = self._clock.monotonic() + EVERY_S

    def pass_over(self, application: str) -> None:
        """Count what is new and keep the figures; a long absence is caught up with in several commits."""
        complete = False
        while not complete:
            now = self._clock.now()
            counted = self._store.read(partial(self._counted, application=application, now=now))
            self._store.write(partial(_put, application=application, counted=counted), Point.HISTORY_KEEP)
            complete = counted.complete

    def _counted(self, tx: Tx, application: str, now: datetime) -> _Counted:
        kept = snapshots.get(tx, f"tally/{application}")
        buckets = _of_this_shape(Buckets, kept.body) if kept is not None else None
        if buckets is None:
            buckets = Buckets(until=hour_of(observations.first_sample(tx, application) or now))
        end = min(hour_of(now) + timedelta(hours=1), buckets.until + timedelta(hours=_HOURS_AT_ONCE))
        look = _Look(tx, self._topology, application, self._longest_s)
        found, at = dict(buckets.hours), buckets.until
        while at < end:
            found[at] = look.series(at, min(at + timedelta(hours=1), now))
            at += timedelta(hours=1)
        # An hour that is not final is counted anew in each pass, so it is not behind `until`.
        until = max(buckets.until, min(end, hour_of(now - _SETTLES_IN)))
        buckets = folded(Buckets(until=until, hours=found, days=buckets.days), now)
        current = look.series(now - LENGTHS[Window.HOUR], now)
        return _Counted(buckets, self._history(application, windows(buckets, current, now), now), end > now)

    def _history(self, application: str, found: Mapping[Window, tuple[datetime, Series]], now: datetime) -> History:
        worst = {window: worst_serving(series) for window, (_, series) in found.items()}
        app = self._topology.applications[application]
        methods = (METHOD_PROBES_ALL, METHOD_VERDICT_ALL) if app.active_active else (METHOD_PROBES, METHOD_VERDICT)
        return History(
            at=now,
            method=methods[0] if endpoints(app) else methods[1],
            longest_s=self._longest_s,
            spans=tuple(span_of(window, since, now, series) for window, (since, series) in found.items()),
            serving={window: key for window, key in worst.items() if key is not None},
        )


def _put(tx: Tx, application: str, counted: _Counted) -> None:
    at = counted.history.at
    snapshots.put(tx, Snapshot(f"tally/{application}", at, counted.buckets.model_dump_json()))
    snapshots.put(tx, Snapshot(f"history/{application}", at, counted.history.model_dump_json()))


class _Look:
    """The samples of one application, read in one transaction."""

    def __init__(self, tx: Tx, topology: Topology, application: str, longest_s: float) -> None:
        self._tx = tx
        self._name = application
        self._application = topology.applications[application]
        self._longest_s = longest_s
        self._moves = observations.moves(tx, application)
        recorded, fences = observations.active_region(tx, application), observations.region_fences(tx, application)
        seen = observations.latest(tx, application)
        active = active_region(self._application, seen, recorded, fences)[0] or self._application.primary
        self._active = None if self._application.active_active else active

    def series(self, since: datetime, until: datetime) -> Series:
        """Every series of a span, and those that tell whether users were served."""
        start = since - timedelta(seconds=self._longest_s)
        urls = endpoints(self._application)
        verdicts = self._read(VERDICT, start, until)
        found = {f"{region}|{VERDICT}": results for region, results in verdicts.items()}
        judged = []
        for entry in urls:
            probes = {region: self._read(name, start, until).get(region, ()) for region, name in entry.items()}
            found |= {f"{region}|{entry[region]}": results for region, results in probes.items()}
            judged.append(probes)
        for number, samples in enumerate(judged or [verdicts]):
            found |= told_by(number, samples, self._moves, self._active)
        return {key: tally(results, since, until, self._longest_s) for key, results in found.items()}

    def _read(self, name: str, since: datetime, until: datetime) -> dict[str, Sequence[Result]]:
        found: dict[str, list[Result]] = {}
        regions = self._application.regions
        for sample in observations.samples(self._tx, self._name, (name,), regions, since, until):
            found.setdefault(sample.region, []).append(Result(sample.at, sample.ok, sample.value))
        return dict(found)
