"""The statements that the store's modules made once, on a plain SQLite connection: compiled once, and then only sent.

A simulated run sends hundreds of them, and sending one through SQLAlchemy costs ten times what SQLite needs to answer.
The text, and how values are converted both ways, are still SQLAlchemy's; any other statement goes its usual way.
"""

import importlib
import pkgutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Select, Update, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from dr_core import store

Statement = Select[Any] | Insert | Update | Delete
Values = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


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

    def send(self, raw: sqlite3.Connection, given: Values) -> Answer:
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


class Prepared:
    """Takes the place of SQLAlchemy's connection in a transaction; transactions are begun and ended on `raw`."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._usual = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool).connect()
        self._usual.begin()  # once: nothing else is ever begun or ended through it
        self.dialect = self._usual.dialect
        self._constants = _made_once()
        self._sent: dict[tuple[Any, ...], _Sent] = {}

    def execute(self, statement: Statement, given: Values | Sequence[Values] | None = None) -> Any:
        if id(statement) not in self._constants:
            return self._usual.execute(statement, given)
        try:
            if given is None or isinstance(given, dict):
                return self._send(statement, given or {})
            return [self._send(statement, one) for one in given][-1]
        except sqlite3.Error as error:
            raise DBAPIError.instance(str(statement), None, error, sqlite3.Error) from error

    def _send(self, statement: Statement, given: Values) -> Answer:
        lengths = [len(value) for value in given.values() if type(value) is tuple]
        key = (id(statement), *given, *lengths)
        sent = self._sent.get(key)
        if sent is None:
            sent = self._sent[key] = _Sent(statement, given, self.dialect)
        return sent.send(self._raw, given)

    def close(self) -> None:
        self._usual.close()
