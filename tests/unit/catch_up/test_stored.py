"""Tracks as the store has them: the stores that gate towards a region, by the samples of every worker."""

from datetime import timedelta

from dr_core.catch_up.judge import judge, reach_back
from dr_core.catch_up.stored import StoredTracks
from dr_core.clock import ManualClock
from dr_core.store import observations
from dr_core.store.engine import Store
from tests.unit.approvals.conftest import CENTRAL, WEST, observed

HOLD = timedelta(minutes=2)


def test_what_was_observed_for_the_whole_hold_is_caught_up_and_a_restart_loses_none_of_it(sqlite_url: str) -> None:
    clock = ManualClock()
    store = Store(sqlite_url, clock=clock)
    for _ in range(13):
        store.write(lambda tx: observations.save(tx, observed(clock.now(), lag_s=0.4, measured_ago_s=0)))
        clock.advance(10)
    track = StoredTracks(store, timedelta(seconds=10)).track("shop", WEST, reach_back(HOLD))
    assert [(one.kind, one.name, one.threshold_s) for one in track.stores] == [("aurora", "shop", 60)]
    assert judge(track, HOLD).caught_up
    assert not judge(track, timedelta(minutes=5)).caught_up
    elsewhere = StoredTracks(store, timedelta(seconds=10)).track("shop", CENTRAL, reach_back(HOLD))
    assert elsewhere.stores == (), "nothing is measured towards the region that writes"
    assert StoredTracks(store, timedelta(minutes=10)).track("shop", WEST, HOLD).fresh_s == 1800
    store.dispose()


def test_an_application_that_nobody_observed_has_no_track(sqlite_url: str) -> None:
    store = Store(sqlite_url, clock=ManualClock())
    assert StoredTracks(store, timedelta(seconds=10)).track("shop", WEST, HOLD).stores == ()
    store.dispose()
