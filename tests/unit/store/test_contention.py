"""What a database refuses for the moment is tried again, what it cannot do is said, no stopped process blocks all."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import DeniedError, UnreachableError
from dr_core.execution.lease import DEFAULT_TIMING
from dr_core.store import engine as settings
from dr_core.store import leases
from dr_core.store.engine import Store, Tx
from tests.conftest import new_database
from tests.scenario.room import wait_until

PROJECT = Path(__file__).parents[3]
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")
TTL_S = 12.0

# Renews its lease in a transaction that it does not end before the parent has stopped and continued it.
HOLDER = """
import sys, time
from datetime import timedelta
from dr_core.store import leases
from dr_core.store.engine import Store

store, ttl, tries = Store(sys.argv[1]), timedelta(seconds=float(sys.argv[2])), []
store.write(lambda tx: leases.take_or_renew(tx, "detection", "stopped", ttl))

def renew(tx):
    renewed = leases.take_or_renew(tx, "detection", "stopped", ttl)
    tries.append(renewed)
    if len(tries) == 1:
        print("holding", flush=True)
        sys.stdin.readline()
        tx.now()
    return renewed

print(store.write(renew), len(tries), flush=True)
store.dispose()
"""


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Store]:
    """A migrated store on PostgreSQL, by the database's own clock."""
    store = Store(new_database(postgres_url, template="template_dr"))
    yield store
    store.dispose()


def test_every_wait_is_shorter_than_the_lease_that_it_could_cost() -> None:
    ttl, beat = DEFAULT_TIMING.ttl_s * 1000, DEFAULT_TIMING.beat_s * 1000
    assert ttl - beat > settings._IDLE_IN_TRANSACTION_MS, "a lease may be a beat old when its owner stops"
    assert max(settings._STATEMENT_MS, settings._TCP_USER_MS) < ttl
    assert max(settings._LOCK_MS, settings._BUSY_MS) < beat
    assert beat >= settings._CONNECT_S * 1000
    assert DEFAULT_TIMING.ttl_s - DEFAULT_TIMING.margin_s >= settings._LONGEST_S


def test_the_settings_reach_the_databases(store: Store) -> None:
    wanted = {"busy_timeout": "4000", "synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"}
    ask = "PRAGMA {}"
    if store.engine.dialect.name == "postgresql":
        wanted = {"idle_in_transaction_session_timeout": "10s", "statement_timeout": "15s", "lock_timeout": "4s"}
        wanted |= {"TimeZone": "UTC", "transaction_isolation": "repeatable read"}
        ask = "SHOW {}"
    for name, value in wanted.items():
        query = text(ask.format(name))
        assert str(store.read(lambda tx, query=query: tx.conn.execute(query).scalar_one())) == value, name


@pytest.mark.process
def test_a_stopped_process_that_holds_a_row_blocks_nobody_for_longer_than_its_lease(postgres: Store) -> None:
    command = [sys.executable, "-c", HOLDER, postgres.url, str(TTL_S)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
    holder = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == "holding\n"
        began = time.monotonic()
        holder.send_signal(signal.SIGSTOP)
        wait_until(lambda: _taken(postgres), bool, DEFAULT_TIMING.ttl_s, "what the stopped process holds")
        assert time.monotonic() - began > TTL_S - 5, "not before its lease was over"
        holder.send_signal(signal.SIGCONT)
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "False 2\n", "it tries again, and sees that another has it"
        assert holder.wait(20) == 0
    finally:
        holder.kill()
        holder.communicate()


def _taken(store: Store) -> bool:
    try:
        return store.write(lambda tx: leases.take_or_renew(tx, "detection", "next", timedelta(seconds=20)))
    except UnreachableError:
        return False


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "57P01", "25P03"])
def test_what_postgresql_asks_to_be_tried_again_is_tried_again(postgres: Store, sqlstate: str) -> None:
    raising = text(f"DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{sqlstate}'; END $$")
    tries: list[int] = []

    def work(tx: Tx) -> None:
        tries.append(1)
        trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"try": len(tries)})
        if len(tries) < 3:
            tx.conn.execute(raising)

    postgres.write(work)
    assert [one.data["try"] for one in postgres.read(trail.listing)] == [3]


