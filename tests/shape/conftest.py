"""The tree as parsed modules: what the shape tests look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ("bot", "commands", "dr_core", "migrations", "infra", "tests")
TEXT = frozenset({".py", ".md", ".yaml", ".yml", ".toml", ".js", ".css", ".html", ".svg", ".mako"})


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root, its text, its tree."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """`dr_core/aws/session.py`."""
        return self.path.as_posix()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @property
    def shipped(self) -> bool:
        """Part of the product, not of its tests."""
        return self.path.parts[0] != "tests"

    def imports(self) -> Iterator[str]:
        """The full names of everything imported, wherever in the file; `from a import b` is both `a` and `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def read(path: Path) -> Module:
    return Module(path.relative_to(ROOT), path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    """Every Python file of the project."""
    found = (path for room in PYTHON for path in sorted((ROOT / room).rglob("*.py")))
    return tuple(read(path) for path in found if "__pycache__" not in path.parts)


@pytest.fixture(scope="session")
def texts() -> tuple[tuple[str, str], ...]:
    """(path, text) of every text file that people read: code, pages, docs."""
    found = [ROOT / "README.md", ROOT / "Makefile", ROOT / "Procfile", ROOT / "pyproject.toml"]
    for room in (*PYTHON, "docs"):
        found += [path for path in sorted((ROOT / room).rglob("*")) if path.suffix in TEXT]
    return tuple((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in found)
