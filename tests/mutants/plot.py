"""Runs the tests that must see a planted bug, on a copy of the tree in which it is planted."""

import importlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.mutants.planted import ROOT, Planted

COPIED = ("bot", "commands", "dr_core", "migrations", "tests", "docs")
LIMIT_S = 600
# Imported once, before any bug is planted: what takes long to import and is none of the product.
LIBRARIES = (
    "alembic.config",
    "boto3",
    "cryptography.hazmat.primitives",
    "pydantic",
    "pydantic_settings",
    "rfc8785",
    "ruamel.yaml",
    "sqlalchemy",
    "sqlalchemy.dialects.sqlite",
    "structlog",
    "ulid",
)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """`by`: the test that failed, None when all passed. `broken`: pytest could not say, with its last words."""

    by: str | None
    seconds: float
    broken: str = ""

    @property
    def caught(self) -> bool:
        return self.by is not None


@contextmanager
def plot() -> Iterator["Plot"]:
    """A copy of the tree that goes away afterwards; the tree itself is never touched."""
    for name in LIBRARIES:
        importlib.import_module(name)
    with TemporaryDirectory(prefix="dr-mutants-") as folder:
        copy = Path(folder) / "tree"
        copy.mkdir()
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file in (path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".")):
            shutil.copy(file, copy / file.name)
        (copy / ".venv").symlink_to(ROOT / ".venv")
        yield Plot(copy)


class Plot:
    """One copy, in which one bug at a time is planted."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree

    def try_out(self, bug: Planted) -> Outcome:
        """Plant it, run its tests until one fails, and take it out again."""
        file = self._tree / bug.file
        right = file.read_text(encoding="utf-8")
        self._write(file, bug.applied(right))
        try:
            return self.run(bug.tests)
        finally:
            self._write(file, right)

    def run(self, tests: tuple[str, ...]) -> Outcome:
        """Run tests on the copy as it is, in a process of their own.

        SQLite is enough to see a bug: a rule that holds on one database only would be no rule.
        """
        began = time.monotonic()
        said = self._tree.parent / "said.txt"
        sys.stdout.flush()
        child = get_context("fork").Process(target=self._tests, args=(said, tests))
        child.start()
        child.join(LIMIT_S)
        code = child.exitcode
        if code is None:
            child.kill()
            child.join()
        took, told = time.monotonic() - began, said.read_text(encoding="utf-8")
        if code is None:
            return Outcome(f"(none: still running after {LIMIT_S} s)", took)
        if code == pytest.ExitCode.OK:
            return Outcome(None, took)
        named = _FAILED.search(told)
        if code != pytest.ExitCode.TESTS_FAILED or named is None:
            return Outcome(None, took, told[-2000:])
        return Outcome(named[1], took)

    def _tests(self, said: Path, tests: tuple[str, ...]) -> None:
        """In the child: nothing of the original tree is imported, and everything that is said goes to a file."""
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(self._tree)
        sys.path[:] = [str(self._tree), *(path for path in sys.path if path and Path(path) != ROOT)]
        os.environ["PYTHONPATH"] = str(self._tree)
        for name in [name for name in sys.modules if name.partition(".")[0] in COPIED]:
            del sys.modules[name]
        options = ["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-k", "not postgresql", "--tb=no", "-rfE"]
        code = pytest.main([*options, f"--basetemp={self._tree.parent / 'tmp'}", *tests])
        sys.stdout.flush()
        os._exit(int(code))

    def _write(self, file: Path, text: str) -> None:
        """Compiled files are told apart by time and size alone, and a bug may change neither."""
        file.write_text(text, encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()
