"""Prints docs/coverage.md, every row of what has to be covered with its evidence: `python -m tests.shape.coverage`."""

from collections.abc import Iterable
from pathlib import Path

from tests.shape.coverage_built import BUILT, Built
from tests.shape.coverage_rows import SECTIONS, Row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
_HEAD = """# Coverage

What this product has to cover, row by row. *Reads* are the modules that measure the row's evidence, *steps* what a
run does for it, *tests* what holds it. *Built by* are the modules of `infra/`, *gates* the tests of what they
synthesize; all templates pass cfn-lint, cdk-nag, the rule of residency and the snapshot besides
(`tests/infra/test_gates.py`). A row with something under *open* works only as far as that; one without a reader, a
step or a construct is not built yet. Printed by `python -m tests.shape.coverage` from `tests/shape/coverage_rows.py`;
a test holds that everything named here exists, and that no step kind and no examination is left out.
"""


def state(row: Row) -> str:
    """In one word: `works`, `partly`, or that it is not built yet."""
    if not row.reads and not row.steps and row.id not in BUILT:
        return "not built yet"
    return "partly" if row.open else "works"


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, rows in SECTIONS.items():
        lines = [_line(row) for row in rows]
        head = "| id | row | state | reads | steps | tests | built by | gates | open |\n|" + "---|" * 9
        parts.append(f"## {title}\n\n{head}\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(row: Row) -> str:
    built = BUILT.get(row.id, Built((), ()))
    steps = " ".join(f"`{kind}`" for kind in row.steps)
    paths = [_links(found) for found in (row.tests, built.by, built.gates)]
    cells = (row.id, row.title, state(row), _links(row.reads), steps, *paths, row.open)
    return "| " + " | ".join(cell or "\N{EN DASH}" for cell in cells) + " |"


def _links(paths: Iterable[str]) -> str:
    return " ".join(f"[{_short(path)}](../{path})" for path in dict.fromkeys(paths))


def _short(path: str) -> str:
    """Without the tops and endings that all have."""
    return path.removeprefix("dr_core/").removeprefix("tests/").removesuffix(".py")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
