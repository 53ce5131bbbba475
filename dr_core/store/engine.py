"""Short transactions over SQLite or PostgreSQL: `read` and `write`, retried where the database says try again."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from dr_core.clock import Clock
from dr_core.errors import ConfigError, DeniedError, UnreachableError
from dr_core.failpoints import Point, When, reached

T = TypeVar("T")
_log = structlog.get_logger()

# Conflicts, locks not had in time, a server that ends, and a transaction that it ended because its process slept.
_RETRIED_SQLSTATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "25P03", "25P04"})
_DISK_FULL, _NO_PRIVILEGE, _READ_ONLY = "53100", "42501", "25006"
_ATTEMPTS = 12
_LONGEST_S = 12.0
"""No further try after this long: a lease that was to be renewed (ttl 20 s, margin 8 s) is over by then."""
_RESTART_S = 4.0
"""For so long a database that takes no connections is asked again: a restart lasts a second or two."""

# Milliseconds, each with what it has to stay below (leases: ttl 20 s, beat 5 s; dr_core/execution/lease.py).
_BUSY_MS = 4_000  # SQLite waits this long for another writer: below a beat, or a renewal would miss its turn
_IDLE_IN_TRANSACTION_MS = 10_000  # a stopped process keeps its row locks no longer: its lease ends up to 5 s later
_STATEMENT_MS = 15_000  # below the ttl: no single statement outlives the lease that it was sent under
_LOCK_MS = 4_000  # below a beat: who waits for a row comes back and asks again
_CONNECT_S = 5  # one beat; a host that swallows packets costs one renewal, not the lease
_TCP_USER_MS = 10_000  # unanswered packets end the connection before the ttl; the kernel's own limit is many minutes
_KEEPALIVE_S = 10  # an idle connection of the pool that died is noticed before it is used
_POOL: Any = {"pool_size": 8, "max_overflow": 8}
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
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000}, **_POOL)

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would be deferred; `on_begin` says which we want
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("dr_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _postgres_engine(url: str) -> Engine:
    """Every wait is bounded below the leases; connections are looked at before use, as the pool may hold dead ones."""
    settings = {
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
        "statement_timeout": _STATEMENT_MS,
        "lock_timeout": _LOCK_MS,
        "timezone": "UTC",
        "application_name": "dr",
    }
    arguments = {
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        "connect_timeout": _CONNECT_S,
        "tcp_user_timeout": _TCP_USER_MS,
        "keepalives_idle": _KEEPALIVE_S,
    }
    # The look-up of hstore, which nothing here uses, would put a SAVEPOINT into the first transaction of a connection.
    engine = create_engine(url, connect_args=arguments, pool_pre_ping=True, use_native_hstore=False, **_POOL)
    event.listen(engine, "handle_error", _leave_a_reader)
    return engine


def _leave_a_reader(context: ExceptionContext) -> None:
    """A server that became a replica answers every ping: the whole pool is made anew, where the name leads by now."""
    writes = context.connection is not None and context.connection.get_execution_options().get("dr_write")
    if writes and getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


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

    def write(self, work: Callable[[Tx], T], point: Point | None = None) -> T:
        """Run `work` in one short write transaction; on a conflict or a lost connection it is run again.

        `point` names the commit for tests that let a process die around it. Work must have no effect but through its
        transaction, and look up its `cmd_id` first, so that a commit whose answer was lost is not done twice. Raises
        UnreachableError when the database stays away.
        """
        return self._transact(work, point, write=True)

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one read-only snapshot."""
        return self._transact(work, None, write=False)

    def dispose(self) -> None:
        self.engine.dispose()

    def _transact(self, work: Callable[[Tx], T], point: Point | None, *, write: bool) -> T:
        started = time.monotonic()
        for attempt in range(_ATTEMPTS):
            try:
                return self._once(work, point, write=write)
            except (StaleError, IntegrityError, DBAPIError) as error:
                waited_s = time.monotonic() - started
                # Who slept through the first try (a stopped process) has a second one all the same.
                last = attempt == _ATTEMPTS - 1 or (attempt > 0 and waited_s > _LONGEST_S)
                if last or not _try_again(error, waited_s):
                    raise translated(error) from error
                longest = 0.8 if _not_accepting(error) else 0.005 * 2 ** min(attempt, 6)
            time.sleep(random.uniform(longest / 4, longest))  # noqa: S311 - jitter, no secret
        raise AssertionError("unreachable")

    def _once(self, work: Callable[[Tx], T], point: Point | None, *, write: bool) -> T:
        engine = self.engine if write else self._reading
        with engine.connect().execution_options(dr_write=write) as conn, conn.begin():
            result = work(Tx(conn, self._clock))
            reached(point, When.BEFORE)
        reached(point, When.AFTER)
        return result


def _try_again(error: Exception, waited_s: float) -> bool:
    if isinstance(error, StaleError):
        return True
    if isinstance(error, IntegrityError):
        # SQLite reports a trigger's refusal as a broken constraint; asking again would not help.
        return "append-only" not in str(error)
    if not isinstance(error, DBAPIError):
        return False
    if not _read_only(error) and (error.connection_invalidated or contended(error)):
        return True
    return _not_accepting(error) and waited_s < _RESTART_S


def contended(error: DBAPIError) -> bool:
    """Whether others were in the way, so that the same may work in a moment."""
    return getattr(error.orig, "sqlstate", None) in _RETRIED_SQLSTATES or "database is locked" in str(error.orig)


def _not_accepting(error: Exception) -> bool:
    """A server that ends, is down, begins or only reads; there is no code for a connection that was never made."""
    if _read_only(error):
        return True
    words = ("Connection refused", "No such file", "shutting down", "starting up", "closed the connection unexpectedly")
    return isinstance(error, OperationalError) and any(word in str(error.orig) for word in words)


def _read_only(error: Exception) -> bool:
    """A write in a snapshot of ours is refused alike, and no fault of the server's."""
    if not isinstance(error, DBAPIError) or not error.connection_invalidated:
        return False
    return getattr(error.orig, "sqlstate", None) == _READ_ONLY


def translated(error: Exception) -> Exception:
    """The error that a user can be told; one that is no database's, as it is.

    None says that nothing was changed: an earlier try may have been committed and lost its answer.
    """
    if isinstance(error, StaleError) or (isinstance(error, IntegrityError) and "append-only" not in str(error)):
        return UnreachableError("The store stayed contended; try again.")
    if not isinstance(error, DBAPIError):
        return error
    detail = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    sqlstate = getattr(error.orig, "sqlstate", None)
    if "no such table" in detail or sqlstate == "42P01":
        return ConfigError("The store has no tables yet.", hint="Run `dr db upgrade`.")
    if "disk is full" in detail or sqlstate == _DISK_FULL:
        return UnreachableError(
            "The store cannot be written: its disk is full.", hint="Make room, then see what is there."
        )
    if sqlstate == _NO_PRIVILEGE:
        return DeniedError(
            f"The store refuses: {detail}.", hint="`dr db upgrade --grant ROLE` gives what the bot needs."
        )
    if _read_only(error):
        return UnreachableError(
            "The store is read-only: DATABASE_URL leads to a replica, or to a primary that has just lost its place.",
            hint="Promote it, or lead DATABASE_URL to the primary; then see what is there.",
        )
    if not (isinstance(error, OperationalError) or error.connection_invalidated or contended(error)):
        _log.error("the store refused a statement", exc_info=error)  # a fault of ours, most likely
    return UnreachableError(f"The store cannot be used: {detail}.")
