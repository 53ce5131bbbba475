"""Transactions: retried when told to, never half done, with the database's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.chain import Head
from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.errors import ConfigError, UnreachableError
from dr_core.store import events, leases, migrate, slots, triggers
from dr_core.store.engine import StaleError, Store, Tx, make_engine

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")


def test_the_migrations_make_the_tables_that_the_code_names(store_url: str) -> None:
    migrate.check(store_url)
    assert migrate.current_revision(store_url) == migrate.head_revision()


def test_an_upgrade_can_be_taken_back_and_made_again_with_its_triggers(store_url: str) -> None:
    migrate.downgrade(store_url, "base")
    assert migrate.current_revision(store_url) is None
    migrate.upgrade(store_url)
    store = Store(store_url)
    assert store.read(triggers.missing) == frozenset()
    store.dispose()


def test_a_store_without_tables_says_what_to_run(tmp_path: object) -> None:
    store = Store(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(ConfigError, match="dr db upgrade"):
        store.read(trail.listing)
    store.dispose()


def test_the_databases_own_clock_is_aware_and_right(store_url: str) -> None:
    store = Store(store_url)
    assert abs(store.read(lambda tx: tx.now()) - datetime.now(UTC)) < timedelta(seconds=5)
    store.dispose()


def test_work_that_lost_its_race_is_run_again_and_leaves_nothing_of_the_first_try(store: Store) -> None:
    tries = []

    def work(tx: Tx) -> str:
        trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"try": len(tries)})
        tries.append(1)
        if len(tries) < 3:
            raise StaleError("again")
        return "done"

    assert store.write(work) == "done"
    assert [event.data["try"] for event in store.read(trail.listing)] == [2]


def test_work_that_always_loses_ends_with_a_clear_error(store: Store) -> None:
    def work(tx: Tx) -> None:
        raise StaleError("never")

    with pytest.raises(UnreachableError, match="contended"):
        store.write(work)


@pytest.mark.parametrize("promoted", [True, False])
def test_a_server_that_became_a_replica_is_left_for_the_one_that_leads(
    databases: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, promoted: bool
) -> None:
    """It answers pings: a write through the old pool would be refused until the process ends."""
    monkeypatch.setattr("dr_core.store.engine._RESTART_S", 0.0 if not promoted else 60.0)
    url = databases.take()
    store, other = Store(url, clock=clock), make_engine(url).execution_options(isolation_level="AUTOCOMMIT")

    def set_read_only(to: str) -> None:
        with other.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f"ALTER DATABASE {other.url.database} SET default_transaction_read_only = {to}"))

    def work(tx: Tx) -> str:
        if promoted:
            set_read_only("off")
        trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {})
        return "done"

    set_read_only("on")
    if promoted:
        assert store.write(work) == "done"
    else:
        with pytest.raises(UnreachableError, match="The store is read-only") as refused:
            store.write(work)
        assert "changed" not in str(refused.value.hint), "a try before it may have been committed"
        set_read_only("off")
    store.dispose()
    other.dispose()
    databases.give_back(url)


def test_what_the_driver_refuses_is_an_error_that_a_loop_lives_through(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.conn.execute(text("SELECT nothing FROM roster"))

    with structlog.testing.capture_logs() as logged, pytest.raises(UnreachableError, match="nothing"):
        store.read(work)
    assert len(logged) == (0 if store.url.startswith("sqlite") else 1), "who mends it sees the statement"


def test_an_error_of_the_work_leaves_nothing(store: Store) -> None:
    def work(tx: Tx) -> None:
        trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {})
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        store.write(work)
    assert store.read(trail.listing) == ()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y"])
def test_an_unusable_database_url_is_named(url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        Store(url)


def test_a_named_lease_has_one_owner_until_it_runs_out(store: Store, clock: object) -> None:
    ttl = timedelta(seconds=20)
    assert store.write(lambda tx: leases.take_or_renew(tx, "announcer", "a", ttl))
    assert not store.write(lambda tx: leases.take_or_renew(tx, "announcer", "b", ttl))
    clock.advance(15)  # type: ignore[attr-defined]
    assert store.write(lambda tx: leases.take_or_renew(tx, "announcer", "a", ttl))
    clock.advance(21)  # type: ignore[attr-defined]
    assert store.write(lambda tx: leases.take_or_renew(tx, "announcer", "b", ttl))
    store.write(lambda tx: leases.release(tx, "announcer", "b"))
    assert store.write(lambda tx: leases.take_or_renew(tx, "announcer", "a", ttl))


def test_a_report_slot_is_taken_once(store: Store) -> None:
    slot = datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert store.write(lambda tx: slots.take(tx, "health_digest", slot, "a"))
    assert not store.write(lambda tx: slots.take(tx, "health_digest", slot, "b"))
    assert store.read(lambda tx: slots.last(tx, "health_digest")) == slot
    assert store.read(lambda tx: slots.unposted(tx, slot)) == (("health_digest", slot, "a"),)
    store.write(lambda tx: slots.posted(tx, "health_digest", slot))
    assert store.read(lambda tx: slots.unposted(tx, slot)) == ()


def test_the_trail_cannot_be_changed_or_shortened_by_sql(store: Store) -> None:
    store.write(lambda tx: trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"n": 1}))
    for statement in ("UPDATE event SET kind = 'x'", "DELETE FROM event"):
        with pytest.raises(Exception, match=r"append-only"):
            store.write(lambda tx, statement=statement: tx.conn.execute(text(statement)))
    assert store.read(trail.verify).ok


def test_a_read_sees_one_moment_while_others_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trail's proof reads the heads first and the chains after them."""
    store.write(lambda tx: trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {}))
    heads = events.heads

    def heads_and_then_a_write(tx: Tx) -> dict[str, Head]:
        found = heads(tx)
        store.write(lambda other: trail.append_ops(other, EventKind.CONFIG_LOADED, ADA, {}))
        return found

    monkeypatch.setattr(events, "heads", heads_and_then_a_write)
    verdict = store.read(trail.verify)
    assert verdict.ok, verdict.first_bad
    monkeypatch.undo()
    assert len(store.read(trail.listing)) == 2
