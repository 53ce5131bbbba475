"""The tree as parsed modules, and as texts: what the shape tests look at."""

from pathlib import Path

import pytest

from tests.shape.parsed import ROOT, Module, parsed

PYTHON = ("bot", "commands", "dr_core", "migrations", "infra", "tests")
TEXT = frozenset({".py", ".md", ".yaml", ".yml", ".toml", ".js", ".css", ".html", ".svg", ".mako"})


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    """Every Python file of the project."""
    found = (path for room in PYTHON for path in sorted((ROOT / room).rglob("*.py")) if _ours(path))
    return tuple(parsed(path) for path in found if "__pycache__" not in path.parts)


@pytest.fixture(scope="session")
def texts() -> tuple[tuple[str, str], ...]:
    """(path, text) of every text file that people read: code, pages, docs."""
    found = [ROOT / "README.md", ROOT / "Makefile", ROOT / "Procfile", ROOT / "pyproject.toml"]
    for room in (*PYTHON, "docs"):
        found += [path for path in sorted((ROOT / room).rglob("*")) if path.suffix in TEXT and _ours(path)]
    return tuple((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in found)


def _ours(path: Path) -> bool:
    """What npm has installed is not."""
    return "node_modules" not in path.parts
