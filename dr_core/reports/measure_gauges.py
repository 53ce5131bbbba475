"""What was measured, as `/metrics` of each worker shows it, read from the store when it is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dr_core.clock import Clock
from dr_core.errors import DrError
from dr_core.objectives.keeping import history_of
from dr_core.objectives.performance import Window
from dr_core.observation.age import age_s
from dr_core.readiness.model import Check, CheckState
from dr_core.replication.exposure import StoreExposure
from dr_core.standing.look import look
from dr_core.store import readiness
from dr_core.store.engine import Store, Tx
from dr_core.topology.model import Topology

_STORE = ("application", "kind", "store", "region")
_MOST_FINDINGS = 50
"""Of an application, so that a scrape stays small."""


@dataclass
class _Families:
    """Unknown is absent: a gauge is a number, and none stands for what nobody knows."""

    verdict: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_region_verdict", "1 for the verdict of a region", labels=["application", "region", "verdict"]
        )
    )
    exposure: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_exposure_seconds", "What would be lost towards a region; absent when unknown", labels=_STORE
        )
    )
    age: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_exposure_age_seconds", "Since the figure was measured", labels=_STORE
        )
    )
    store: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_store_verdict", "1 for the verdict of a store's exposure", labels=[*_STORE, "verdict"]
        )
    )
    available: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_availability_percent", "Of the known time of the window", labels=["application", "window"]
        )
    )
    finding: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_readiness_finding",
            "1 for each thing the last preflight found or could not ask",
            labels=["application", "region", "code", "subject", "severity"],
        )
    )
    preflight: GaugeMetricFamily = field(
        default_factory=lambda: GaugeMetricFamily(
            "dr_preflight_age_seconds", "Since the last preflight; absent before the first", labels=["application"]
        )
    )

    def all(self) -> tuple[GaugeMetricFamily, ...]:
        return (self.verdict, self.exposure, self.age, self.store, self.available, self.finding, self.preflight)


class MeasureGauges(Collector):
    """Absent while the store cannot be asked."""

    def __init__(self, store: Store, topology: Topology, clock: Clock) -> None:
        self._store, self._topology, self._clock = store, topology, clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Registering asks nothing of the store."""
        yield from _Families().all()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            yield from self._store.read(self._read).all()
        except DrError:
            return

    def _read(self, tx: Tx) -> _Families:
        found, now = _Families(), self._clock.now()
        for name in self._topology.applications:
            self._standing(tx, name, now, found)
            _history(tx, name, now, found)
            _readiness(tx, name, now, found)
        return found

    def _standing(self, tx: Tx, name: str, now: datetime, found: _Families) -> None:
        standing = look(tx, self._topology, name, now)
        for region, seen in standing.regions.items():
            found.verdict.add_metric([name, region, seen.verdict.value], 1)
        for store in standing.stores:
            _store(name, store, found)


def _store(name: str, store: StoreExposure, found: _Families) -> None:
    labels = [name, store.kind, store.name, store.region]
    found.store.add_metric([*labels, store.verdict], 1)
    if store.exposure_seconds is not None and store.verdict in ("ok", "over"):
        found.exposure.add_metric(labels, store.exposure_seconds)
    if store.age_seconds is not None:
        found.age.add_metric(labels, store.age_seconds)


def _history(tx: Tx, name: str, now: datetime, found: _Families) -> None:
    history = history_of(tx, name)
    for window in Window if history is not None and history.current(now) else ():
        span, key = history.span(window) if history else None, history.serving.get(window) if history else None
        value = span.series[key].availability if span is not None and key is not None else None
        if value is not None:
            found.available.add_metric([name, window.value], value)


def _readiness(tx: Tx, name: str, now: datetime, found: _Families) -> None:
    sheet = readiness.get(tx, name)
    if sheet is None:
        return
    if (age := age_s(sheet.at, now)) is not None:
        found.preflight.add_metric([name], age)
    told = {_labels(check) for check in sheet.checks if check.state is not CheckState.OK}
    for labels in sorted(told)[:_MOST_FINDINGS]:
        found.finding.add_metric([name, *labels], 1)


def _labels(check: Check) -> tuple[str, str, str, str]:
    severity = "unknown" if check.state is CheckState.UNKNOWN else check.severity.value
    return check.region or "", check.code, check.subject[:100], severity
