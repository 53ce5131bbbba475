"""Builds the replication report from the store alone: every store's exposure, its figures, and how it went lately."""

from datetime import datetime

from dr_core.observation.samples import Sample, exposure_series
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.curves import LONGEST, Curve, curve_of, span_of
from dr_core.reports.listing import ApplicationReplication, ReplicationReport
from dr_core.reports.status import exposure_reason, named
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.standing.model import Standing
from dr_core.store import observations
from dr_core.store.engine import Tx


def replication(services: Services, application: str | None = None) -> ReplicationReport:
    """Exposure of every store, from the last observation, and of the last hours from the samples."""
    now = services.clock.now()

    def work(tx: Tx) -> tuple[ApplicationReplication, ...]:
        return tuple(
            _replication(tx, look(tx, services.topology, name, now), now) for name in named(services, application)
        )

    return ReplicationReport(at=now, applications=services.store.read(work))


def _replication(tx: Tx, standing: Standing, now: datetime) -> ApplicationReplication:
    series = {exposure_series(store.kind, store.name) for store in standing.stores}
    regions = {store.region for store in standing.stores}
    samples = observations.samples(tx, standing.name, sorted(series), sorted(regions), now - LONGEST)
    span = span_of(samples, now)
    apart: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        apart.setdefault((sample.name, sample.region), []).append(sample)

    def curve(store: StoreExposure) -> Curve:
        mine = apart.get((exposure_series(store.kind, store.name), store.region), [])
        return curve_of(store.kind, store.name, store.region, mine, now, span)

    return ApplicationReplication(
        name=standing.name,
        active_region=standing.active,
        serving=standing.serving,
        observed_at=standing.observation.observed_at if standing.observation else None,
        age_seconds=standing.age_s,
        stores=standing.stores,
        curves=tuple(curve(store) for store in standing.stores),
        exposure_seconds=standing.exposure_s,
        reason=exposure_reason(standing),
    )
