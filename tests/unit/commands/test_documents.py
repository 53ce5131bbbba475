"""A document shows text from people and from AWS as text: nothing in it becomes markup, a link, a script or a line."""

import re
from html.parser import HTMLParser

import pytest

from commands.rendering.document import Bar, Bars, Document, Figure, Mood, Section, Sentences, Table, Word
from commands.rendering.document_html import html
from commands.rendering.document_lines import lines
from commands.rendering.document_markdown import literal, markdown

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}",
    "[here](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "| a | b |\n\n# heading\n- item",
    "\u202egnp.exe\u202c \x1b[31m red \x00",
    "&lt;b&gt; &#60;i&#62;",
    "www.evil.example http://evil.example me@evil.example",
)


def document(text: str) -> Document:
    """The text in every place that there is."""
    return Document(
        text,
        (text,),
        (Figure(text, Word(text, Mood.BAD), text),),
        (
            Section(text, (Sentences((text,)), Table((text, "b"), ((text, Word(text, Mood.GOOD)),), small=(0,)))),
            Section(
                "inner", (Bars((Bar(text, 3.0, text), Bar("zero", 0.0, ""), Bar("none", None, text))),), inner=True
            ),
        ),
    )


class Reader(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_has_the_same_elements_whatever_is_said_in_it(text: str) -> None:
    plain, hostile = read(html(document("x"))), read(html(document(text)))
    assert hostile.tags == plain.tags
    assert {name for name, _ in hostile.attributes} == {name for name, _ in plain.attributes}
    assert not {"script", "img", "a", "link", "iframe"} & set(hostile.tags)


def test_a_page_asks_for_nothing_from_elsewhere() -> None:
    page = html(document("http://evil.example"))
    assert "default-src &#x27;none&#x27;" in page
    assert not {"src", "href", "action", "data"} & {name for name, _ in read(page).attributes}
    assert "url(" not in page
    assert "@import" not in page
    assert "@page" in page, "it can be printed"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hidden_character_reaches_a_page_or_a_line(text: str) -> None:
    for shown in (html(document(text)), markdown(document(text)), "\n".join(lines(document(text)))):
        assert not set("\u202e\u202c\x1b\x00") & set(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_the_same_lines_whatever_is_said_in_it(text: str) -> None:
    plain, hostile = markdown(document("x")).split("\n"), markdown(document(text)).split("\n")
    assert len(hostile) == len(plain)
    for one, other in zip(plain, hostile, strict=True):
        assert _begins(one) == _begins(other)
        assert one.count("|") == other.replace("\\|", "").count("|")
    assert "<" not in "\n".join(hostile)


def _begins(line: str) -> str:
    """What makes a line a heading, a row or an item."""
    found = re.match(r"#+ |\| |[-+*] |\d+[.)] |>|=+$|-+$", line)
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("7.4 s of 2026-01-05", "7.4 s of 2026-01-05"),
        ("eu-west-1: done (2 of 3)", "eu-west-1: done (2 of 3)"),
        ("# head", r"\# head"),
        ("1. first", r"1\. first"),
        ("123) first", r"123\) first"),
        ("- item", r"\- item"),
        ("*b* _i_ `c` ~~s~~", r"\*b\* \_i\_ \`c\` \~\~s\~\~"),
        ("[a](b)", r"\[a\](b)"),
        ("http://x www.x a@b", "http&#58;//x www&#46;x a&#64;b"),
        ("a\nb", "a b"),
    ],
)
def test_markdown_stays_readable_where_nothing_has_to_be_escaped(text: str, source: str) -> None:
    assert literal(text) == source


def test_bars_are_drawn_to_one_scale_and_what_was_not_measured_is_said() -> None:
    bars = Bars((Bar("long", 200.0, ""), Bar("short", 0.1, ""), Bar("half", 100.0, ""), Bar("none", None, "why not")))
    made = Document("t", (), (), (Section("s", (bars,)),))
    page = html(made)
    assert [page.count(f"width:{share}%") for share in ("100.0", "0.5", "50.0", "0.0")] == [1, 1, 1, 1]
    assert "not measured" in page
    assert "| none | not measured | why not |" in markdown(made)
