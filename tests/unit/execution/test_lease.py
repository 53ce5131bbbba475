"""Leases: one owner at a time, which stops by its own clock before the store lets another one in."""

from datetime import timedelta
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.errors import LeaseLostError, UnreachableError
from dr_core.execution.lease import RunLease, Timing
from dr_core.execution.model import HoldKind
from dr_core.failpoints import Point, armed
from dr_core.store import run_leases, runs
from tests.crash.answers import LostAnswer

from .conftest import Stage

TIMING = Timing(ttl_s=20, beat_s=5, margin_s=8)
TAKEN: Any = (EventKind.RUN_TAKEN, {}, {}, None)


def take(stage: Stage, owner: str) -> int | None:
    ttl = timedelta(seconds=TIMING.ttl_s)
    return stage.store.write(lambda tx: run_leases.take(tx, stage.run_id, owner, ttl, [TAKEN]))


def owned(stage: Stage, epoch: int) -> RunLease:
    return RunLease(stage.store, stage.clock, stage.run_id, epoch, TIMING, sent_at=stage.clock.monotonic())


def test_a_lease_is_taken_when_it_has_run_out_and_each_owner_has_its_epoch(lite: Stage) -> None:
    lite.begin()
    assert take(lite, "one") == 1
    assert take(lite, "two") is None
    lite.clock.advance(TIMING.ttl_s)
    assert (take(lite, "two"), lite.store.read(run_leases.takeable)) == (None, ())
    lite.clock.advance(0.1)
    assert lite.store.read(run_leases.takeable) == (lite.run_id,)
    assert take(lite, "two") == 2


def test_a_take_that_asked_again_and_was_not_answered_is_its_owner_s_at_once(lite: Stage) -> None:
    """What stands in the chain behind the take is of the same commit."""
    lite.begin()
    lite.runner().tick()
    lite.clock.advance(3600)
    second = lite.runner()
    with armed(LostAnswer(1, [Point.RUN_TAKE])):
        second.tick()
    assert lite.run.holds_for(HoldKind.ROUND) is not None
    assert second.owned == (lite.run_id,)


def test_an_owner_stops_a_margin_before_the_store_lets_another_one_in(lite: Stage) -> None:
    """A call that was sent at the last moment has timed out by then."""
    lite.begin()
    lease = owned(lite, take(lite, "one") or 0)
    lite.clock.advance(TIMING.ttl_s - TIMING.margin_s - 0.1)
    lease.guard()
    lite.clock.advance(0.1)
    assert not lease.live
    with pytest.raises(LeaseLostError):
        lease.guard()


def test_a_renewal_counts_from_when_it_was_sent(lite: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer may take long; the store's time runs from before."""
    lite.begin()
    lease = owned(lite, take(lite, "one") or 0)
    lite.clock.advance(TIMING.beat_s)
    write = lite.store.write

    def slow(*args: Any) -> Any:
        done = write(*args)
        lite.clock.advance(6)
        return done

    monkeypatch.setattr(lite.store, "write", slow)
    lease.beat()
    lite.clock.advance(TIMING.ttl_s - TIMING.margin_s - 6)
    assert not lease.live


def test_a_renewal_whose_result_is_unknown_is_tried_again_until_the_owners_time_is_over(
    lite: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite.begin()
    lease = owned(lite, take(lite, "one") or 0)
    lite.clock.advance(TIMING.beat_s)
    with monkeypatch.context() as away:
        away.setattr(lite.store, "write", _unreachable)
        lease.beat()
        lite.clock.advance(2)
        assert lease.live
    lease.beat()
    lite.clock.advance(TIMING.ttl_s - TIMING.margin_s - 1)
    assert lease.live


def test_an_owner_whose_epoch_is_over_renews_nothing_and_knows_it(lite: Stage) -> None:
    lite.begin()
    lease = owned(lite, take(lite, "one") or 0)
    lite.clock.advance(TIMING.ttl_s + 1)
    assert take(lite, "two") == 2
    until = lite.run.lease_until
    lite.clock.advance(1)
    lease.beat()
    assert not lease.live
    assert lite.run.lease_until == until


def test_an_owner_that_just_lost_its_lease_is_not_live_for_the_rest_of_its_time(lite: Stage) -> None:
    """Somebody took the run away: the epoch grew while the lease went on."""
    lite.begin()
    lease = owned(lite, take(lite, "one") or 0)
    lite.clock.advance(TIMING.beat_s)
    taken = runs.Change([(EventKind.RUN_TAKEN_OVER, {}, {}, None)], {"epoch": 2})
    lite.store.write(lambda tx: runs.command(tx, lite.run_id, taken))
    assert lease.live
    lease.beat()
    assert not lease.live


def test_an_old_owner_gives_back_nothing_of_a_new_one(lite: Stage) -> None:
    lite.begin()
    lease = owned(lite, take(lite, "one") or 0)
    lite.clock.advance(TIMING.ttl_s + 1)
    take(lite, "two")
    lease.release()
    assert lite.run.owner == "two"
    assert lite.store.read(run_leases.takeable) == ()


def _unreachable(*_args: Any) -> None:
    raise UnreachableError("The store cannot be used.")
