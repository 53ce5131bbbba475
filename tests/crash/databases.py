"""What a dead process leaves behind: what is committed at that moment, photographed from another connection."""

import shutil
import sqlite3
import uuid
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, event, text

from dr_core.clock import Clock
from dr_core.store.engine import Store, make_engine
from dr_core.store.tables_beside_runs import whole as metadata
from tests.simulation.prepared import PreparedStore


class Database(Protocol):
    """A migrated store that can be photographed and put back, as often as a test likes."""

    store: Store

    def photo(self) -> Any:
        """What is committed now, also while another connection is in the middle of a transaction."""
        ...

    def back_to(self, photo: Any) -> None: ...

    def intent_of(self, run: str, step: str) -> tuple[int, str | None]:
        """(attempt, token) of a step as committed."""
        ...

    def state(self, run: str) -> object:
        """The run and its steps as committed, without times and owners; a third attempt is like a second one."""
        ...

    def left(self) -> int:
        """How many runs have something left to do."""
        ...

    def close(self) -> None: ...


_INTENT = "SELECT attempt, token FROM step WHERE run = {} AND name = {}"
_STEPS = """
SELECT name, state, CASE WHEN attempt > 2 THEN 2 ELSE attempt END FROM step WHERE run = {} ORDER BY position
"""
_STATE = """
SELECT state, gated_at IS NOT NULL, follow_up, hold, holds, braked_since IS NOT NULL, ending, started_at IS NOT NULL
FROM run WHERE id = {}
"""
_LEFT = "SELECT count(*) FROM run WHERE state IN ('pending', 'running', 'held') OR follow_up"


class SqliteDatabase:
    """A file without fsync: a crash of the machine is not what is tested here."""

    store: Store

    def __init__(self, template: Path, folder: Path, clock: Clock, *, pooled: bool = True) -> None:
        path = folder / "dr.db"
        shutil.copy(template, path)
        if pooled:
            self.store = Store(f"sqlite:///{path}", clock=clock)
            event.listen(self.store.engine, "connect", _without_fsync)
        else:
            only = sqlite3.connect(path, isolation_level=None, cached_statements=512)
            _without_fsync(only)
            only.execute("PRAGMA foreign_keys=ON")
            self.store = PreparedStore(only, clock)
        self._side = sqlite3.connect(path, isolation_level=None)
        _without_fsync(self._side)

    def photo(self) -> sqlite3.Connection:
        taken = sqlite3.connect(":memory:")
        self._side.backup(taken)
        return taken

    def back_to(self, photo: sqlite3.Connection) -> None:
        photo.backup(self._side)

    def intent_of(self, run: str, step: str) -> tuple[int, str | None]:
        found: tuple[int, str | None] = self._side.execute(_INTENT.format("?", "?"), (run, step)).fetchone()
        return found

    def state(self, run: str) -> object:
        steps = self._side.execute(_STEPS.format("?"), (run,)).fetchall()
        return tuple(steps), self._side.execute(_STATE.format("?"), (run,)).fetchone()

    def left(self) -> int:
        return int(self._side.execute(_LEFT).fetchone()[0])

    def close(self) -> None:
        self._side.close()
        self.store.dispose()


def _without_fsync(connection: Any, _record: object = None) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()


class PostgresDatabase:
    """A database of its own; the side door is the superuser's, with the triggers switched off."""

    store: Store

    def __init__(self, admin: Engine, base: str, clock: Clock, *, pooled: bool = True) -> None:
        name = f"c{uuid.uuid4().hex[:16]}"
        url = base.replace("@/postgres", f"@/{name}")
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template_dr STRATEGY WAL_LOG"))
        self.store = Store(url, clock=clock) if pooled else PreparedStore(psycopg.connect(url, autocommit=True), clock)
        self._door = make_engine(url)
        self._side = self._door.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._raw: Any = self._side.connection.driver_connection
        assert self._raw is not None
        self._raw.execute("SET session_replication_role = replica")
        self._tables = [table.name for table in metadata.sorted_tables]
        self._filled = SQL("SELECT ") + SQL(", ").join(
            SQL("EXISTS (SELECT FROM {})").format(Identifier(name)) for name in self._tables
        )

    def photo(self) -> dict[str, list[Any]]:
        """Rows by table, of one moment: nothing else commits while it is taken."""
        return {name: self._raw.execute(f'SELECT * FROM "{name}"').fetchall() for name in self._not_empty()}

    def back_to(self, photo: dict[str, list[Any]]) -> None:
        gone = "; ".join(f'DELETE FROM "{name}"' for name in self._not_empty())
        with self._raw.transaction(), self._raw.cursor() as cursor:
            cursor.execute(gone)
            for name, rows in photo.items():
                marks = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)

    def _not_empty(self) -> list[str]:
        filled = self._raw.execute(self._filled).fetchone()
        return [name for name, some in zip(self._tables, filled, strict=True) if some]

    def intent_of(self, run: str, step: str) -> tuple[int, str | None]:
        found: tuple[int, str | None] = self._raw.execute(_INTENT.format("%s", "%s"), (run, step)).fetchone()
        return found

    def state(self, run: str) -> object:
        steps = self._raw.execute(_STEPS.format("%s"), (run,)).fetchall()
        return tuple(steps), self._raw.execute(_STATE.format("%s"), (run,)).fetchone()

    def left(self) -> int:
        return int(self._raw.execute(_LEFT).fetchone()[0])

    def close(self) -> None:
        self._side.close()
        self._door.dispose()
        self.store.dispose()
