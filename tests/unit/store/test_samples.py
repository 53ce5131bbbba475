"""Samples of weeks: what is asked of them every few seconds reads by the whole key, and never all of them."""

from datetime import timedelta

from sqlalchemy import event

from dr_core.clock import ManualClock
from dr_core.observation.model import Observation, RegionVerdict, Verdict
from dr_core.store import observations
from dr_core.store.engine import Store

REGIONS = ("eu-central-1", "eu-west-1")


def test_keeping_and_reading_samples_search_by_the_whole_key(sqlite_url: str, clock: ManualClock) -> None:
    """SQLite would else read every sample of the application, while nobody else can write."""
    store, asked = Store(sqlite_url, clock=clock), []

    @event.listens_for(store.engine, "before_cursor_execute")
    def _note(_conn: object, _cursor: object, statement: str, values: object, _c: object, _many: object) -> None:
        if statement.startswith("SELECT sample."):
            asked.append((statement, values))

    now = clock.now()
    verdicts = tuple(
        RegionVerdict(region=region, verdict=Verdict.HEALTHY, reasons=(), since=now, observed_at=now)
        for region in REGIONS
    )
    seen = Observation(application="shop", observed_at=now, duration_s=0.1, verdicts=verdicts)
    store.write(lambda tx: observations.save(tx, seen))
    found = store.read(lambda tx: observations.samples(tx, "shop", ("verdict",), REGIONS, now - timedelta(hours=1)))
    assert {sample.region for sample in found} == set(REGIONS)
    assert len(asked) == 1, "keeping them reads none"
    with store.engine.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "application=? AND name=? AND region=? AND at" in str(plan), plan
    store.dispose()
