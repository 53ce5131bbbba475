"""docs/iam.md is the catalogue of permissions."""

from tests.shape import iam


def test_the_page_is_printed_from_the_catalogue() -> None:
    """`python -m tests.shape.iam` after a change."""
    assert iam.PAGE.read_text(encoding="utf-8") == iam.page()
