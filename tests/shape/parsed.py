"""The tree's Python files, each read and parsed once: what the shape tests look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.unwatched import unwatched

ROOT = Path(__file__).parents[2]


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
        with unwatched():
            return ast.parse(self.text, self.name)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of the tree, the outer before the inner."""
        with unwatched():
            return tuple(ast.walk(self.tree))

    @cached_property
    def docstring(self) -> str:
        """Empty when it has none."""
        return ast.get_docstring(self.tree) or ""

    @property
    def shipped(self) -> bool:
        """Part of the product, not of its tests."""
        return self.path.parts[0] != "tests"

    def imports(self) -> Iterator[str]:
        """The full names of everything imported, wherever in the file; `from a import b` is both `a` and `a.b`."""
        return iter(self._imports)

    @cached_property
    def _imports(self) -> tuple[str, ...]:
        return tuple(_imported(self.nodes))


@cache
def parsed(path: Path) -> Module:
    """The file at this absolute path."""
    return Module(path.relative_to(ROOT), path.read_text(encoding="utf-8"))


def _imported(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
