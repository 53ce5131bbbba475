"""A document as Markdown, in which text from outside is text: nothing in it becomes markup, a link or HTML."""

import re
from collections.abc import Iterator, Sequence

from commands.rendering.document import Bars, Document, Section, Sentences, Table, text_of
from commands.rendering.words import plain
from dr_core.span import duration

_LONGEST = 4000
_MARKUP = re.compile(r"([\\`*_{}\[\]|~$])")
_BEGINS_BLOCK = re.compile(r"^(\d{1,9}(?=[.)]\s)|(?=[#+=-]))")
_BECOMES_LINK = re.compile(r":(?=//)|@|(?<=www)\.", re.IGNORECASE)


def markdown(document: Document) -> str:
    """The whole document, ending in a newline."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# {literal(document.title)}"
    yield ""
    for told in document.about:
        yield f"{literal(told)}  "
    yield ""
    figures = [(one.label, one.value.text, one.note) for one in document.figures]
    yield from _table(("figure", "value", "note"), figures)
    for section in document.sections:
        yield from ("", f"{'###' if section.inner else '##'} {literal(section.title)}", "")
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    for part in section.parts:
        if isinstance(part, Sentences):
            yield from (f"- {literal(text)}" for text in part.texts)
        elif isinstance(part, Table):
            yield from _table(part.head, [[text_of(cell) for cell in row] for row in part.rows])
        else:
            yield from _table(("segment", "took", "when, or why not"), _bars(part))


def _bars(bars: Bars) -> list[tuple[str, str, str]]:
    return [
        (one.label, "not measured" if one.seconds is None else duration(one.seconds), one.note) for one in bars.bars
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head), literally=False)
    yield from (_row(row) for row in rows)


def _row(cells: Sequence[str], *, literally: bool = True) -> str:
    return f"| {' | '.join(literal(cell) if literally else cell for cell in cells)} |"


def literal(text: str) -> str:
    """One line that Markdown shows as it is, wherever it stands. What needs no escape stays readable in the source."""
    kept = plain(text, _LONGEST).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    begun = _BEGINS_BLOCK.sub(r"\1\\", _MARKUP.sub(r"\\\1", kept))
    return _BECOMES_LINK.sub(lambda found: f"&#{ord(found[0])};", begun)
