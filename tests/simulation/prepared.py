"""The statements that the store's modules made once, on one plain connection: compiled once, and then only sent.

A run sends hundreds of them, and sending one through SQLAlchemy costs ten times what SQLite needs to answer. The text,
and how values are converted both ways, are still SQLAlchemy's; any other statement goes its usual way.
"""

import importlib
import pkgutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from dr_core import store
from dr_core.clock import Clock
from dr_core.failpoints import Point, When, reached
from dr_core.store.engine import Store, Tx

T = TypeVar("T")
Raw = Any
"""A connection of sqlite3 or psycopg that begins nothing by itself."""
Statement = Select[Any] | Insert | Update | Delete
Values = Mapping[str, Any]
Convert = Callable[[Any], Any] | None
_PLACES: Mapping[bool, Any] = {True: "qmark", False: "format"}


@cache
def _made_once() -> dict[int, Statement]:
    """Every statement that is a constant of a module of the store, or stands in a table that is one, by its id."""
    names = [f"{store.__name__}.{found.name}" for found in pkgutil.iter_modules(store.__path__)]
    constants = [value for name in names for value in vars(importlib.import_module(name)).values()]
    constants += [value for constant in constants if isinstance(constant, dict) for value in constant.values()]
    return {id(value): value for value in constants if isinstance(value, (Select, Insert, Update, Delete))}


@dataclass(frozen=True)
class Answer:
    """What the store asks of SQLAlchemy's results."""

    rows: Sequence[Any]
    rowcount: int

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def all(self) -> Sequence[Any]:
        return self.rows

    def one(self) -> Any:
        [row] = self.rows
        return row

    def one_or_none(self) -> Any:
        return self.one() if self.rows else None

    def scalars(self) -> "Answer":
        return Answer([row[0] for row in self.rows], self.rowcount)

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        return self.one()[0] if self.rows else None


class _Sent:
    """One statement for parameters of one shape: which there are, and how long those are that are lists."""

    def __init__(self, statement: Statement, given: Values, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(given))
        state = compiled.construct_expanded_state(given)
        self.sql = state.statement
        self._lists = [
            (one, name, at) for name, many in state.parameter_expansion.items() for at, one in enumerate(many)
        ]
        listed = {one: name for one, name, _ in self._lists}
        self._binds: list[tuple[str, Convert]] = []
        for name in state.positiontup or ():
            of = compiled.binds[listed.get(name, name)].type
            self._binds.append((name, of.dialect_impl(dialect).bind_processor(dialect)))
        known = {*given, *(one for one, name, _ in self._lists if name in given)}
        self._lists = [item for item in self._lists if item[1] in given]
        self._constants = {name: state.parameters[name] for name, _ in self._binds if name not in known}
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._row = namedtuple("_row", [column.key for column in columns], rename=True)._make if columns else None
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._readers = [(place, lru_cache(4096)(read)) for place, read in enumerate(readers) if read is not None]

    def send(self, raw: Raw, given: Values) -> Answer:
        if self._constants or self._lists:
            given = {**self._constants, **given, **{one: given[name][at] for one, name, at in self._lists}}
        values = [given[name] if to is None else to(given[name]) for name, to in self._binds]
        cursor = raw.execute(self.sql, values)
        if self._row is None:
            return Answer((), cursor.rowcount)
        return Answer([self._row(self._read(row)) for row in cursor.fetchall()], -1)

    def _read(self, row: tuple[Any, ...]) -> Sequence[Any]:
        values = list(row)
        for place, read in self._readers:
            values[place] = read(values[place])
        return values


@cache
def _sent_before(dialect: str) -> dict[tuple[Any, ...], _Sent]:
    """What was compiled for a dialect so far: a constant of a module is the same one in every test of a process."""
    return {}


class Prepared:
    """Takes the place of SQLAlchemy's connection in a transaction; transactions are begun and ended on `raw`."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        sqlite = isinstance(raw, sqlite3.Connection)
        self._driver: Any = sqlite3.Error if sqlite else psycopg.Error
        url, how = ("sqlite://", {}) if sqlite else ("postgresql+psycopg://", {"use_native_hstore": False})
        self._usual = create_engine(url, creator=lambda: raw, poolclass=StaticPool, paramstyle=_PLACES[sqlite], **how)
        self._conn = self._usual.connect()
        self._conn.begin()  # once: nothing else is ever begun or ended through it
        self.dialect = self._conn.dialect
        self._constants = _made_once()
        self._sent = _sent_before(self.dialect.name)

    def execute(self, statement: Statement, given: Values | Sequence[Values] | None = None) -> Any:
        if id(statement) not in self._constants:
            return self._conn.execute(statement, given)
        try:
            if given is None or isinstance(given, dict):
                return self._send(statement, given or {})
            return [self._send(statement, one) for one in given][-1]
        except self._driver as error:
            raise DBAPIError.instance(str(statement), None, error, self._driver) from error

    def _send(self, statement: Statement, given: Values) -> Answer:
        lengths = [len(value) for value in given.values() if type(value) is tuple]
        key = (id(statement), *given, *lengths)
        sent = self._sent.get(key)
        if sent is None:
            sent = self._sent[key] = _Sent(statement, given, self.dialect)
        return sent.send(self._raw, given)

    def close(self) -> None:
        self._conn.close()


def prepared(url: str, clock: Clock) -> "PreparedStore":
    """On one connection to a database of either kind, by the product's URL of it; SQLite does not wait for the disk."""
    raw: Raw
    if url.startswith("sqlite"):
        raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=512)
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA foreign_keys=ON")
    else:
        raw = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    return PreparedStore(raw, clock)


class PreparedStore(Store):
    """The store on one connection, for tests in which one thing happens after another."""

    def __init__(self, raw: Raw, clock: Clock) -> None:
        super().__init__("sqlite:////nowhere/dr.db", clock=clock)
        self._raw = raw
        self._conn = Prepared(raw)
        self._tx = Tx(cast("Connection", self._conn), clock)

    def _once(self, work: Callable[[Tx], T], point: Point | None, *, write: bool) -> T:
        if not write:  # one moment by itself: nobody else writes before it ends
            return work(self._tx)
        self._raw.execute("BEGIN IMMEDIATE" if self._conn.dialect.name == "sqlite" else "BEGIN")
        try:
            result = work(self._tx)
            reached(point, When.BEFORE)
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        self._raw.execute("COMMIT")
        reached(point, When.AFTER)
        return result

    def dispose(self) -> None:
        self._conn.close()
        self._raw.close()
        super().dispose()
