"""What waits to be told: each chain in its own order, whatever the clock did."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy

from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.store import anchors, events
from dr_core.store.engine import Store, Tx

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")


class Wound:
    """A clock that can be set back, as a failover of the database does."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.back = clock, timedelta()

    def now(self) -> datetime:
        return self.clock.now() - self.back

    def monotonic(self) -> float:
        return self.clock.monotonic()


def append(store: Store, chain: str) -> None:
    def work(tx: Tx) -> None:
        events.append(tx, chain, (EventKind.CONFIG_LOADED, trail.actor_data(ADA), {}, None))

    store.write(work)


def told(store: Store, limit: int = 200) -> list[tuple[str, int]]:
    return [(event.chain, event.seq) for event in store.read(lambda tx: trail.pending(tx, "slack", limit))]


def test_a_clock_that_was_set_back_changes_no_order_within_a_chain(store_url: str, clock: ManualClock) -> None:
    wound = Wound(clock)
    store = Store(store_url, clock=wound)
    append(store, "a")
    wound.back = timedelta(seconds=30)
    append(store, "a")
    append(store, "b")
    assert told(store) == [("b", 1), ("a", 1), ("a", 2)]
    assert told(store, 2) == [("b", 1), ("a", 1)]
    store.dispose()


def test_the_chain_that_waits_longest_is_first(store: Store, clock: ManualClock) -> None:
    for chain in ("a", "b", "a"):
        append(store, chain)
        clock.advance(1)
    assert told(store) == [("a", 1), ("a", 2), ("b", 1)]
    store.write(lambda tx: trail.advance(tx, "slack", "a", 1))
    assert told(store) == [("b", 1), ("a", 2)]


def test_what_was_told_is_not_read_again(sqlite_url: str, clock: ManualClock) -> None:
    """Twice a second: neither this nor the gauge of what no anchor covers may walk through the trail, which grows."""
    store, plans = Store(sqlite_url, clock=clock), []

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked = conn.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.extend(str(row) for row in asked)

    append(store, "a")
    sqlalchemy.event.listen(store.engine, "before_cursor_execute", explain)
    assert told(store) == [("a", 1)]
    assert store.read(anchors.unanchored) == 2, "the chain's first event stands in the root chain too"
    assert [plan for plan in plans if "SCAN" in plan and "event" in plan] == []
    assert any("SEARCH event" in plan for plan in plans)
    store.dispose()
