"""A report that is read as a page: title, figures, sections of sentences, tables and bars. How it looks is others'."""

from dataclasses import dataclass
from enum import StrEnum


class Mood(StrEnum):
    """What a word says of itself by its colour; the word says it too."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Word:
    """A cell or figure with a mood."""

    text: str
    mood: Mood = Mood.PLAIN


Cell = str | Word


@dataclass(frozen=True)
class Figure:
    """One of the numbers that are read first; `note` says against what, or why it is not known."""

    label: str
    value: Word
    note: str = ""


@dataclass(frozen=True)
class Sentences:
    """Paragraphs."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows below a head. The columns in `small` hold what is only looked up."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    small: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bar:
    """A length of time in a row of others. `seconds` None: not measured, `note` says why."""

    label: str
    seconds: float | None
    note: str


@dataclass(frozen=True)
class Bars:
    """Lengths of time, drawn to one scale."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Section:
    """`inner`: a part of the section before it."""

    title: str
    parts: tuple[Sentences | Table | Bars, ...]
    inner: bool = False


@dataclass(frozen=True)
class Document:
    """All text in it is as it was said: whoever draws it makes it safe."""

    title: str
    about: tuple[str, ...]
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]


def text_of(cell: Cell) -> str:
    return cell.text if isinstance(cell, Word) else cell


def mood_of(cell: Cell) -> Mood:
    return cell.mood if isinstance(cell, Word) else Mood.PLAIN