def test_a_real_deadlock_is_resolved_and_both_get_through(postgres: Store) -> None:
    for name in ("one", "two"):
        postgres.write(lambda tx, name=name: leases.take_or_renew(tx, name, "a", timedelta(seconds=20)))
    both_hold = threading.Barrier(2)
    done: list[str] = []

    def crossing(first: str, second: str) -> None:
        tries: list[int] = []

        def work(tx: Tx) -> None:
            tries.append(1)
            for name in (first, second):
                tx.conn.execute(text("UPDATE lease SET epoch = epoch + 1 WHERE name = :name"), {"name": name})
                if name == first and len(tries) == 1:
                    both_hold.wait(10)

        postgres.write(work)
        done.append(first)

    threads = [threading.Thread(target=crossing, args=pair) for pair in (("one", "two"), ("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == ["one", "two"]
    epochs = postgres.read(lambda tx: tx.conn.execute(text("SELECT epoch FROM lease")).scalars().all())
    assert epochs == [3, 3]


@pytest.mark.parametrize("when", ["before", "within", "at the commit"])
def test_a_connection_that_is_lost_costs_a_try_and_no_work(postgres: Store, postgres_url: str, when: str) -> None:
    killer = Store(postgres_url)
    tries: list[int] = []

    def cut(pid: int) -> None:
        killer.read(lambda tx: tx.conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))

    def pid(tx: Tx) -> int:
        return int(tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one())

    def work(tx: Tx) -> None:
        tries.append(1)
        if len(tries) == 1 and when == "within":
            cut(pid(tx))
        trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"try": len(tries)})
        if len(tries) == 1 and when == "at the commit":
            cut(pid(tx))

    if when == "before":
        cut(postgres.write(pid))
    postgres.write(work)
    assert [one.data["try"] for one in postgres.read(trail.listing)] == [len(tries)]
    assert len(tries) == (1 if when == "before" else 2)
    killer.dispose()


class Slept:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_a_database_that_is_away_is_asked_for_seconds_and_then_named_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, slept = Store("postgresql://nobody@127.0.0.1:1/none"), Slept()
    monkeypatch.setattr(settings, "time", slept)
    with pytest.raises(UnreachableError, match="store cannot be used"):
        store.read(lambda tx: tx.now())
    assert 1 < slept.seconds < settings._LONGEST_S
    store.dispose()


def test_a_role_without_the_privilege_is_told_so(postgres: Store) -> None:
    role = f"r{os.getpid()}_{time.monotonic_ns()}"
    postgres.write(lambda tx: tx.conn.execute(text(f"CREATE ROLE {role} LOGIN")))
    stranger = Store(postgres.url.replace("//postgres", f"//{role}"))
    with pytest.raises(DeniedError, match="permission denied"):
        stranger.read(trail.listing)
    stranger.dispose()
    postgres.write(lambda tx: tx.conn.execute(text(f"DROP ROLE {role}")))


def test_a_full_disk_refuses_cleanly_and_works_again_when_there_is_room(sqlite_url: str) -> None:
    limit = {"pages": 4_000_000}

    def within(connection: Any, _record: object, _proxy: object = None) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit['pages']}").close()

    with contextlib.closing(_Disposing(sqlite_url)) as opened:
        store = opened.store
        event.listen(store.engine, "connect", within)
        event.listen(store.engine, "checkout", within)
        for number in range(3):
            store.write(lambda tx, number=number: append(tx, number))
        limit["pages"] = 1  # SQLite makes it the present size: not one page more
        kept = _filled(store, 3)
        assert [one.data["n"] for one in store.read(trail.listing)][-1] == kept - 1, "reading goes on"
        assert store.read(trail.verify).ok
        limit["pages"] = 4_000_000
        store.write(lambda tx: append(tx, kept))
        assert store.read(lambda tx: trail.verify(tx).events) == kept + 2, "and the root chain's one"
        assert store.read(trail.verify).ok


def _filled(store: Store, first: int) -> int:
    """How many events were kept when the disk was full."""
    kept = first

    def fill() -> None:
        nonlocal kept
        while kept < 200:
            store.write(partial(append, number=kept))
            kept += 1

    with pytest.raises(UnreachableError, match="disk is full"):
        fill()
    return kept


def append(tx: Tx, number: int) -> None:
    trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"n": number, "text": "x" * 3000})


class _Disposing:
    def __init__(self, url: str) -> None:
        self.store = Store(url)

    def close(self) -> None:
        self.store.dispose()
