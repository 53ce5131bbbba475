"""Foreign text is one safe line; numbers and states read well without colour."""

from datetime import UTC, datetime

import pytest

from bot.views import text


def test_control_and_bidirectional_characters_are_gone() -> None:
    assert text.one_line("a\u202eb\u0007c\u2066d\ne\u200bf") == "abcd ef"


def test_a_quote_is_at_most_280_characters() -> None:
    assert len(text.one_line("x" * 900)) == 280


def test_markup_is_escaped_once() -> None:
    assert text.escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize("word", sorted(text.MARKS))
def test_a_mark_never_stands_without_its_word(word: str) -> None:
    mark, _, spoken = text.marked(word).partition(" ")
    assert mark == text.MARKS[word]
    assert spoken == word.replace("_", " ")


def test_a_date_has_a_fallback_in_utc() -> None:
    assert text.date(datetime(2026, 1, 5, 9, tzinfo=UTC)).endswith("|2026-01-05 09:00:00 UTC>")
