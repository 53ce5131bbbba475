"""A document as one HTML page without anything from elsewhere: it can be mailed, kept, and printed to PDF."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from commands.rendering.document import (
    Bar,
    Bars,
    Cell,
    Document,
    Figure,
    Mood,
    Section,
    Sentences,
    Table,
    mood_of,
    text_of,
)
from commands.rendering.words import plain
from dr_core.span import duration

_LONGEST = 4000
_SHORT = 20
"""What is not longer stays on one line: times, names of regions and states."""
_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
"""The page asks for nothing and runs nothing, whatever text it was given."""


def html(document: Document) -> str:
    """The page."""
    style = files("commands.rendering").joinpath("document.css").read_text(encoding="utf-8")
    title = _safe(document.title)
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_NOTHING_ELSE)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n"
    )
    about = "".join(f"<p>{_safe(told)}</p>" for told in document.about)
    figures = "".join(_figure(one) for one in document.figures)
    body = "\n".join(_section(section) for section in document.sections)
    return (
        f"{head}<body>\n<main>\n<header>\n<h1>{title}</h1>\n{about}\n</header>\n"
        f'<dl class="figures">{figures}</dl>\n{body}\n</main>\n</body>\n</html>\n'
    )


def _safe(text: str) -> str:
    return escape(plain(text, _LONGEST), quote=True)


def _figure(one: Figure) -> str:
    note = f"<dd class=note>{_safe(one.note)}</dd>" if one.note else ""
    return f'<div class="{one.value.mood}"><dt>{_safe(one.label)}</dt><dd>{_safe(one.value.text)}</dd>{note}</div>'


def _section(section: Section) -> str:
    level = "h3" if section.inner else "h2"
    parts = "\n".join(part for one in section.parts for part in _part(one))
    return f"<section>\n<{level}>{_safe(section.title)}</{level}>\n{parts}\n</section>"


def _part(part: Sentences | Table | Bars) -> Iterator[str]:
    if isinstance(part, Sentences):
        yield from (f"<p>{_safe(text)}</p>" for text in part.texts)
    elif isinstance(part, Table):
        yield _table(part)
    else:
        longest = max((one.seconds or 0.0 for one in part.bars), default=0.0)
        yield f'<div class="bars">{"".join(_bar(one, longest) for one in part.bars)}</div>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_safe(one)}</th>' for one in table.head)
    rows = "".join(
        f"<tr>{''.join(_cell(cell, small=at in table.small) for at, cell in enumerate(row))}</tr>\n"
        for row in table.rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"


def _cell(cell: Cell, *, small: bool) -> str:
    mood, text = mood_of(cell), text_of(cell)
    words = [
        *(["small"] if small else []),
        *([mood.value] if mood is not Mood.PLAIN else []),
        *(["short"] if len(text) <= _SHORT else []),
    ]
    named = f' class="{" ".join(words)}"' if words else ""
    return f"<td{named}>{_safe(text)}</td>"


def _bar(one: Bar, longest: float) -> str:
    """A length that is not zero is seen, however short beside the longest."""
    took = "not measured" if one.seconds is None else duration(one.seconds)
    share = 0.0 if not one.seconds or not longest else max(0.5, 100 * one.seconds / longest)
    return (
        f'<div class="bar"><span>{_safe(one.label)}</span><span class="track"><i style="width:{share:.1f}%"></i></span>'
        f"<span>{took}</span><span class=note>{_safe(one.note)}</span></div>"
    )
