"""Prints the tables of states into docs/states.md: `python -m tests.shape.states` (`--check` only compares)."""

import sys
from pathlib import Path
from typing import Any

from dr_core.approvals.states import REQUESTS
from dr_core.execution.states import RUNS, STEPS
from dr_core.states import Table

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
HEAD = """# States

Three things change by tables and in no other way: a request, its run, and each step of the run. The tables stand in
`dr_core/approvals/states.py` and `dr_core/execution/states.py`; this page is printed from them. The store asks them
inside the transaction of each change (`dr_core/store/requests.py`, `dr_core/store/runs.py`), so a change that is not
here is refused and nothing of it stays. Each arrow is an event of the audit trail, written in the same transaction.

A state tells where a thing stands. What stops a run stands beside it: its holds, the brake, and a wish to abort. An
intent is refused while any of them is there, but for that of a step that takes back what the run has begun, the return
of a canary. Only people lift them, but for one: the hold of an uncertain step ends when a worker has seen what became
of it.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _part("Requests", REQUESTS), _part("Runs", RUNS), _part("Steps", STEPS)]
    return "\n".join(parts)


def _part(title: str, table: Table[Any]) -> str:
    lines = [f"## {title}", "", "```mermaid", "stateDiagram-v2", *_graph(table), "```", ""]
    lines += ["| | from | event | to | why |", "| --- | --- | --- | --- | --- |"]
    for letter, row in table.lettered:
        before = ", ".join(_named(state) for state in row.before)
        after = "as it was" if row.after is None else _named(row.after)
        lines.append(f"| {letter} | {before} | `{row.kind.value}` | {after} | {row.why} |")
    lines += ["", "In its last states this may still happen:", ""]
    lines += [f"- {_named(state)}: {still}." for state, still in table.final.items()]
    return "\n".join(lines) + "\n"


def _graph(table: Table[Any]) -> list[str]:
    """One line for each pair of states, with the letters of the arrows between them."""
    letters: dict[tuple[str, str], list[str]] = {}
    for letter, row in table.lettered:
        for before, after in row.arrows():
            letters.setdefault(("[*]" if before is None else str(before), str(after)), []).append(letter)
    return [f"    {before} --> {after}: {', '.join(these)}" for (before, after), these in letters.items()]


def _named(state: Any) -> str:
    return "(nothing)" if state is None else f"{state}"


def main(arguments: list[str]) -> int:
    """0 when the page is current (now); 1 when `--check` finds a difference."""
    wanted = page()
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted
    sys.stdout.write("" if same else f"{PAGE.name} differs from the tables\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
