"""Prints the map of rooms and files into docs/codebase.md: `python -m tests.shape.codebase` (`--check` only compares).

A room's line is the docstring of its `__init__.py`, a file's line the first line of its own. Rooms that are no packages
are described here.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.shape.parsed import ROOT, parsed

PAGE = ROOT / "docs" / "codebase.md"
BEGIN, END = "<!-- rooms: begin -->", "<!-- rooms: end -->"
TOPS = ("bot", "commands", "dr_core", "migrations", "infra", "tests")

# Rooms whose files need no line each: they are named after what they hold.
WHOLE = {
    "bot/sandbox/web": "The page of the sandbox: plain modules and style sheets, no framework, no build.",
    "tests": "One clock, one store on each database, the sample topologies; then a room for each kind of proof.",
    "tests/bench": "What is measured against the limits on time.",
    "tests/browser": "The system's Chromium on the running sandbox: the tour from command to final card, the pictures.",
    "tests/contract": "One suite for each port, run on the fake in memory and on the real adapter.",
    "tests/contract/copies": "Copies that no database makes (keys, tables, caches, parameters), under every fault.",
    "tests/contract/consumers": "Consumers of all four kinds, under every fault.",
    "tests/crash": "Runs killed at every point and resumed.",
    "tests/model": "Every interleaving of lease, fence, acknowledgements and one step, and mutants that must be found.",
    "tests/mutants": "Bugs planted in the real code, each with the tests that must see it.",
    "tests/oracle": "Random worlds and random faults: what the bot says of them is never better than the truth.",
    "tests/plugins": "A step kind of another package, as the docs tell how to write one.",
    "tests/plugins/example": "The package as its author would write it.",
    "tests/process": "Real workers killed and put to sleep all the time, while the store restarts; the world counts.",
    "tests/simulation": "Whole worlds on virtual time, each made from a seed and replayed by it.",
    "tests/stateful": "Hypothesis moves requests, people, clocks, runs and replicas by rules, against a plain model.",
    "tests/infra": "What the stacks are made of, read from the templates that are deployed.",
    "tests/infra/configs": "Other configurations to deploy: names, regions, sizes, what they consist of.",
    "tests/infra/deploying": "The deciders of `dr deploy`.",
    "tests/sandbox": "The sandbox itself: that the local Slack is as strict as Slack, and the launcher.",
    "tests/sandbox/world": "The simulated AWS: that it behaves over time as AWS says it does.",
    "tests/scenario": "Whole stories with real processes through the local Slack.",
    "tests/shape": "This house: sizes, arrows, habits, and that these docs are true.",
    "tests/topologies": "Sample `dr.yaml` files: one application, two that are linked, three regions, all keys.",
    "tests/unit": "Rules of single modules; its rooms mirror the tree.",
}
# Files without a place for a comment.
SILENT = {
    "migrations/script.py.mako": "The template of a new migration.",
    "infra/.npmrc": "No download addresses in the lock file.",
    "infra/cdk.json": "How the CDK CLI finds the app, for those who call it by hand.",
    "infra/package.json": "The one npm package: the CDK CLI, by its version.",
    "infra/package-lock.json": "The same with its hash.",
}
_COMMENT = re.compile(r"^\s*(?:#|//|/\*|<!--)\s*(.+?)\s*(?:\*/|-->)?$")


def rooms() -> Iterator[Path]:
    """Every directory with files in it, parents first; those of tests/unit mirror the tree and count as one room."""
    for top in TOPS:
        if (ROOT / top).is_dir():
            yield from (path for path in (ROOT / top, *sorted((ROOT / top).rglob("*"))) if _is_room(path))


def _is_room(path: Path) -> bool:
    inside = path.relative_to(ROOT).as_posix()
    return (
        path.is_dir()
        and not {"__pycache__", "node_modules"} & set(path.parts)
        and not inside.startswith("tests/unit/")
        and any(files(path))
    )


def files(room: Path) -> Iterator[Path]:
    """The room's own files, `__init__.py` and what tools leave behind excepted. tests/unit holds those below it."""
    for path in sorted(room.rglob("*") if room == ROOT / "tests" / "unit" else room.iterdir()):
        if path.is_file() and path.name != "__init__.py" and path.suffix not in (".pyc", ".typed"):
            yield path


def idea(path: Path) -> str:
    """What a file says of itself: the first line of its docstring, or of its first comment."""
    if silent := SILENT.get(path.relative_to(ROOT).as_posix()):
        return silent
    if path.suffix == ".py":
        return parsed(path).docstring.partition("\n")[0]
    first = _COMMENT.match(path.read_text(encoding="utf-8").partition("\n")[0])
    return first[1] if first else ""


def page() -> str:
    """The part of the page between the markers."""
    parts = []
    for room in rooms():
        name = room.relative_to(ROOT).as_posix()
        parts.append(f"### `{name}/`\n\n{_room_line(room, name)}\n")
        if name not in WHOLE and any(files(room)):
            parts.append(
                "\n".join(f"- `{path.name}`: {idea(path) or '(says nothing of itself)'}" for path in files(room)) + "\n"
            )
    return "\n".join(parts)


def _room_line(room: Path, name: str) -> str:
    if name in WHOLE:
        return WHOLE[name]
    opening = room / "__init__.py"
    return " ".join(parsed(opening).docstring.split()) if opening.exists() else ""


def current() -> str:
    """The whole page as it should be."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{head}{BEGIN}\n\n{page()}\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    """0 when the page is current (now); 1 when `--check` finds a difference."""
    wanted = current()
    stands = PAGE.read_text(encoding="utf-8")
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    old, new = set(stands.splitlines()), set(wanted.splitlines())
    lines = [*(f"- {line}" for line in sorted(old - new)), *(f"+ {line}" for line in sorted(new - old))]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if stands == wanted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
