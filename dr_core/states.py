"""State machines as frozen tables, and the small interpreter that refuses what is not in them."""

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

from dr_core.audit.events import EventKind

S = TypeVar("S", bound=StrEnum)


class TransitionError(Exception):
    """A change that is in no table: a fault of ours, never a person's. The transaction that tried it is lost."""


@dataclass(frozen=True)
class Row(Generic[S]):
    """One arrow, or several of one kind. `before` with None: the event makes the thing. `after` None: it stays so."""

    before: tuple[S | None, ...]
    kind: EventKind
    after: S | None
    why: str

    def arrows(self) -> Iterator[tuple[S | None, S | None]]:
        """(from, to), one for each state that it leaves."""
        for state in self.before:
            yield state, state if self.after is None else self.after


@dataclass(frozen=True)
class Table(Generic[S]):
    """All arrows of one thing. Its noun begins the names of its events; those of others may move it, and need not.

    `final`: the states that it does not leave by itself, each with what may still happen there.
    """

    noun: str
    states: type[S]
    rows: tuple[Row[S], ...]
    final: Mapping[S, str]

    @cached_property
    def lettered(self) -> tuple[tuple[str, Row[S]], ...]:
        """Each row with its letter: a to z, then aa, ab, ..."""
        letters = (*string.ascii_lowercase, *(f"a{letter}" for letter in string.ascii_lowercase))
        return tuple(zip(letters, self.rows, strict=False))

    @cached_property
    def arrows(self) -> Mapping[tuple[S | None, EventKind], frozenset[S | None]]:
        """(from, event) -> where it may lead."""
        found: dict[tuple[S | None, EventKind], frozenset[S | None]] = {}
        for row in self.rows:
            for before, after in row.arrows():
                found[before, row.kind] = found.get((before, row.kind), frozenset()) | {after}
        return found

    def check(self, before: S | None, kinds: Iterable[EventKind], after: S | None) -> None:
        """TransitionError unless the events, in their order, lead from `before` to `after` by arrows of the table.

        Without an event that has a word in it the state stays as it is.
        """
        told = tuple(kinds)
        reached: frozenset[S | None] = frozenset({before})
        for kind in told:
            reached = frozenset(state for old in reached for state in self._after(old, kind))
        if after not in reached:
            events = ", ".join(kind.value for kind in told) or "no event"
            raise TransitionError(f"A {self.noun} does not go from {before} to {after} by {events}.")

    def _after(self, before: S | None, kind: EventKind) -> frozenset[S | None]:
        led = self.arrows.get((before, kind), frozenset())
        return led if kind.value.startswith(f"{self.noun}.") else led | {before}
