"""docs/infrastructure.md is what is synthesized."""

from tests.infra.diagram import PAGE, page
from tests.infra.synthesized import Assembly


def test_the_page_shows_the_stacks_as_they_are_synthesized(example: Assembly) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(example), "python -m tests.infra.diagram prints it anew"
