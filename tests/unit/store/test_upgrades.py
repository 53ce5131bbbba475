"""Upgrades: several at once, under a version that goes on running, over a store with a history, never unguarded."""

import contextlib
import multiprocessing
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from commands.cli import main
from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import RefusedError
from dr_core.store import brake, leases, migrate, replicas, triggers
from dr_core.store import engine as settings
from dr_core.store.engine import Store
from tests.conftest import new_database

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")
PROCESSES = 4

# The statements of the version before, word for word: what it writes knows nothing of the columns that came later.
BEFORE = (
    "INSERT INTO request (id, application, plan, digest, loss_limit_s, state, round, version, requester, reason,"
    " channel, opened_at, expires_at, approvers_at_open, seen, chain_seq, chain_hash)"
    " VALUES ('r-old', 'shop', '{}', 'd', 60, 'open', 1, 1, '{}', 'why', 'C0', 1, 2, '[]', '{}', 1, 'h')",
    "INSERT INTO ack (request, round, person, display, digest, accepted_limit_s, at, kind, proof)"
    " VALUES ('r-old', 1, 'person:Ada', 'Ada', 'd', 60, 3, 'slack', '{}')",
    "UPDATE request SET state = 'approved', version = 2, chain_seq = 2, chain_hash = 'i'"
    " WHERE id = 'r-old' AND version = 1",
    "INSERT INTO run (id, request, application, plan, state, epoch, created_at, reason, follow_up, outcome, chain_seq,"
    " chain_hash) VALUES ('run-old', 'r-old', 'shop', '{}', 'pending', 0, 4, '', false, '{}', 2, 'i')",
    "INSERT INTO step (run, name, kind, position, state, attempt, epoch, detail, evidence)"
    " VALUES ('run-old', 'promote', 'fake', 0, 'waiting', 0, 0, '', '{}')",
    "INSERT INTO scope_lock (application, run) VALUES ('shop', 'run-old')",
    "UPDATE run SET epoch = epoch + 1, owner = 'w', beat_at = 5, lease_until = 6 WHERE id = 'run-old' AND epoch = 0",
    "UPDATE run SET chain_seq = 3, chain_hash = 'j' WHERE id = 'run-old' AND chain_seq = 2 AND epoch = 1"
    " AND hold IS NULL",
    "UPDATE step SET state = 'running', attempt = 1, epoch = 1, token = 't' WHERE run = 'run-old' AND name = 'promote'",
    "INSERT INTO replica (name, kind, version, beat_at, state) VALUES ('bot-old', 'bot', '0', 7, '{}')",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    return new_database(request.getfixturevalue("postgres_url"))


@contextlib.contextmanager
def opened(url: str) -> Iterator[Store]:
    store = Store(url)
    try:
        yield store
    finally:
        store.dispose()


def execute(url: str, *statements: str) -> None:
    with opened(url) as store:
        store.write(lambda tx: [tx.conn.execute(text(statement)) for statement in statements])


@pytest.mark.process
def test_upgrades_at_the_same_moment_all_succeed_and_make_one_schema(empty_url: str) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([migrate.__name__])
    running = [processes.Process(target=migrate.upgrade, args=(empty_url,)) for _ in range(PROCESSES)]
    for process in running:
        process.start()
    for process in running:
        process.join(120)
    assert [process.exitcode for process in running] == [0] * PROCESSES
    migrate.check(empty_url)
    with opened(empty_url) as store:
        assert store.read(triggers.missing) == frozenset()
        for table in ("brake", "alembic_version"):
            count = text(f"SELECT count(*) FROM {table}")
            assert store.read(lambda tx, count=count: tx.conn.execute(count).scalar_one()) == 1, table


class Waiting:
    """The pauses of whoever finds the store busy: the other is through at the third."""

    def __init__(self, other: sqlite3.Connection) -> None:
        self.other, self.now, self.pauses = other, 0.0, 0
        self.other.execute("BEGIN IMMEDIATE")

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses += 1
        if self.pauses == 3:
            self.other.execute("COMMIT")


def test_an_upgrade_waits_for_a_long_transaction_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SQLite's own patience is four seconds; a long upgrade by another process takes longer."""
    path = tmp_path / "busy.db"
    migrate.upgrade(f"sqlite:///{path}", "0001")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setattr(settings, "_BUSY_MS", 1)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        waiting = Waiting(other)
        monkeypatch.setattr(migrate, "time", waiting)
        assert main(["db", "upgrade"]) == 0
    assert waiting.pauses == 3
    assert capsys.readouterr().out.startswith("The store was upgraded from 0001")


def test_the_version_before_goes_on_writing_after_the_upgrade_and_is_read_by_the_new_one(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    execute(empty_url, *BEFORE)
    with opened(empty_url) as store:
        row = store.read(lambda tx: tx.conn.execute(text("SELECT holds, braked_since, ending FROM run")).one())
        assert tuple(row) == ("[]", None, None)
        assert store.read(lambda tx: tx.conn.execute(text("SELECT supersedes FROM request")).scalar_one()) is None
        assert [one.name for one in store.read(replicas.all)] == ["bot-old"]
        assert not store.read(brake.get).engaged


def test_a_store_with_a_history_keeps_it_over_the_upgrade(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0001")
    execute(empty_url, *BEFORE)
    with opened(empty_url) as store:
        for number in range(3):
            store.write(partial(trail.append_ops, kind=EventKind.CONFIG_LOADED, actor=ADA, data={"n": number}))
        store.write(lambda tx: leases.take_or_renew(tx, "announcer", "bot-old", timedelta(seconds=20)))
        verdict = store.read(trail.verify)
        tables = set(inspect(store.engine).get_table_names()) - {"alembic_version"}
        before = {table: columns_of(store, table) for table in sorted(tables)}
    migrate.upgrade(empty_url)
    with opened(empty_url) as after:
        for table, (columns, rows) in before.items():
            assert columns_of(after, table, columns)[1] == rows, table
        assert after.read(trail.verify) == verdict
        assert [event.data["n"] for event in after.read(trail.listing)] == [0, 1, 2]


def columns_of(
    store: Store, table: str, columns: tuple[str, ...] | None = None
) -> tuple[tuple[str, ...], list[object]]:
    """The columns there are (or those asked for), and every row."""
    names = columns or tuple(column["name"] for column in inspect(store.engine).get_columns(table))
    query = text(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2")
    return names, [tuple(row) for row in store.read(lambda tx: tx.conn.execute(query).all())]


@pytest.mark.parametrize("whole", [True, False])
def test_an_upgrade_fails_loudly_when_the_trail_has_lost_a_trigger(empty_url: str, whole: bool) -> None:
    migrate.upgrade(empty_url, "head" if whole else "0001")
    sqlite = empty_url.startswith("sqlite")
    execute(empty_url, "DROP TRIGGER event_no_delete" if sqlite else "DROP TRIGGER event_no_truncate ON event")
    with pytest.raises(RefusedError, match="event_no_"):
        migrate.upgrade(empty_url)
    assert migrate.current_revision(empty_url) == (migrate.head_revision() if whole else "0001"), "nothing was upgraded"


def test_a_trigger_that_was_switched_off_counts_as_lost(postgres_url: str) -> None:
    url = new_database(postgres_url, template="template_dr")
    execute(url, "ALTER TABLE event DISABLE TRIGGER event_no_change")
    with opened(url) as store:
        assert store.read(triggers.missing) == {"event_no_change"}


def test_a_store_that_a_newer_version_upgraded_serves_this_one_and_is_left_alone(store_url: str) -> None:
    execute(store_url, "UPDATE alembic_version SET version_num = '9999'")
    migrate.upgrade(store_url)
    assert migrate.current_revision(store_url) == "9999"
    assert migrate.serves("9999")
    assert migrate.serves(migrate.head_revision())
    assert not migrate.serves("0001")
    assert not migrate.serves(None)
