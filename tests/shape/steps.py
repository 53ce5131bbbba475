"""Prints the catalogue of step kinds into docs/steps.md: `python -m tests.shape.steps` (`--check` only compares)."""

import sys
from pathlib import Path

from dr_core.plan.kind import Kind, Side
from dr_core.plan.step import Segment
from dr_core.plan.steps import KINDS
from dr_core.span import duration
from tests.shape.fencing import rows

PAGE = Path(__file__).parents[2] / "docs" / "steps.md"
HEAD = """# Steps

Every kind of step that a plan can have, printed from the catalogue (`dr_core/plan/steps.py`, one file a kind in
`dr_core/plan/kinds/`). Which of them a plan has follows from `dr.yaml`: `dr plan REGION` shows it, with the region and
the resource of each.

How to read it:

- **Part of the run**: the segment that its time counts in. Gates are asked before the first step of `fence`; what comes
  before it takes nothing away.
- **Acts in**: the region that it changes or looks at. **Leans on**: the half of AWS that must work for it, and where
  that lives. Only data planes are built to survive a regional event; a plan says beforehand where it leans on the
  region that is left, or on us-east-1.
- **When repeated**: what a second call of the same step does, also a late one of a worker that was overtaken. The
  condition behind it stands in [fencing.md](fencing.md).
- **Takes**: what the bot says for as long as it has measured none itself; from then on it says median and 90th
  percentile of its own records.
- **A person looks after**: the deadline. It is no estimate: a step that is not done by then is uncertain, not failed,
  and one that is best effort is passed over.
- **IAM actions**: exactly what its calls need, over all that `dr.yaml` can name for it. `dr readiness` asks IAM about
  those of your plans, each on its resource, before anybody needs them.
"""
_LEANS = {Side.SOURCE: "the region that is left", Side.TARGET: "the target"}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_overview(), *[line for kind in KINDS.values() for line in _part(kind)]])


def _overview() -> list[str]:
    lines = []
    for segment in Segment:
        names = [name for name, kind in KINDS.items() if kind.segment is segment]
        lines.append(f"| {segment} | {', '.join(f'[`{name}`](#{name})' for name in names)} |")
    return ["| part of the run | kinds |", "| --- | --- |", *lines, ""]


def _part(kind: Kind) -> list[str]:
    told = {
        "Part of the run": kind.segment.value,
        "Acts in": _LEANS[kind.region],
        "Leans on": _leans_on(kind),
        "When repeated": _when_repeated(kind),
        "Undo": undo_of(kind),
        "Takes": _takes(kind),
        "A person looks after": duration(kind.deadline_s),
        "IAM actions": ", ".join(f"`{action}`" for action in kind.actions) or "none",
    }
    table = [f"| {name} | {text} |" for name, text in told.items()]
    return [f"## `{kind.name}`", "", kind.does, "", "| | |", "| --- | --- |", *table, ""]


def _when_repeated(kind: Kind) -> str:
    """In the words of docs/fencing.md, which is held against the catalogue and played."""
    row = rows().get(kind.name)
    return row["late duplicate"] if row else kind.late.value


def _leans_on(kind: Kind) -> str:
    home = _LEANS[kind.home] if isinstance(kind.home, Side) else kind.home or "no single region"
    return f"{kind.plane} plane of {home}"


def undo_of(kind: Kind) -> str:
    """How it is taken back, or why there is nothing to take back."""
    if kind.irreversible:
        return "**none: it cannot be undone**"
    return kind.back or "nothing to undo: it only looks"


def _takes(kind: Kind) -> str:
    if kind.published is None:
        return "no published figure: unknown until it was recorded here"
    return f"about {duration(kind.published.seconds)} ({kind.published.basis}), until it was recorded here"


def main(arguments: list[str]) -> int:
    """0 when the page is current (now); 1 when `--check` finds a difference."""
    wanted = page()
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted
    sys.stdout.write("" if same else f"{PAGE.name} differs from the catalogue\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
