"""docs/codebase.md is the tree: every room and file is there, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "codebase.md"


def test_the_map_is_current() -> None:
    """`python -m tests.shape.codebase` after a change."""
    command = [sys.executable, "-m", "tests.shape.codebase", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


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
