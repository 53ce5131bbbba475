"""Every commit has a name at which a test can stop the process; docs/failpoints.md lists them, and tests reach them."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dr_core.failpoints import Point
from tests.shape.parsed import ROOT, parsed

PAGE = ROOT / "docs" / "failpoints.md"
MODULES = sorted(
    path
    for room in ("dr_core", "commands", "bot")
    for path in (ROOT / room).rglob("*.py")
    if "sandbox" not in path.parts and path.name not in ("failpoints.py", "engine.py")
)
_ROW = re.compile(r"^\| `([a-z_.]+)` \| ([^|]*) \| [^|]+ \| [^|]+ \| `([a-z_]+)` \|$", re.MULTILINE)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commits(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Calls of a store's `write`, and calls that are handed a store's `write` to call it elsewhere."""
    for node in nodes:
        if isinstance(node, ast.Call) and any(_writes(part) for part in (node.func, *node.args)):
            yield node


def _writes(node: ast.expr) -> bool:
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    return (node.attr == "write" and owner in ("store", "_store")) or node.attr == "_write"


def _names_its_point(call: ast.Call) -> bool:
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(
        (isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "Point")
        or (isinstance(part, ast.Name) and part.id == "point")
        for part in given
    )


def used() -> dict[str, set[str]]:
    """Point -> the modules that reach it."""
    found: dict[str, set[str]] = {}
    for path in MODULES:
        for node in parsed(path).nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Point":
                found.setdefault(Point[node.attr].value, set()).add(named(path))
    return found


def test_every_commit_names_its_failpoint() -> None:
    found = [(path, call) for path in MODULES for call in commits(parsed(path).nodes)]
    assert len(found) > 40
    assert [f"{named(path)}:{call.lineno}" for path, call in found if not _names_its_point(call)] == []


def test_at_least_forty_are_named_and_each_is_reached_somewhere() -> None:
    assert len(Point) >= 40
    assert set(used()) == {point.value for point in Point}


def test_the_page_lists_every_failpoint_with_its_places() -> None:
    rows = {name: set(re.findall(r"`([^`]+)`", where)) for name, where, _ in _ROW.findall(PAGE.read_text("utf-8"))}
    assert list(rows) == [point.value for point in Point]
    assert rows == used()


def test_every_failpoint_is_exercised_by_the_test_that_the_page_names() -> None:
    for name, _, module in _ROW.findall(PAGE.read_text("utf-8")):
        text = (ROOT / "tests" / "crash" / f"test_{module}.py").read_text("utf-8")
        assert f"Point.{Point(name).name}" in text, f"{name} is not hooked in test_{module}.py"
