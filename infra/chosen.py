"""`python infra/chosen.py LOCK PYPROJECT`: of a lock file what the product itself needs, with its hashes.

The image is built with it: the lock pins what tests and sandbox need, too, which nobody wants in production. It runs
before anything is installed, so it needs the standard library alone.
"""

import re
import sys
import tomllib
from pathlib import Path

_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")
_WHY = re.compile(r"^ +# +(?:via +)?(\S+)")


def chosen(lock: str, pyproject: str) -> str:
    """The entries of the project's own dependencies and of everything that these brought along.

    ValueError where the lock lacks a dependency: it is older than the project.
    """
    entries = _entries(lock)
    wanted = {_name(text) for text in tomllib.loads(pyproject)["project"]["dependencies"]}
    if missing := wanted - set(entries):
        raise ValueError(f"the lock file lacks {', '.join(sorted(missing))}")
    grown = -1
    while grown != len(wanted):
        grown = len(wanted)
        wanted |= {name for name, lines in entries.items() if _brought_by(lines) & wanted}
    return "".join(line for name, lines in entries.items() if name in wanted for line in lines)


def _entries(lock: str) -> dict[str, list[str]]:
    """By package, its lines; an entry begins at the margin, its hashes and reasons are indented."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in lock.splitlines(keepends=True):
        if not line.startswith((" ", "#", "\n")):
            lines = found.setdefault(_name(line), [])
        if line.strip():
            lines.append(line)
    return found


def _brought_by(lines: list[str]) -> set[str]:
    return {_name(match[1]) for line in lines if (match := _WHY.match(line)) and _NAME.match(match[1])}


def _name(text: str) -> str:
    """As package registries compare names."""
    found = _NAME.match(text)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def main() -> int:
    lock, pyproject = (Path(word).read_text(encoding="utf-8") for word in sys.argv[1:3])
    sys.stdout.write(chosen(lock, pyproject))
    return 0


if __name__ == "__main__":
    sys.exit(main())
