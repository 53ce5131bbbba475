"""Short transactions over SQLite or PostgreSQL: `read` and `write`, retried where the database says try again."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from dr_core.clock import Clock
from dr_core.errors import ConfigError, UnreachableError

T = TypeVar("T")

_RETRIED_SQLSTATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
_ATTEMPTS = 12
_SQLITE_NOW = (
    "SELECT CAST(strftime('%s','now') AS INTEGER) * 1000000 + CAST(substr(strftime('%f','now'), 4) AS INTEGER) * 1000"
)
_POSTGRES_NOW = "SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint"


class StaleError(Exception):
    """A compare-and-set lost its race: the transaction is to be tried again from its first read."""


class Tx:
    """One transaction, with the database's own clock."""

    def __init__(self, conn: Connection, clock: Clock | None) -> None:
        self.conn = conn
        self._clock = clock

    def now(self) -> datetime:
        """The time by the database's clock (tests inject one), aware UTC."""
        if self._clock is not None:
            return self._clock.now()
        statement = _SQLITE_NOW if self.conn.dialect.name == "sqlite" else _POSTGRES_NOW
        micros = self.conn.execute(text(statement)).scalar_one()
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))


def make_engine(url: str) -> Engine:
    """An engine with the settings that the proofs were made with (docs/decisions/0002-store.md)."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise ConfigError("DATABASE_URL: expected an SQLAlchemy URL such as sqlite:///dr.db") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url)
    if backend == "postgresql":
        return _postgres_engine(parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    raise ConfigError(f"DATABASE_URL: {backend} is not supported; expected sqlite or postgresql")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 4}, pool_size=8, max_overflow=8)

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would be deferred; `on_begin` says which we want
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=4000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("dr_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _postgres_engine(url: str) -> Engine:
    options = (
        "-c idle_in_transaction_session_timeout=10000 -c statement_timeout=15000 -c lock_timeout=4000"
        " -c timezone=UTC -c application_name=dr"
    )
    arguments = {"options": options, "connect_timeout": 5, "tcp_user_timeout": 10000, "keepalives_idle": 10}
    return create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_size=8, max_overflow=8)


def _snapshots(engine: Engine) -> Engine:
    """The same pool for reads of one moment: SQLite's plain BEGIN is that, PostgreSQL's is one a statement."""
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


class Store:
    """The store of one process. `write` runs its work once or several times; only the last one stays."""

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._reading = _snapshots(self.engine)
        self._clock = clock

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one short write transaction; on a conflict or a lost connection it is run again.

        Work must have no effect but through its transaction, and look up its `cmd_id` first, so that a commit whose
        answer was lost is not done twice. Raises UnreachableError when the database stays away.
        """
        return self._transact(work, write=True)

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one read-only snapshot."""
        return self._transact(work, write=False)

    def dispose(self) -> None:
        self.engine.dispose()

    def _transact(self, work: Callable[[Tx], T], *, write: bool) -> T:
        engine = self.engine if write else self._reading
        for attempt in range(_ATTEMPTS):
            try:
                with engine.connect().execution_options(dr_write=write) as conn, conn.begin():
                    return work(Tx(conn, self._clock))
            except (StaleError, IntegrityError) as error:
                # SQLite reports a trigger's refusal as a broken constraint; asking again would not help.
                if "append-only" in str(error):
                    raise
                if attempt == _ATTEMPTS - 1:
                    raise UnreachableError("The store stayed contended; try again.") from error
            except DBAPIError as error:
                if attempt == _ATTEMPTS - 1 or not _try_again(error):
                    raise _translated(error) from error
            time.sleep(random.uniform(0, 0.005 * 2 ** min(attempt, 6)))  # noqa: S311 - jitter, no secret
        raise AssertionError("unreachable")


def _try_again(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate in _RETRIED_SQLSTATES or "database is locked" in str(error.orig)


def _translated(error: DBAPIError) -> Exception:
    detail = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    if "no such table" in detail or getattr(error.orig, "sqlstate", None) == "42P01":
        return ConfigError("The store has no tables yet.", hint="Run `dr db upgrade`.")
    if isinstance(error, OperationalError):
        return UnreachableError(f"The store cannot be used: {detail}.")
    return error
