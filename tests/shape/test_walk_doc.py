"""docs/walk.md names files and functions: each of them exists, and no file is named in another way."""

import ast
import re

from tests.shape.parsed import ROOT, parsed

PAGE = (ROOT / "docs" / "walk.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py): ([\w.]+)`", PAGE)))


def defined(path: str) -> set[str]:
    """Functions of a file, methods as `Class.method`."""
    found = set[str]()
    for node in parsed(ROOT / path).tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{method.name}" for method in methods}
    return found


def test_every_function_of_the_walks_is_where_they_say() -> None:
    files = {path: defined(path) for path in {path for path, _ in NAMED} if (ROOT / path).is_file()}
    assert [f"{path}: {name}" for path, name in NAMED if name not in files.get(path, set())] == []


def test_a_file_is_named_with_its_function_only() -> None:
    files = re.findall(r"`([^`]*\.py[^`]*)`", PAGE)
    assert [text for text in files if not re.fullmatch(r"[\w/]+\.py: [\w.]+", text)] == []


def test_there_are_the_three_walks_in_order() -> None:
    heads = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert heads == ["One failover", "One click of an approver", "One observation"]
    assert all(part.count("\n| ") >= 10 for part in PAGE.split("\n## ")[1:])
