"""docs/codebase.md is the tree: every room and file is there, and nothing else."""

import re
from typing import Any

import pytest

from tests.shape import codebase
from tests.shape.parsed import ROOT

PAGE = ROOT / "docs" / "codebase.md"


def test_the_map_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m tests.shape.codebase` after a change."""
    status = codebase.main(["--check"])
    assert capsys.readouterr().out == ""
    assert status == 0


def test_every_package_is_named_and_nothing_that_is_not_there(modules: Any) -> None:
    named = set(re.findall(r"^### `(.+)/`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    packages = {m.path.parent.as_posix() for m in modules if m.shipped}
    assert sorted(packages - named) == []
    assert sorted(room for room in named if not (ROOT / room).is_dir()) == []


def test_every_room_and_file_says_what_it_is_for() -> None:
    """A room by its docstring, a file by its first line; nothing stands there bare."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.endswith("(says nothing of itself)")] == []
    bare = [line for line, after in zip(lines, lines[2:], strict=False) if line.startswith("### `") and not after]
    assert bare == []
