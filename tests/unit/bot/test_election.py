"""Who announces: one at a time, believed for seconds, handed over when what is under way has ended."""

from datetime import timedelta

from bot.election import Election
from bot.metrics import Metrics
from dr_core.clock import ManualClock
from dr_core.store import leases
from dr_core.store.engine import Store


def election(store: Store, clock: ManualClock, owner: str, metrics: Metrics | None = None) -> Election:
    return Election(store, clock, "announcer", owner, metrics or Metrics())


def test_one_leads_and_another_takes_over_as_soon_as_it_is_released(store: Store, clock: ManualClock) -> None:
    first, second = election(store, clock, "a"), election(store, clock, "b")
    assert (first.hold(), second.hold()) == (True, False)
    first.release()
    clock.advance(0.5)
    assert second.hold(), "it is asked for twice a second"
    clock.advance(60)
    assert not first.hold(), "who has released never asks again"


def test_one_that_retires_begins_nothing_and_keeps_the_lease_until_it_releases_it(
    store: Store, clock: ManualClock
) -> None:
    first, second = election(store, clock, "a"), election(store, clock, "b")
    assert first.hold()
    first.retire()
    clock.advance(1)
    assert (first.hold(), second.hold()) == (False, False), "what is being told now is told by one"
    assert store.read(leases.holders) == {"announcer": "a"}
    first.release()
    clock.advance(1)
    assert second.hold()


def test_a_leader_that_sleeps_asks_again_before_it_acts(store: Store, clock: ManualClock) -> None:
    first, second = election(store, clock, "a"), election(store, clock, "b")
    assert first.hold()
    clock.advance(21)
    assert second.hold()
    assert not first.hold()


def test_the_gauge_says_who_leads(store: Store, clock: ManualClock) -> None:
    metrics = Metrics()
    leading = election(store, clock, "a", metrics)
    leading.hold()
    assert b'dr_bot_leader{lease="announcer"} 1.0' in metrics.text()
    leading.release()
    assert b'dr_bot_leader{lease="announcer"} 0.0' in metrics.text()
    assert store.write(lambda tx: leases.take_or_renew(tx, "announcer", "b", timedelta(seconds=20)))
