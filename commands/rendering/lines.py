"""Plain lines of at most 100 characters: wrapped sentences and aligned columns."""

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100
_GAP = 2
_NARROWEST = 10


def wrap(text: str, indent: int = 0, hang: int = 0) -> list[str]:
    """A sentence on as many lines as it takes; lines after the first are indented by `hang` more."""
    first, rest = " " * indent, " " * (indent + hang)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False) or [""]


def table(rows: Iterable[Sequence[str]], indent: int = 0, notes: Sequence[Sequence[str]] = ()) -> list[str]:
    """Rows in aligned columns; where they are too wide the widest cells wrap. Columns that are empty vanish.

    `notes` are sentences for each row, on lines of their own below it.
    """
    cells = [list(row) for row in rows]
    if not cells:
        return []
    below = [[line for note in row for line in wrap(note, indent + 4, 2)] for row in notes] or [[]] * len(cells)
    kept = [i for i in range(len(cells[0])) if any(row[i] for row in cells)]
    cells = [[row[i] for i in kept] for row in cells]
    widths = _fit([max(len(row[i]) for row in cells) for i in range(len(kept))], WIDTH - indent)
    together = zip(cells, below, strict=True)
    return [line for row, under in together for line in (*_row(row, widths, indent), *under)]


def _fit(widths: list[int], room: int) -> list[int]:
    room -= _GAP * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int], indent: int) -> list[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
        for cell, width in zip(row, widths, strict=True)
        if width
    ]
    kept = [width for width in widths if width]
    lines = []
    for number in range(max(map(len, wrapped))):
        parts = [cell[number] if number < len(cell) else "" for cell in wrapped]
        padded = (" " * _GAP).join(part.ljust(width) for part, width in zip(parts, kept, strict=True))
        lines.append((" " * indent + padded).rstrip())
    return lines
