"""Whether a region has caught up: every store that gates within its objective, for the whole hold, without a gap."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.catch_up.judge import judge
from dr_core.catch_up.port import StoreTrack, Track
from dr_core.observation.samples import Sample

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOLD = timedelta(minutes=2)
GOOD, OVER, UNKNOWN = (0.5, True), (75.0, False), (None, None)


def track(*stores: list[tuple[int, tuple[float | None, bool | None]]], fresh_s: float = 180.0) -> Track:
    """Stores by (seconds ago, what was measured), oldest first."""
    made = []
    for number, samples in enumerate(stores):
        found = tuple(
            Sample("shop", "eu-west-1", "exposure/k/n", NOW - timedelta(seconds=ago), *what) for ago, what in samples
        )
        made.append(StoreTrack("aurora_global", f"store-{number}", 60.0, found))
    return Track(NOW, tuple(made), fresh_s)


@pytest.mark.parametrize(
    ("remark", "samples", "caught_up", "left_s"),
    [
        ("held for longer than the hold", [(180, GOOD), (120, GOOD), (60, GOOD), (5, GOOD)], True, 0),
        ("held for a part of it", [(60, GOOD), (5, GOOD)], False, 65),
        ("one figure alone has held for no time, however old it is", [(150, GOOD)], False, 120),
        ("one figure after it was over: what came since was not measured", [(180, OVER), (150, GOOD)], False, 120),
        ("what was measured counts up to the newest figure", [(180, GOOD), (60, GOOD)], True, 0),
        ("once over within the hold: it begins anew", [(180, GOOD), (90, OVER), (60, GOOD), (5, GOOD)], False, 65),
        ("unknown within the hold: as over", [(180, GOOD), (90, UNKNOWN), (30, GOOD)], False, 120),
        ("a gap that is too long: as unknown", [(400, GOOD), (30, GOOD)], False, 120),
        ("over now", [(180, GOOD), (5, OVER)], False, None),
        ("unknown now", [(180, GOOD), (5, UNKNOWN)], False, None),
        ("the newest is too old to speak for now", [(400, GOOD), (200, GOOD)], False, None),
        ("never measured", [], False, None),
        ("in step, without seconds", [(130, (None, True)), (5, (None, True))], True, 0),
    ],
)
def test_a_store_holds_for_as_long_as_it_was_good_without_a_break(remark, samples, caught_up, left_s):
    found = judge(track(samples), HOLD)
    assert (found.caught_up, found.left_s) == (caught_up, left_s), remark


def test_the_store_that_holds_shortest_decides_and_one_that_does_not_decides_alone():
    long = [(180, GOOD), (60, GOOD), (5, GOOD)]
    assert judge(track(long, [(60, GOOD), (30, GOOD)]), HOLD).left_s == 90
    assert judge(track(long, [(30, OVER)]), HOLD).left_s is None


def test_nothing_measured_is_not_caught_up():
    assert not judge(track(), HOLD).caught_up


def test_value_threshold_and_age_stand_together_for_each_store():
    assert judge(track([(60, GOOD), (5, GOOD)]), HOLD).why == (
        "store-0: 0.5 s, threshold 60 s, measured 5 s ago, held for 55 of 120 s"
    )
    assert judge(track([(5, OVER)]), HOLD).why == "store-0: 75 s, threshold 60 s, measured 5 s ago: over it"
    assert "stale" in judge(track([(300, GOOD)]), HOLD).why


def test_where_it_is_observed_seldom_a_sample_speaks_for_longer():
    samples = [(600, GOOD), (300, GOOD), (10, GOOD)]
    assert not judge(track(samples), timedelta(minutes=9)).caught_up
    assert judge(track(samples, fresh_s=900.0), timedelta(minutes=9)).caught_up
