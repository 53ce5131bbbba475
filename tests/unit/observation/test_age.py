"""How old what was seen is: clocks differ a little, and more than that is no age."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.observation import age
from dr_core.observation.model import Observation, Verdict
from dr_core.standing.look import look
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.model import Topology
from tests.unit.approvals.conftest import observed

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(("ago", "expected"), [(95, 95), (0, 0), (-4, 0), (-6, None), (-3600, None)])
def test_what_is_yet_to_come_has_no_age(ago: float, expected: float | None) -> None:
    assert age.age_s(NOW - timedelta(seconds=ago), NOW) == expected


@pytest.mark.parametrize(
    ("interval_s", "ago", "expected"),
    [(10, 30, True), (10, 31, False), (1, 30, True), (60, 180, True), (10, -6, False)],
)
def test_a_pass_speaks_for_three_intervals_and_not_for_the_past(interval_s: int, ago: float, expected: bool) -> None:
    seen = Observation(application="a", observed_at=NOW - timedelta(seconds=ago), duration_s=0.1)
    assert age.fresh(seen, NOW, timedelta(seconds=interval_s)) is expected
    assert not age.fresh(None, NOW, timedelta(seconds=interval_s))


@pytest.mark.parametrize(("ago", "expected"), [(600, True), (599, False), (0, False), (-3600, True)])
def test_what_a_clock_that_was_ahead_has_done_is_done_again(ago: float, expected: bool) -> None:
    assert age.due(NOW - timedelta(seconds=ago), NOW, timedelta(minutes=10)) is expected


def test_a_pass_from_the_future_makes_everything_unknown_because_clocks_differ(store: Store, shop: Topology) -> None:
    store.write(lambda tx: observations.save(tx, observed(NOW + timedelta(seconds=60))))
    standing = store.read(lambda tx: look(tx, shop, "shop", NOW))
    assert standing.age_s is None
    assert {region.verdict for region in standing.regions.values()} == {Verdict.UNKNOWN}
    assert "the clocks differ" in standing.writers_reason
    assert all(store.exposure_seconds is None for store in standing.stores)
