"""The real store on one SQLite file a test process, with a network between it and its users that fails on demand."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from dr_core.clock import Clock
from dr_core.failpoints import Point
from dr_core.store import migrate
from dr_core.store.engine import Tx

from .prepared import PreparedStore
from .virtual import present

T = TypeVar("T")

DESCRIPTIONS = frozenset({Point.RUN_BEAT, Point.STEP_NOTE})
"""Writes after which nothing new is to be done."""


class Network(Protocol):
    """Called around each transaction; what it raises reaches the caller."""

    def before(self, *, write: bool) -> None: ...

    def after(self) -> None: ...


class _Silence:
    def before(self, *, write: bool) -> None:
        """Nothing happens."""

    def after(self) -> None:
        """Nothing happens."""


class SimulatedStore(PreparedStore):
    """Every transaction passes the network twice, and is one on the only connection to a database in memory.

    What a transaction is worth on files and servers is not tried here, but in tests/crash and tests/process.
    """

    def __init__(self, raw: sqlite3.Connection, clock: Clock) -> None:
        super().__init__(raw, clock)
        self.network: Network = _Silence()

    def write(self, work: Callable[[Tx], T], point: Point | None = None) -> T:
        self.network.before(write=True)
        result = super().write(work, point or Point.STEP_NOTE)
        task = present()
        if task is not None and point not in DESCRIPTIONS:
            task.process.changes += 1
        self.network.after()
        return result

    def read(self, work: Callable[[Tx], T]) -> T:
        self.network.before(write=False)
        result = super().read(work)
        self.network.after()
        return result


class Settable:
    """A clock that is another one in each simulation."""

    def __init__(self) -> None:
        self.clock: Any = None

    def now(self) -> Any:
        return self.clock.now()

    def monotonic(self) -> float:
        return float(self.clock.monotonic())


class StoreFile:
    """A migrated database in memory that is emptied between simulations; `raw` looks at what was committed."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
        _migrated().backup(self.raw)
        # Nothing but `empty` deletes events; a trigger dropped each time would have every statement compiled anew.
        self.raw.execute("DROP TRIGGER event_no_delete")
        tables = self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        self._tables = [n for (n,) in tables if not n.startswith("sqlite") and n != "alembic_version"]
        self._kept = {n: self.raw.execute(f'SELECT * FROM "{n}"').fetchall() for n in self._tables}
        self.clock = Settable()
        self.store = SimulatedStore(self.raw, self.clock)

    def empty(self) -> None:
        """Back to what a migration leaves."""
        self.raw.execute("BEGIN IMMEDIATE")
        for table in self._tables:
            self.raw.execute(f'DELETE FROM "{table}"')
            for row in self._kept[table]:
                self.raw.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)
        self.raw.execute("COMMIT")

    def see(self, application: str, at: int, body: str) -> None:
        """Replace the last observation of an application."""
        self.raw.execute(
            "INSERT OR REPLACE INTO observation (application, at, body) VALUES (?, ?, ?)", (application, at, body)
        )

    def last_event(self) -> int:
        """The number of the newest event in the order of commits: SQLite's rowid."""
        return int(self.raw.execute("SELECT max(rowid) FROM event").fetchone()[0] or 0)

    def history(self) -> list[tuple[Any, ...]]:
        """(rowid, chain, seq, cmd_id, at, kind, body, prev, hash) in the order of commits."""
        query = "SELECT rowid, chain, seq, cmd_id, at, kind, body, prev, hash FROM event ORDER BY rowid"
        return self.raw.execute(query).fetchall()

    def close(self) -> None:
        self.store.dispose()


@cache
def _migrated() -> sqlite3.Connection:
    """What a migration leaves, in memory: made once a test process."""
    kept = sqlite3.connect(":memory:")
    with tempfile.TemporaryDirectory(prefix="dr-simulation-") as folder:
        path = Path(folder) / "dr.db"
        migrate.upgrade(f"sqlite:///{path}")
        made = sqlite3.connect(path)
        made.backup(kept)
        made.close()
    return kept


@contextmanager
def store_file() -> Iterator[StoreFile]:
    """A database of its own."""
    made = StoreFile()
    try:
        yield made
    finally:
        made.close()
