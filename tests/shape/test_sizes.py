"""Files and functions stay small enough to be read in one go."""

import ast
from typing import Any

MOST_LINES = 400
MOST_FUNCTION_LINES = 50

# What may be longer, and why.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS = {
    "tests/unit/approvals/conftest.py:observed": "one literal: an observation with every field spelled out",
    "tests/unit/commands/conftest.py:observation": "one literal: an observation of any topology",
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_no_file_is_longer_than_four_hundred_lines(modules: Any) -> None:
    sizes = {module.name: len(module.text.splitlines()) for module in modules if not _migration(module.name)}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES and name not in LONG_FILES} == {}


def test_no_function_is_longer_than_fifty_lines(modules: Any) -> None:
    sizes = _function_sizes(modules)
    long = {name: size for name, size in sizes.items() if size > MOST_FUNCTION_LINES}
    assert {name: size for name, size in long.items() if name not in LONG_FUNCTIONS} == {}


def test_no_exception_outlives_its_reason(modules: Any) -> None:
    """What got short again leaves the lists above."""
    sizes = {module.name: len(module.text.splitlines()) for module in modules}
    assert [name for name in LONG_FILES if sizes.get(name, 0) <= MOST_LINES] == []
    functions = _function_sizes(modules)
    assert [name for name in LONG_FUNCTIONS if functions.get(name, 0) <= MOST_FUNCTION_LINES] == []


def test_the_page_of_the_sandbox_is_small_too(texts: Any) -> None:
    sizes = {name: len(text.splitlines()) for name, text in texts if name.endswith((".js", ".css", ".html"))}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def _function_sizes(modules: Any) -> dict[str, int]:
    return {
        f"{module.name}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules
        if not _migration(module.name)
        for node in module.nodes
        if isinstance(node, FUNCTIONS)
    }


def _migration(name: str) -> bool:
    """A migration lists tables; it is written once and never changed."""
    return name.startswith("migrations/versions/")
