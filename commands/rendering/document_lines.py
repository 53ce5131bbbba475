"""A document as plain lines, for terminals."""

from collections.abc import Iterator

from commands.rendering.document import Bars, Document, Section, Sentences, Table, text_of
from commands.rendering.lines import table, wrap
from commands.rendering.words import plain
from dr_core.span import duration

_LONGEST = 2000


def lines(document: Document) -> Iterator[str]:
    """Line by line, at most 100 characters each."""
    yield from wrap(plain(document.title))
    for told in document.about:
        yield from wrap(plain(told), 2, 2)
    yield ""
    yield from table([(plain(one.label), plain(one.value.text), plain(one.note)) for one in document.figures], 2)
    for section in document.sections:
        yield from ("", f"{'  ' if section.inner else ''}{plain(section.title)}")
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    indent = 4 if section.inner else 2
    for part in section.parts:
        if isinstance(part, Sentences):
            for text in part.texts:
                yield from wrap(plain(text, _LONGEST), indent, 2)
        elif isinstance(part, Table):
            rows = [[plain(text_of(cell), _LONGEST) for cell in row] for row in (part.head, *part.rows)]
            yield from table(rows, indent)
        else:
            yield from table(_bars(part), indent)


def _bars(bars: Bars) -> list[tuple[str, str, str]]:
    return [
        (plain(one.label), "not measured" if one.seconds is None else duration(one.seconds), plain(one.note))
        for one in bars.bars
    ]
