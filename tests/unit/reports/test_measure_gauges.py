"""What a worker's /metrics says of the measurements, and how the sandbox's page reads it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from bot.sandbox.told import Told, read
from dr_core.clock import ManualClock
from dr_core.plan.step import Severity
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.reports.measure_gauges import MeasureGauges
from dr_core.store import observations, snapshots
from dr_core.store.engine import Store
from dr_core.store.snapshots import Snapshot
from dr_core.topology.model import Topology
from tests.unit.approvals.conftest import observed

WEST = "eu-west-1"


@pytest.fixture
def lite(sqlite_url: str, clock: ManualClock) -> Iterator[Store]:
    store = Store(sqlite_url, clock=clock)
    yield store
    store.dispose()


def scraped(store: Store, shop: Topology, clock: ManualClock) -> str:
    registry = CollectorRegistry()
    registry.register(MeasureGauges(store, shop, clock))
    return generate_latest(registry).decode()


def preflight(store: Store, clock: ManualClock, *found: tuple[str, CheckState, Severity]) -> None:
    checks = tuple(
        Check(
            code=code, area="names", region=WEST, subject="shop", state=state, severity=severity, message="m",
            source="s", checked_at=datetime(2026, 1, 5, tzinfo=UTC),
        )
        for code, state, severity in found
    )  # fmt: skip
    sheet = Sheet(application="shop", at=clock.now(), duration_s=1, complete=True, checks=checks)
    store.write(lambda tx: snapshots.put(tx, Snapshot("readiness/shop", clock.now(), sheet.model_dump_json())))


def test_exposure_age_and_verdicts_are_gauges(lite: Store, shop: Topology, clock: ManualClock) -> None:
    lite.write(lambda tx: observations.save(tx, observed(clock.now())))
    text = scraped(lite, shop, clock)
    assert 'dr_exposure_seconds{application="shop",kind="aurora",region="eu-west-1",store="shop"} 0.4' in text
    assert 'dr_exposure_age_seconds{application="shop",kind="aurora",region="eu-west-1",store="shop"} 5.0' in text
    assert 'dr_region_verdict{application="shop",region="eu-central-1",verdict="healthy"} 1.0' in text


def test_what_is_unknown_is_absent_and_never_zero(lite: Store, shop: Topology, clock: ManualClock) -> None:
    lite.write(lambda tx: observations.save(tx, observed(clock.now(), lag_s=None)))
    text = scraped(lite, shop, clock)
    assert "dr_exposure_seconds{" not in text
    assert "dr_availability_percent{" not in text
    assert "dr_preflight_age_seconds{" not in text
    assert 'store="shop",verdict="unknown"} 1.0' in text


def test_the_page_is_told_the_lag_and_the_findings_the_worst_first(
    lite: Store, shop: Topology, clock: ManualClock
) -> None:
    seen = observed(clock.now())
    readings = tuple(reading.model_copy(update={"kind": "aurora_global"}) for reading in seen.readings)
    lite.write(lambda tx: observations.save(tx, seen.model_copy(update={"readings": readings})))
    preflight(
        lite, clock,
        ("ttl", CheckState.FINDING, Severity.WARNING), ("quota", CheckState.UNKNOWN, Severity.BLOCKING),
        ("names", CheckState.FINDING, Severity.BLOCKING), ("posture", CheckState.OK, Severity.BLOCKING),
    )  # fmt: skip
    clock.advance(7)
    told = read(scraped(lite, shop, clock))["shop"]
    assert told["lags"] == {WEST: {"seconds": 0.4, "age_s": 12, "verdict": "ok"}}
    assert [(one["code"], one["severity"]) for one in told["findings"]] == [
        ("names", "blocking"), ("quota", "unknown"), ("ttl", "warning"),
    ]  # fmt: skip
    assert told["preflight_age_s"] == 7


def test_the_first_worker_that_answers_is_heard_and_silence_is_empty() -> None:
    def ask(port: int) -> str:
        if port == 1:
            raise ConnectionRefusedError
        return 'dr_preflight_age_seconds{application="shop"} 3.0\n'

    assert Told((1, 2), ask)()["shop"]["preflight_age_s"] == 3
    assert Told((1,), ask)() == {}
