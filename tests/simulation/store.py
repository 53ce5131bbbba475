"""The real store on one SQLite file a test process, with a network between it and its users that fails on demand."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import event

from dr_core.clock import Clock
from dr_core.failpoints import Point
from dr_core.store import migrate
from dr_core.store.engine import Store, Tx

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


class SimulatedStore(Store):
    """Every transaction passes the network twice."""

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(url, clock=clock)
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
    """A migrated file that is emptied between simulations; a connection of its own looks at what was committed."""

    def __init__(self, folder: Path) -> None:
        path = folder / "dr.db"
        migrate.upgrade(f"sqlite:///{path}")
        self.clock = Settable()
        self.store = SimulatedStore(f"sqlite:///{path}", self.clock)
        event.listen(self.store.engine, "connect", _forgetful)
        self.raw = sqlite3.connect(path, isolation_level=None)
        _forgetful(self.raw, None)
        self._triggers = self.raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        tables = self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        self._tables = [n for (n,) in tables if not n.startswith("sqlite") and n != "alembic_version"]
        self._kept = {n: self.raw.execute(f'SELECT * FROM "{n}"').fetchall() for n in self._tables}

    def empty(self) -> None:
        """Back to what a migration leaves."""
        self.raw.execute("BEGIN IMMEDIATE")
        for name, _ in self._triggers:
            self.raw.execute(f"DROP TRIGGER {name}")
        for table in self._tables:
            self.raw.execute(f'DELETE FROM "{table}"')
            for row in self._kept[table]:
                self.raw.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)
        for _, statement in self._triggers:
            self.raw.execute(statement)
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
        self.raw.close()
        self.store.dispose()


@contextmanager
def store_file() -> Iterator[StoreFile]:
    """One for a test process."""
    with tempfile.TemporaryDirectory(prefix="dr-simulation-") as folder:
        made = StoreFile(Path(folder))
        try:
            yield made
        finally:
            made.close()


def _forgetful(connection: Any, _record: object) -> None:
    """Durability is not what is tried here; a journal in memory is several times as fast."""
    for pragma in ("synchronous=OFF", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
