"""Which samples tell whether users were served: those of the region that was active at the time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dr_core.objectives.availability import (
    Move,
    active_at,
    endpoints,
    region_of,
    serves_at,
    serving,
    serving_key,
    told_by,
    worst_serving,
)
from dr_core.objectives.tally import Result, Tally, tally
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


@pytest.mark.parametrize(
    ("minute", "moves", "expected"),
    [
        (5, (), True),
        (5, (THERE,), True),
        (15, (THERE,), False),
        (15, (THERE, replace(BACK, returning=True)), False),
        (25, (THERE, replace(BACK, returning=True)), True),
        (15, (replace(BACK, returning=True),), False),  # the shift before it is not kept any more
        (15, (Move(at(10), "b", "a"),), True),
    ],
)
def test_where_every_region_serves_one_does_until_users_are_shifted_away(
    minute: float, moves: tuple[Move, ...], expected: bool
) -> None:
    assert serves_at("a", at(minute), moves) is expected


def test_where_every_region_serves_an_outage_of_one_is_not_hidden_by_the_others() -> None:
    samples = {"a": [Result(at(1), True, None)], "b": [Result(at(1), False, None), Result(at(25), False, None)]}
    series = told_by(0, samples, (Move(at(20), "b", "a"),), None)
    tallies = {key: tally(results, at(0), at(30), 60) for key, results in series.items()}
    worst = worst_serving(tallies)
    assert worst is not None
    assert (region_of(worst), tallies[worst].availability, tallies[worst].bad) == ("b", 0, 1)
    assert region_of(serving_key(0)) == ""


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
