"""Which samples tell whether users were served: those of the region that was active at the time."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.objectives.availability import Move, active_at, endpoints, serving, serving_key, worst_serving
from dr_core.objectives.tally import Result, Tally
from dr_core.topology.model import Topology

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


THERE, BACK = Move(at(10), "a", "b"), Move(at(20), "b", "a")


@pytest.mark.parametrize(
    ("minute", "moves", "expected"),
    [
        (5, (), "now"),
        (5, (THERE,), "a"),
        (10, (THERE,), "b"),
        (15, (THERE, BACK), "b"),
        (25, (THERE, BACK), "a"),
    ],
)
def test_a_region_is_active_until_the_run_away_from_it_succeeded(
    minute: float, moves: tuple[Move, ...], expected: str
) -> None:
    assert active_at(at(minute), moves, "now") == expected


def test_the_standbys_samples_do_not_count() -> None:
    samples = {
        "a": [Result(at(1), True, None), Result(at(11), False, None)],
        "b": [Result(at(2), False, None), Result(at(12), True, None)],
    }
    assert [(r.at, r.ok) for r in serving(samples, (THERE,), "b")] == [(at(1), True), (at(12), True)]


def test_the_worst_endpoint_is_the_applications_availability() -> None:
    series = {
        serving_key(0): Tally(good_s=90, bad_s=10),
        serving_key(1): Tally(good_s=99, bad_s=1),
        serving_key(2): Tally(unknown_s=100),
        "a|verdict": Tally(bad_s=100),
    }
    assert worst_serving(series) == serving_key(0)
    assert worst_serving({serving_key(0): Tally(unknown_s=5)}) is None


def test_endpoints_are_named_as_their_samples_are(shop: Topology) -> None:
    [entry] = endpoints(shop.applications["shop"])
    assert set(entry) == set(shop.applications["shop"].regions)
    assert all(name.startswith("signal/http/https://") for name in entry.values())
